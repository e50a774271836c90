"""What stands in requests and answers of every kind: strict bases, spans, moments, errors.

Shapes of single subjects stand beside their handlers. All are pydantic models: they check what
comes, and the document is made from them, so that both say the same.
"""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

CALL_ID = "^[0-9a-f]{16}$"
PSEUDONYM = "^[0-9a-f]{32}$"
LIST_NAME = "^[a-z][a-z0-9-]{0,30}$"

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


class Given(BaseModel):
    """What a client sends: nothing unknown, nothing turned from one type into another."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Told(BaseModel):
    """What we answer: what stands in the document and no more."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _whole(value: object) -> object:
    """Take a whole number of a query as people write it, and no other writing of it."""
    if not isinstance(value, str):
        return value
    if not _WHOLE.fullmatch(value):
        raise ValueError("must be a whole number")
    return int(value)


Written = BeforeValidator(_whole)
"""For whole numbers in a query."""

Limit = Annotated[int, Field(ge=1, le=1_000, description="How many at most."), Written]
Place = Annotated[int, Field(ge=1, le=10**15, description="As of `before`."), Written]

Duration = Annotated[
    str,
    Field(
        pattern="^(forever|[1-9][0-9]{0,4}[sm]|[1-9][0-9]{0,3}h|([1-9][0-9]{0,2}|[12][0-9]{3}|3[0-5][0-9]{2}|36[0-4][0-9]|3650)d)$",
        description="How long: 90s, 15m, 1h, 30d, up to 3650d, or forever.",
        examples=["30d"],
    ),
]
Span = Annotated[
    str,
    Field(
        pattern="^([1-9][0-9]{0,3}s|[1-9][0-9]{0,2}m|1[0-9]h|2[0-4]h|[1-9]h|1d)$",
        description="How long: 90s, 15m, 1h, at most 24h.",
        examples=["15m"],
    ),
]
Moment = Annotated[
    str,
    Field(
        pattern=(
            "^([1-9][0-9]{0,4}[smhd]|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
            "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z)$"
        ),
        description="So long ago (90s, 24h, 7d), or a moment of UTC such as 2026-11-22T08:00:00Z.",
        examples=["24h"],
    ),
]
Word = Annotated[str, Field(min_length=1, max_length=64, pattern="^[ -~]+$")]
"""A short text of ASCII, such as the name of a signal or a trunk."""

Reason = Annotated[
    str, Field(max_length=200, description="Why; kept in the audit. No names or numbers here.")
]
NeededReason = Annotated[
    str,
    Field(
        min_length=3,
        max_length=200,
        pattern="[0-9A-Za-z\u00c0-\u167f\u1681-\u1fff\u3041-\ud7a3]",
        description="Why; kept in the audit. At least a letter or a digit; no names or numbers.",
        examples=["ticket 881"],
    ),
]

At = Annotated[float, Field(description="Seconds since 1970.")]
Open = dict[str, Any]
"""An object that is passed on as it is."""


class Problem(Told):
    """One thing that is wrong with a request, and where: `query.limit`, `body.reason`."""

    where: str
    text: str


class Refused(Told):
    """Every answer that is no success."""

    error: str = Field(description="What is wrong, in a sentence.")
    problems: list[Problem] = Field(default=[], description="Its parts, where it has any.")
