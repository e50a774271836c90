"""Plain records: immutable for whoever is checked, and quick to build for every call.

A frozen dataclass sets each field by a call of `object.__setattr__`, 0.2 us a field; seven of
them for every call were a tenth of its verdict (measured). These are slotted dataclasses that
the type checker holds to be frozen and the running program does not. What is built once, such as
settings, is frozen for good.

Members of enumerations are told by `_value_` on a call's way: the documented attribute behind the
property `value`, which is interpreted code (0.15 us a time, forty times a call; measured).
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Make a slotted dataclass, hashed by its fields, none of which anybody may set."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
