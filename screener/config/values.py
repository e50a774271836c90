"""The kinds of value a configuration holds: each reads one YAML value and knows what is allowed.

A kind stands in a field's annotation. `read` turns the YAML value into the one the rules take,
or refuses it; `write` turns it back; `range` is the short form that the comments of
`config/screener.yaml` repeat. Spans of time are in `times`, addresses in `addresses`; how
fields make sections is left to `sections` and `schema`.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from screener.config.yaml_tree import shown


class Kind(ABC):
    """What stands in a field's annotation; pydantic reads the field through it."""

    @property
    @abstractmethod
    def range(self) -> str:
        """The values allowed, in the few words that fit into a comment."""

    @property
    @abstractmethod
    def allowed(self) -> str:
        """The values allowed, as an error tells them."""

    @abstractmethod
    def read(self, value: object) -> object:
        """Return the value meant; raises ValueError, with what the value is where that helps."""

    def write(self, value: object) -> object:
        """Return the value as YAML has it."""
        return value

    def __get_pydantic_core_schema__(
        self, _source: object, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Let pydantic read the field by `read` and tell what is allowed where it refuses."""
        return core_schema.no_info_plain_validator_function(self._read_or_tell)

    def _read_or_tell(self, value: object) -> object:
        try:
            return self.read(value)
        except ValueError as error:
            told = f"{str(error) or found(value)}; allowed: {self.allowed}"
            raise PydanticCustomError("told", "{told}", {"told": told}) from error


@dataclass(frozen=True, slots=True)
class Whole(Kind):
    """A whole number between two bounds, both allowed."""

    low: int
    high: int

    @property
    def range(self) -> str:
        """Return the bounds."""
        return f"{self.low} to {self.high}"

    @property
    def allowed(self) -> str:
        """Return what is allowed."""
        return f"a whole number, {self.range}"

    def read(self, value: object) -> int:
        """Return the number; raises ValueError."""
        if type(value) is not int or not self.low <= value <= self.high:
            raise ValueError
        return value


@dataclass(frozen=True, slots=True)
class Truth(Kind):
    """Yes or no, in YAML's plain words."""

    range = "true | false"
    allowed = "true or false"

    def read(self, value: object) -> bool:
        """Return the answer; raises ValueError."""
        if not isinstance(value, bool):
            raise ValueError  # noqa: TRY004 - read promises ValueError
        return value


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """A number, whole or decimal, between two bounds, both allowed."""

    low: float
    high: float

    @property
    def range(self) -> str:
        """Return the bounds."""
        return f"{self.low:g} to {self.high:g}"

    @property
    def allowed(self) -> str:
        """Return what is allowed."""
        return f"a number, {self.range}"

    def read(self, value: object) -> float:
        """Return the number; raises ValueError."""
        if type(value) not in (int, float):
            raise ValueError
        number = float(value)  # type: ignore[arg-type] # its type is known from the line above
        if not self.low <= number <= self.high:
            raise ValueError
        return number

    def write(self, value: object) -> object:
        """Return the number, without a needless fraction."""
        return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True, slots=True)
class Choice(Kind):
    """One of a few words (or of a few whole numbers)."""

    options: tuple[StrEnum | str | int, ...]

    @property
    def range(self) -> str:
        """Return the options."""
        return " | ".join(str(option) for option in self.options)

    @property
    def allowed(self) -> str:
        """Return the options."""
        words = ", ".join(str(option) for option in self.options)
        return f"one of {words}" if len(self.options) > 1 else words

    def read(self, value: object) -> StrEnum | str | int:
        """Return the option; raises ValueError."""
        for option in self.options:
            if isinstance(value, str | int) and type(value) is not bool and value == option:
                return option
        raise ValueError

    def write(self, value: object) -> object:
        """Return the word."""
        return str(value) if isinstance(value, StrEnum) else value


def one_of(options: Iterable[StrEnum | str | int]) -> Choice:
    """Return the kind that allows these, an enum's members for example."""
    return Choice(tuple(options))


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """A printable text of one line; where there is a pattern it must match as a whole."""

    most: int
    least: int = 0
    pattern: str = ""
    what: str = ""

    @property
    def range(self) -> str:
        """Return what the text is, in words."""
        return self.what or f"{self.least} to {self.most} characters"

    @property
    def allowed(self) -> str:
        """Return what is allowed."""
        return self.what or f"a text of {self.range}, printable, on one line"

    def read(self, value: object) -> str:
        """Return the text; raises ValueError."""
        if isinstance(value, bool | int | float):
            raise ValueError("is no text as it stands; put it in quotes")  # noqa: TRY004 - read promises ValueError
        if not isinstance(value, str) or not self.least <= len(value) <= self.most:
            raise ValueError
        if not value.isprintable() or (self.pattern and not re.fullmatch(self.pattern, value)):
            raise ValueError
        return value


def found(value: object) -> str:
    """Name a refused value as a message may show it."""
    match value:
        case None:
            return "is empty"
        case bool():
            return f"is {str(value).lower()}"
        case int() | float():
            return f"is {value}"
        case str():
            return f'is "{shown(value)}"'
        case list():
            return "is a sequence"
        case _:
            return "is a map"
