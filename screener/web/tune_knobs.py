"""The values that Tune offers as sliders, each with what it means; their ranges are the schema's.

A knob names a key of the configuration. What a text says there, and what moving one makes of the
text, is told here; the page itself is `tune_pages`'s.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from screener.config.load import Config, load_config
from screener.config.schema import Document
from screener.config.sections import Section
from screener.config.values import Choice, Kind, Number, Whole
from screener.config.yaml_edit import set_value, value_at
from screener.config.yaml_tree import Problem, read_tree
from screener.config.yaml_words import Scalar
from screener.core.settings import DEFAULT_SIGNALS, Level
from screener.errors import ConfigError, Place

LONGEST_VALUE = 40

_LEVELS = {
    Level.CALM: "while operators are free",
    Level.RISING: "while callers begin to queue or the trunk fills",
    Level.FULL: "while the site is full",
}
_WEIGHTS = {
    "new-caller": "No earlier call of this number is known.",
    "known-caller": "An operator served this number on several days.",
    "served-before": "An operator has talked with this number once.",
    "passed-challenge": "The caller passed the captcha lately.",
    "held-operators": "Callers queue though no more come than usual.",
    "swollen-crowd": "Callers alike are far too many: for each point that it tells.",
    "failed-challenges": "For each captcha failed lately.",
    "challenge-block": "The caller failed too many captchas, for a while.",
    "withheld": "The number is withheld, by the caller or the trunk.",
    "no-number": "The call came with no number at all.",
    "junk-number": "What came as a number is none.",
    "unallocated-number": "No one can have this number.",
    "short-number": "The number is too short to call back from outside.",
    "attestation-a": "The carrier knows the caller and the number (STIR/SHAKEN A).",
    "attestation-b": "The carrier knows the caller, not the number (B).",
    "attestation-c": "The carrier only passes the call on (C).",
    "attestation-failed": "The signature of the call did not verify.",
    "known-elsewhere": "A known caller comes by another trunk than before.",
    "credit-lapsed": "The number is over a limit, so that trust does not count.",
    "redial-after-busy": "The caller was told busy and calls again, as people do.",
    "deny-list": "The caller stands on a deny list.",
    "allow-list": "The caller stands on an allow list that ends.",
}
"""What each signal says when it speaks; those moved most stand first."""

MOST_USED = 8
"""So many weights are shown at once, the others when asked for."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One key: `low` and `high` are what the file may say, `slider` is how far a slider goes."""

    path: tuple[str, ...]
    label: str
    meaning: str
    unit: str = ""
    low: float = 0.0
    high: float = 0.0
    slider: tuple[float, float] = (0.0, 0.0)
    step: float = 1.0
    options: tuple[str, ...] = ()
    allowed: str = ""

    @property
    def name(self) -> str:
        """Return the key as a form and a person name it."""
        return ".".join(self.path)

    def read(self, text: str) -> Scalar:
        """Return what was typed into its field; raises ValueError."""
        if self.options:
            if text not in self.options:
                raise ValueError(f"allowed: {self.allowed}")
            return text
        try:
            number = float(text) if len(text) <= LONGEST_VALUE else None
        except ValueError:
            number = None
        if number is None or not self.low <= number <= self.high:
            raise ValueError(f"allowed: {self.allowed}")
        return int(number) if number.is_integer() else number


@dataclass(frozen=True, slots=True)
class Knobs:
    """A group of knobs under one heading; of some, `more` are shown only when asked for."""

    title: str
    hint: str
    knobs: tuple[Knob, ...]
    more: tuple[Knob, ...] = ()


def kind_at(path: tuple[str, ...]) -> Kind:
    """Return the kind of the value at a key of the configuration."""
    here: Any = Document
    metadata: tuple[object, ...] = ()
    for step in path:
        if isinstance(here, type) and issubclass(here, Section):
            field = here.model_fields[step]
            here, metadata = field.annotation, tuple(field.metadata)
        else:
            here = get_args(here)[-1]
    return next(part for part in metadata if isinstance(part, Kind))


