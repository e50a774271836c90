"""A telephone system to try things out on: a real Asterisk without root, and SIP callers.

It fetches, starts and stops programs; what they ask and how they are judged is left to
`daemon` and the layers below. Nothing in production imports it.
"""
