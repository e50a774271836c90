"""The log of several edges in one PostgreSQL: shipped from each edge's own log, read by the same.

Imported only where it is asked for: without psycopg `driver` says how to get it.
"""