def _knob(  # noqa: PLR0917 - one line of a table each
    path: str, label: str, meaning: str, unit: str, slider: tuple[float, float], step: float
) -> Knob:
    steps = tuple(path.split("."))
    kind = kind_at(steps)
    match kind:
        case Number() | Whole():
            low, high = float(kind.low), float(kind.high)
            ends = max(low, slider[0]), min(high, slider[1])
            args = (unit, low, high, ends, step)
            return Knob(steps, label, meaning, *args, allowed=kind.allowed)
        case Choice():
            options = tuple(map(str, kind.options))
            return Knob(steps, label, meaning, options=options, allowed=kind.allowed)
    raise TypeError(f"no slider can say a {type(kind).__name__}")


def _thresholds() -> Iterator[Knob]:
    for level, when in _LEVELS.items():
        path = f"policy.thresholds.{level.value}"
        told = f"{level.value.capitalize()}: challenge from"
        meaning = f"From this score on a call is asked to press a few keys, {when}."
        yield _knob(f"{path}.challenge", told, meaning, "points", (-2, 20), 0.25)
        told = f"{level.value.capitalize()}: drop from"
        yield _knob(
            f"{path}.drop",
            told,
            f"From this score on it is refused, {when}.",
            "points",
            (0, 30),
            0.25,
        )


def _weights(names: list[str]) -> tuple[Knob, ...]:
    return tuple(
        _knob(f"signals.{name}.points", name, _WEIGHTS[name], "points", (-20, 20), 0.25)
        for name in names
    )


_NAMES = [*_WEIGHTS, *(name for name in DEFAULT_SIGNALS if name not in _WEIGHTS)]

GROUPS = (
    Knobs(
        "Mode",
        "",
        (_knob("mode", "Mode", "observe judges and logs every call and admits all; enforce acts on "
               "the verdicts.", "", (0, 0), 0),),
    ),
    Knobs(
        "Thresholds",
        "A lower threshold catches more machines and troubles more people. None grows from calm to "
        "full, and each challenge is less than its drop.",
        tuple(_thresholds()),
    ),
    Knobs(
        "Weights",
        "Points of each piece of evidence. Above 0 speaks for an unwanted caller, below 0 for a "
        "wanted one.",
        _weights(_NAMES[:MOST_USED]),
        _weights(_NAMES[MOST_USED:]),
    ),
    Knobs(
        "Captcha",
        "How many callers may be asked at once: the least of what these allow.",
        (
            _knob("captcha.share_of_channels", "Share of channels", "At most this part of the "
                  "trunk's channels is held by callers who are asked.", "of 1", (0, 1), 0.01),
            _knob("captcha.places", "Places", "So many callers at once, 0 = nobody is asked.",
                  "callers", (0, 200), 1),
            _knob("captcha.places_per_number", "Places of one number", "So many callers of one "
                  "number at once.", "callers", (1, 20), 1),
        ),
    ),
)  # fmt: skip

KNOBS: Mapping[str, Knob] = {
    knob.name: knob for group in GROUPS for knob in (*group.knobs, *group.more)
}


def values_in(text: str, config: Config | None) -> dict[str, Scalar] | None:
    """Return what a text says of each knob, defaults where it says nothing.

    `config` is what the text means, None where it is refused: then a knob shows what is written,
    whatever that means, and nothing is returned where the text is no YAML to set anything in.
    """
    if config is not None:
        return _effective(config.effective())
    try:
        tree = read_tree(text, "")
    except ConfigError:
        return None
    if tree.problems or not isinstance(tree.value, dict | None):
        return None
    found = _effective(_defaults())
    for name, knob in KNOBS.items():
        written = value_at(tree, knob.path)
        if isinstance(written, str | int | float) and not isinstance(written, bool):
            found[name] = written
    return found


@cache
def _defaults() -> Mapping[str, Any]:
    return load_config(None).effective()


def _effective(document: Mapping[str, Any]) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for name, knob in KNOBS.items():
        here: Any = document
        for step in knob.path:
            here = here[step]
        found[name] = here
    return found


def moved_in(text: str, moved: Mapping[str, str], file: str) -> tuple[str, list[Problem]]:
    """Return the text with the knobs that were moved set in it, and why some could not be."""
    problems: list[Problem] = []
    for name, typed in moved.items():
        knob = KNOBS.get(name)
        if knob is None:
            continue
        try:
            text = set_value(text, knob.path, knob.read(typed), file)
        except ValueError as error:
            problems.append((Place(file), f"{knob.label} ({name}) is not set: {error}"))
        except ConfigError as error:
            problems += error.problems
    return text, problems
