"""A call screener that stands beside Asterisk and keeps a call center's operators reachable."""

__version__ = "0.1.0"
