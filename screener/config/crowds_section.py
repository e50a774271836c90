"""The section of the configuration about crowds: callers alike, compared with their usual share.

Its keys are the fields of `core.settings.CrowdSettings`, whose defaults it takes.
"""

from collections.abc import Iterator
from typing import Annotated

from screener.config.sections import Finding, Section
from screener.config.times import Duration
from screener.config.values import Number, Truth, Whole
from screener.core.settings import CrowdSettings

_CROWDS = CrowdSettings()
_WINDOW = Duration(10, 86_400)
_ODDS = Number(-20, 20)
_SHARE = Number(0.01, 1)


class CrowdsSection(Section):
    """`crowds`: how callers alike are compared with their usual share of the calls."""

    learn: Annotated[bool, Truth()] = _CROWDS.learn
    fast: Annotated[float, _WINDOW] = _CROWDS.fast
    slow: Annotated[float, _WINDOW] = _CROWDS.slow
    tally: Annotated[float, _WINDOW] = _CROWDS.tally
    usual_half_life: Annotated[float, Duration(3_600, 3_650 * 86_400)] = _CROWDS.usual_half_life
    least_taught: Annotated[int, Whole(1, 1_000_000)] = _CROWDS.least_taught
    sure: Annotated[float, Number(0, 20)] = _CROWDS.sure
    still: Annotated[float, Number(1, 100)] = _CROWDS.still
    odds: Annotated[float, _ODDS] = _CROWDS.odds
    odds_known: Annotated[float, _ODDS] = _CROWDS.odds_known
    even_odds: Annotated[float, _ODDS] = _CROWDS.even_odds
    spare_share: Annotated[float, _SHARE] = _CROWDS.spare_share
    redial_share: Annotated[float, _SHARE] = _CROWDS.redial_share
    most: Annotated[float, Number(0, 100)] = _CROWDS.most

    def check(self) -> Iterator[Finding]:
        """The slow window is the longer one."""
        if self.fast >= self.slow:
            yield Finding(
                ("fast",), f"is {self.fast:g} s; allowed: less than slow ({self.slow:g} s)"
            )
