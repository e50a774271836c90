"""The keys of the configuration file: the whole document, and its lists.

Defaults come from `core.settings` and `options`, never from here. Rules about one value stand
in its annotation, rules between values in `check`. Making settings of it is left to `build`,
reading list entries to `list_sources`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from screener.config.captcha_section import CaptchaSection
from screener.config.crowds_section import CrowdsSection
from screener.config.front_section import AdmissionSection, FrontSection
from screener.config.hours_section import HoursSection
from screener.config.options import CENTRAL_LOG
from screener.config.rule_sections import (
    GROUP_BOUNDS,
    GROUP_NAMES,
    NAME,
    SIGNAL_NAMES,
    GroupSection,
    LimitSection,
    PolicySection,
    PressureSection,
    Region,
    ReputationSection,
    SignalSection,
    SiteSection,
    TablesSection,
)
from screener.config.sections import UNIQUE_NAMES, Finding, Items, Precheck, Section
from screener.config.service_sections import (
    AmiSection,
    AriSection,
    ControlSection,
    ListenSection,
    LogSection,
    MetricsSection,
    StorageSection,
)
from screener.config.sharing_section import SharingSection
from screener.config.ship_section import ShipSection
from screener.config.times import Moment
from screener.config.values import Kind, Text, Whole, one_of
from screener.config.web_section import WebSection
from screener.core.lists import ListAction
from screener.core.number import LONGEST_TAIL
from screener.core.settings import Mode, Settings

VERSION = 1

_DEFAULT = Settings()


@dataclass(frozen=True, slots=True)
class Entry(Kind):
    """One entry of a list; what it means is left to the rules, and no message repeats it."""

    range = "a number, prefix, range or pattern"
    allowed = "a number, prefix, range or pattern, of 1 to 100 characters"

    def read(self, value: object) -> str:
        """Return the entry; raises ValueError."""
        if isinstance(value, str) and 1 <= len(value) <= 100 and value.isprintable():  # noqa: PLR2004 - as `allowed` says
            return value
        quoted = isinstance(value, str | list | dict | None)
        raise ValueError("is no entry" if quoted else "stands without quotes; put it in quotes")


def _look_for_other_than_entries(value: object) -> Iterator[Finding]:
    kind = Entry()
    for number, entry in enumerate(value if isinstance(value, list) else ()):
        try:
            kind.read(entry)
        except ValueError as error:
            yield Finding((number,), f"{error}; allowed: {kind.allowed}")


ENTRIES = Precheck(_look_for_other_than_entries, at_once=True)


class ListSection(Section):
    """One of `lists`."""

    name: Annotated[str, NAME]
    action: Annotated[ListAction, one_of(ListAction)]
    entries: Annotated[list[str], ENTRIES] = Field(default_factory=list)
    file: Annotated[str, Text(4_096)] = ""
    until: Annotated[float | None, Moment()] = None
    reason: Annotated[str, Text(200)] = ""

    def check(self) -> Iterator[Finding]:
        """The list names something."""
        if not self.entries and not self.file:
            yield Finding((), "holds nothing; allowed: entries, a file, or both")


class Document(Section):
    """The whole file."""

    version: Annotated[int, one_of((VERSION,))]
    mode: Annotated[Mode, one_of((Mode.OBSERVE, Mode.ENFORCE))] = _DEFAULT.mode
    region: Annotated[str, Region()] = _DEFAULT.region
    prefix_tail: Annotated[int, Whole(1, LONGEST_TAIL)] = _DEFAULT.prefix_tail
    site: SiteSection = SiteSection()
    listen: ListenSection = ListenSection()
    control: ControlSection = ControlSection()
    storage: StorageSection = StorageSection()
    ami: AmiSection = AmiSection()
    ari: AriSection = AriSection()
    front: FrontSection = FrontSection()
    log: LogSection = LogSection()
    metrics: MetricsSection = MetricsSection()
    web: WebSection = WebSection()
    sharing: SharingSection = SharingSection()
    ship: ShipSection = ShipSection()
    lists: Annotated[list[ListSection], Items(0, 200), UNIQUE_NAMES] = Field(default_factory=list)
    limits: Annotated[list[LimitSection], Items(0, 100), UNIQUE_NAMES] = Field(default_factory=list)
    signals: Annotated[dict[str, SignalSection], SIGNAL_NAMES] = Field(default_factory=dict)
    groups: Annotated[dict[str, GroupSection], GROUP_NAMES, GROUP_BOUNDS] = Field(
        default_factory=dict
    )
    reputation: ReputationSection = ReputationSection()
    pressure: PressureSection = PressureSection()
    policy: PolicySection = PolicySection()
    captcha: CaptchaSection = CaptchaSection()
    hours: HoursSection = HoursSection()
    crowds: CrowdsSection = CrowdsSection()
    admission: AdmissionSection = AdmissionSection()
    tables: TablesSection = TablesSection()

    def check(self) -> Iterator[Finding]:
        """Who reads the central log names it."""
        if self.web.log == CENTRAL_LOG and not self.ship.dsn:
            yield Finding(("ship", "dsn"), "is empty; allowed: a database, as web.log is central")
