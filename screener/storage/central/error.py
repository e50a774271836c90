"""What is wrong with the central log, for who reads it without knowing how it is reached."""

from screener.errors import ScreenerError


class CentralError(ScreenerError):
    """The central log cannot be used now; says why in a few words."""


class CentralAwayError(CentralError):
    """Its server cannot be reached, went away, or does not answer; another try may help."""
