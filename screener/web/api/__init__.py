"""The JSON API under `/api/v1`: one table of routes, from which pages and document are made.

`pages` has the table; `serving` turns a route into a page, `document` all of them into OpenAPI.
"""
