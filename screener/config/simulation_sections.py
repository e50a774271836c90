"""What the files of sites and scenarios share: durations by chance, redials, shares, the reading.

Values come from `values` and `times`, the telling of errors from `problems`. Sections of a site
are left to `simulation_people` and `simulation_site`, of a scenario to `simulation_attack` and
`simulation_scenario`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar

from screener.config.files import read_text
from screener.config.problems import in_order, validated
from screener.config.sections import Finding, Precheck, Section, unknown
from screener.config.times import Duration
from screener.config.values import Number, Text
from screener.config.yaml_tree import Tree, read_tree
from screener.errors import ConfigError
from screener.sim.model import Lognormal, Redial

MOST_BYTES = 256 * 1024
VERSION = 1

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0

SHARE = Number(0, 1)
SIGMA = Number(0, 3)
ABOUT = Text(300)
TRUNK = Text(
    40, 1, "[A-Za-z0-9][A-Za-z0-9._-]*", "a name of letters, digits, ., _ and -, 1 to 40 long"
)
DID = Text(
    12,
    12,
    r"\+1[2-9][0-9]{2}[2-9][0-9]{6}",
    "a number of North America in quotes: +1 and ten digits",
)

ATTESTATIONS = ("A", "B", "C", "none", "invalid")
"""Levels as a file names them; `none` is a call without a signature, `invalid` a failed one."""

_ROUNDING = 0.0005

Document = TypeVar("Document", bound=Section)


class LognormalSection(Section):
    """A duration that differs from call to call: its median, and how widely it scatters."""

    median: Annotated[float, Duration(0.1, DAY)]
    sigma: Annotated[float, SIGMA]

    def value(self) -> Lognormal:
        """Return what the simulator draws from."""
        return Lognormal(self.median, self.sigma)


class RedialSection(LognormalSection):
    """Who dials again after one kind of end, and how much later."""

    share: Annotated[float, SHARE]

    def redial(self) -> Redial:
        """Return what the simulator takes."""
        return Redial(self.share, self.value())


def of_lognormal(value: Lognormal) -> LognormalSection:
    """Return the section that stands for a default of the simulator."""
    return LognormalSection(median=value.median, sigma=value.sigma)


def of_redial(value: Redial) -> RedialSection:
    """Return the section that stands for a default of the simulator."""
    return RedialSection(share=value.share, median=value.after.median, sigma=value.after.sigma)


def _sums_to_one(value: object) -> Iterator[Finding]:
    if not isinstance(value, dict) or not value:
        return
    shares = [share for share in value.values() if type(share) in (int, float)]
    if len(shares) == len(value) and abs(sum(shares) - 1.0) > _ROUNDING:
        yield Finding((), f"adds up to {sum(shares):g}; allowed: shares that add up to 1")


SHARES = Precheck(_sums_to_one)
"""The check that the shares of a map add up to 1; an empty map is left to the other checks."""


def _names_a_level(value: object) -> Iterator[Finding]:
    for name in value if isinstance(value, dict) else ():
        if name not in ATTESTATIONS:
            yield Finding((name,), unknown(name, ATTESTATIONS), at_key=True)


LEVELS = Precheck(_names_a_level)
"""The check that a map names levels of attestation only."""


def each_key(kind: Text) -> Precheck:
    """Return the check that every key of a map is a text of this kind."""

    def look(value: object) -> Iterator[Finding]:
        for name in value if isinstance(value, dict) else ():
            try:
                kind.read(name)
            except ValueError:
                yield Finding((name,), f"is no key here; allowed: {kind.allowed}", at_key=True)

    return Precheck(look)


def _holds_something(value: object) -> Iterator[Finding]:
    if value == {}:
        yield Finding((), "is empty; allowed: at least one share")


NOT_EMPTY = Precheck(_holds_something)
"""The check that a map is not empty."""


def levels(shares: dict[str, float]) -> dict[str, float]:
    """Return shares by level in the words of the wire, where no signature is an empty text."""
    return {"" if name == "none" else name: share for name, share in shares.items()}


def named_levels(shares: dict[str, float]) -> dict[str, float]:
    """Return shares by level in the words of a file."""
    return {name or "none": share for name, share in shares.items()}


def read_document(path: Path, schema: type[Document]) -> tuple[Document, Tree]:
    """Read a file by its schema; raises ConfigError with every problem and its place."""
    tree = read_tree(read_text(path, MOST_BYTES), str(path))
    document, refused = validated(tree, schema)
    spelling = {place for place, _ in tree.problems}
    # A word refused for its spelling is not refused a second time for what it might mean.
    meaning = [problem for problem in refused if problem[0] not in spelling]
    problems = in_order([*tree.problems, *meaning], str(path))
    if problems or document is None:
        raise ConfigError(problems)
    return document, tree
