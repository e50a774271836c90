"""The file of a scenario: which attacks and rushes come to a site, from when to when.

An attack may name trunks and numbers called as the site's file does, or by their place in it:
`first`, `second`, `third`, `last`; so one scenario can be played at any site. What one attack
is stands in `simulation_attack`; finding files by name is left to `simulation`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from screener.config.problems import in_order
from screener.config.sections import UNIQUE_NAMES, Finding, Items, Section, unknown
from screener.config.simulation_attack import AttackSection
from screener.config.simulation_sections import ABOUT, DAY, VERSION, read_document
from screener.config.times import Duration
from screener.config.values import Number, Text, one_of
from screener.config.yaml_tree import Path as TreePath
from screener.config.yaml_tree import Problem
from screener.errors import ConfigError
from screener.sim.model import Attack, CenterSite, Scenario

SPLITS = ("quiet", "named", "open", "held-out", "own")
PLACES = ("first", "second", "third", "last")
"""Words for the site's trunks or numbers called, in the order of its file; fewer: its last one."""

_HOUR = 3_600.0


class RushSection(Section):
    """One of `rushes`: a while with so many times the usual people."""

    begins: Annotated[float, Duration(0, DAY)]
    lasts: Annotated[float, Duration(1, DAY)]
    factor: Annotated[float, Number(0, 1_000)]


class JudgedSection(Section):
    """`judged`: people whose first call falls between these are judged."""

    begins: Annotated[float, Duration(0, DAY)]
    ends: Annotated[float, Duration(1, DAY)]

    def check(self) -> Iterator[Finding]:
        """It begins before it ends."""
        if self.begins >= self.ends:
            yield Finding(("ends",), f"is {self.ends:g}s; allowed: more than begins")


class ScenarioDocument(Section):
    """The whole file of a scenario."""

    version: Annotated[int, one_of((VERSION,))]
    about: Annotated[str, ABOUT]
    site: Annotated[str, Text(4_096, 1)]
    split: Annotated[str, one_of(SPLITS)] = "own"
    starts: Annotated[float, Number(0, 23.99)] = 9.0
    lasts: Annotated[float, Duration(60, DAY)] = 3 * _HOUR
    judged: JudgedSection | None = None
    rushes: Annotated[list[RushSection], Items(0, 50)] = Field(default_factory=list)
    attacks: Annotated[list[AttackSection], Items(0, 20), UNIQUE_NAMES] = Field(
        default_factory=list
    )

    def check(self) -> Iterator[Finding]:
        """Everything happens while the scenario lasts."""
        if self.judged is not None and self.judged.ends > self.lasts:
            yield Finding(("judged", "ends"), self._late(self.judged.ends))
        for number, rush in enumerate(self.rushes):
            if rush.begins + rush.lasts > self.lasts:
                yield Finding(("rushes", number), self._late(rush.begins + rush.lasts))
        for number, attack in enumerate(self.attacks):
            ends = attack.wave.begins + attack.wave.lasts
            if ends > self.lasts:
                yield Finding(("attacks", number, "wave"), self._late(ends))

    def _late(self, ends: float) -> str:
        return f"ends at {ends:g}s; allowed: by the scenario's end (lasts {self.lasts:g}s)"

    def scenario(self, name: str) -> Scenario:
        """Return the scenario of the simulator, its places not yet the site's."""
        return Scenario(
            name=name,
            site=self.site,
            about=self.about,
            attacks=tuple(attack.attack() for attack in self.attacks),
            rushes=tuple((rush.begins, rush.lasts, rush.factor) for rush in self.rushes),
            starts=self.starts,
            lasts=self.lasts,
            judged=(self.judged.begins, self.judged.ends) if self.judged else None,
            split=self.split,
        )


def load_scenario(path: Path, site: CenterSite | None = None) -> Scenario:
    """Read a scenario's file; raises ConfigError with every problem. Its name is the file's.

    With a site it is made ready to be played there: places become the site's own trunks and
    numbers called, and what the site does not have, or happens while it is closed, is refused.
    """
    document, tree = read_document(path, ScenarioDocument)
    scenario = document.scenario(path.stem)
    if site is None:
        return scenario
    problems: list[Problem] = [
        (tree.place(where, key=where[-1] != "lasts"), told)
        for where, told in _foreign_to(scenario, site)
    ]
    if problems:
        raise ConfigError(in_order(problems, str(path)))
    attacks = tuple(_at_site(attack, site) for attack in scenario.attacks)
    return replace(scenario, site=site.name, attacks=attacks)


def _foreign_to(scenario: Scenario, site: CenterSite) -> Iterator[tuple[TreePath, str]]:
    """Yield what the scenario asks of a site that has no such thing."""
    closes = site.opens + len(site.hourly)
    if not site.opens <= scenario.starts < closes:
        told = f"starts is {scenario.starts:g}; allowed: while {site.name} is open"
        yield ("starts",), f"{told}, {site.opens} to {closes}"
    elif scenario.starts + scenario.lasts / _HOUR > closes:
        told = f"lasts to {scenario.starts + scenario.lasts / _HOUR:g}"
        yield ("lasts",), f"{told}; allowed: until {site.name} closes at {closes}"
    for number, attack in enumerate(scenario.attacks):
        for key, asked, own in (
            ("trunks", attack.trunks, tuple(site.trunks)),
            ("dids", attack.dids, site.dids),
        ):
            for name in asked:
                if name not in own and name not in PLACES:
                    told = unknown(name, (*own, *PLACES))
                    yield ("attacks", number, key, name), f"{key} of {site.name}: {name} {told}"


def _at_site(attack: Attack, site: CenterSite) -> Attack:
    return replace(
        attack,
        trunks=_placed(attack.trunks, tuple(site.trunks)),
        dids=_placed(attack.dids, site.dids),
    )


def _placed(asked: Mapping[str, float], own: Sequence[str]) -> dict[str, float]:
    """Return the shares by the site's own names; places that fall together add up."""
    shares: dict[str, float] = {}
    for name, share in asked.items():
        meant = name if name in own else _at_place(name, own)
        shares[meant] = shares.get(meant, 0.0) + share
    return shares


def _at_place(word: str, own: Sequence[str]) -> str:
    last = len(own) - 1
    return own[last if word == "last" else min(PLACES.index(word), last)]
