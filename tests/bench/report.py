"""What a run of benchmarks found, kept for its end: every table, and each aim with its figure.

An aim is met or missed in words only; nothing passes or fails by it. Printing tables is
`figures`'.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True, slots=True)
class Aim:
    """One figure with the bound it should keep: at most, or at least; None was not measured."""

    name: str
    found: float | None
    bound: float
    at_most: bool
    unit: str

    @property
    def met(self) -> bool:
        """Whether the figure keeps its bound."""
        if self.found is None:
            return False
        return self.found <= self.bound if self.at_most else self.found >= self.bound


@dataclass(slots=True)
class Report:
    """All tables and aims of this run, in the order in which they came."""

    tables: list[dict[str, object]] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Keep one table."""
        self.tables.append({"title": title, "columns": list(columns), "rows": list(rows)})

    def at_most(self, name: str, found: float | None, bound: float, unit: str = "x") -> None:
        """Keep a figure that should not be larger than its bound."""
        self.aims.append(Aim(name, found, bound, at_most=True, unit=unit))

    def at_least(self, name: str, found: float | None, bound: float, unit: str = "x") -> None:
        """Keep a figure that should not be smaller than its bound."""
        self.aims.append(Aim(name, found, bound, at_most=False, unit=unit))

    def rows_of_aims(self) -> list[tuple[str, str, str, str]]:
        """Return the table of all aims: name, what was found, the bound, met or missed."""
        return [
            (
                aim.name,
                "not measured" if aim.found is None else f"{_figure(aim.found)} {aim.unit}",
                f"{'<=' if aim.at_most else '>='} {_figure(aim.bound)} {aim.unit}",
                "met" if aim.met else "MISSED",
            )
            for aim in self.aims
        ]

    def as_json(self) -> dict[str, object]:
        """Return all of it as plain values."""
        aims = [{**asdict(aim), "met": aim.met} for aim in self.aims]
        return {"tables": self.tables, "aims": aims}


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


REPORT = Report()
"""This process's own."""
