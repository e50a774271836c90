"""The file of a site: an admin's own call center in figures, read as strictly as the configuration.

`config/simulation/sites/bank.yaml` shows every key. What its people do stands in
`simulation_people`; what happens at the site is left to `simulation_scenario`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from screener.config.sections import Finding, Items, Section
from screener.config.simulation_people import PeopleSection
from screener.config.simulation_sections import (
    ABOUT,
    DID,
    NOT_EMPTY,
    SHARE,
    SHARES,
    TRUNK,
    VERSION,
    LognormalSection,
    each_key,
    read_document,
)
from screener.config.values import Number, Whole, one_of
from screener.sim.model import CenterSite

HOURS_A_DAY = 24


class SiteDocument(Section):
    """The whole file of a site."""

    version: Annotated[int, one_of((VERSION,))]
    about: Annotated[str, ABOUT] = ""
    operators: Annotated[int, Whole(1, 10_000)]
    channels: Annotated[int, Whole(1, 100_000)]
    opens: Annotated[int, Whole(0, 23)]
    hourly: Annotated[list[Annotated[float, Number(0, 500_000)]], Items(1, HOURS_A_DAY)]
    service: LognormalSection
    trunks: Annotated[dict[str, Annotated[float, SHARE]], NOT_EMPTY, each_key(TRUNK), SHARES]
    dids: Annotated[list[Annotated[str, DID]], Items(1, 100)]
    history_days: Annotated[int, Whole(0, 90)] = 30
    people: PeopleSection = Field(default_factory=PeopleSection)

    def check(self) -> Iterator[Finding]:
        """The day ends by midnight, and somebody calls."""
        hours = len(self.hourly)
        if self.opens + hours > HOURS_A_DAY:
            told = f"has {hours} hours; allowed: at most {HOURS_A_DAY - self.opens} from opens on"
            yield Finding(("hourly",), told)
        if not any(self.hourly):
            yield Finding(("hourly",), "has no call; allowed: at least one hour with calls")


def load_site(path: Path) -> CenterSite:
    """Read a site's file; raises ConfigError with every problem. Its name is the file's."""
    document, _ = read_document(path, SiteDocument)
    return CenterSite(
        name=path.stem,
        operators=document.operators,
        channels=document.channels,
        hourly=tuple(document.hourly),
        opens=document.opens,
        service=document.service.value(),
        trunks=dict(document.trunks),
        dids=tuple(document.dids),
        people=document.people.people(),
        history_days=document.history_days,
    )
