"""What every section of the configuration shares: strictness, own checks, named maps.

A section refuses unknown keys, and after its fields are good runs `check` over them; problems
carry the path within the section. `problems` turns what pydantic found into sentences.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from screener.config.yaml_tree import Path, shown

MOST_TOLD = 100
"""How many problems of a file are told one by one; a list of unquoted numbers has thousands."""


class Finding(NamedTuple):
    """What is wrong, as a sentence without its subject, and where: at a value or at its key."""

    path: Path
    told: str
    at_key: bool = False


def findings_error(findings: list[Finding], inner: ValidationError | None = None) -> Exception:
    """Return the exception that hands several findings, and pydantic's own, to `problems`."""
    return PydanticCustomError("findings", "refused", {"findings": findings, "inner": inner})


class Section(BaseModel):
    """A map with a fixed set of keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    def check(self) -> Iterator[Finding]:
        """Yield what is wrong between fields that are each good."""
        yield from ()

    @model_validator(mode="after")
    def _checked(self) -> Self:
        findings = list(self.check())
        if findings:
            raise findings_error(findings)
        return self


class Precheck:
    """Looks at a raw value before its parts are read; both kinds of problem are told."""

    def __init__(
        self, look: Callable[[object], Iterable[Finding]], *, at_once: bool = False
    ) -> None:
        """Take the look; `at_once` refuses by it alone and spares reading the parts."""
        self._look = look
        self._at_once = at_once

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Wrap the reading of the value."""
        return core_schema.no_info_wrap_validator_function(self._read, handler(source))

    def _read(self, value: object, read: ValidatorFunctionWrapHandler) -> object:
        findings = list(islice(self._look(value), MOST_TOLD + 1))
        if findings and self._at_once:
            raise findings_error(findings)
        try:
            result: object = read(value)
        except ValidationError as error:
            raise findings_error(findings, error) from error
        if findings:
            raise findings_error(findings)
        return result


class Items(Precheck):
    """How many items a sequence may have, both bounds allowed."""

    def __init__(self, low: int, high: int) -> None:
        self.range = f"{low} to {high} items"

        def look(value: object) -> Iterator[Finding]:
            if isinstance(value, list) and not low <= len(value) <= high:
                yield Finding((), f"has {len(value)} items; allowed: {self.range}")

        super().__init__(look, at_once=True)


def known_names(known: Mapping[str, object]) -> Precheck:
    """Return the check that a map holds these names only."""

    def look(value: object) -> Iterator[Finding]:
        if isinstance(value, dict):
            for name in value:
                if name not in known:
                    yield Finding((name,), unknown(name, known), at_key=True)

    return Precheck(look)


def _look_for_twins(value: object) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for number, item in enumerate(value if isinstance(value, list) else ()):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            continue
        if name in seen:
            yield Finding((number, "name"), f'is "{shown(name)}" again; each name stands once')
        seen[name] = number


UNIQUE_NAMES = Precheck(_look_for_twins)
"""The check that each item of a sequence has another `name`."""


def unknown(name: str, known: Iterable[str]) -> str:
    """Say that a key is not known, and which are."""
    options = sorted(known)
    near = get_close_matches(name[:100], options, n=1)
    hint = f'; did you mean "{near[0]}"?' if near else ";"
    return f"is not known{hint} allowed here: {', '.join(options)}"
