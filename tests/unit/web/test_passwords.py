import asyncio
from collections.abc import Iterator
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from screener.web.passwords import MOST_WAITING, Passwords, TooManyHashesError, hash_now
from tests.unit.web.signed_in import QUICK

RIGHT = "green boats on the river"


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(QUICK)
    yield made
    made.close()


async def test_the_right_password_is_right_and_any_other_is_not(passwords: Passwords) -> None:
    kept = await passwords.hash(RIGHT)
    assert (await passwords.verify(kept, RIGHT)).right
    for wrong in ("", RIGHT.title(), RIGHT + " ", RIGHT[:-1]):
        assert not (await passwords.verify(kept, wrong)).right


async def test_a_letter_typed_on_another_keyboard_is_the_same(passwords: Passwords) -> None:
    kept = await passwords.hash("Zu\u0308rich am See")
    assert (await passwords.verify(kept, "Z\u00fcrich am See")).right


async def test_nobody_has_no_right_password(passwords: Passwords) -> None:
    for told in ("", RIGHT):
        assert not (await passwords.verify(None, told)).right


async def test_refusing_nobody_takes_the_work_of_refusing_somebody() -> None:
    looked_at: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - its name there
            looked_at.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    passwords = Passwords(Watched(time_cost=1, memory_cost=8, parallelism=1))
    kept = await passwords.hash(RIGHT)
    for told in (kept, None):
        assert not (await passwords.verify(told, "wrong")).right
    passwords.close()
    assert looked_at == ["$argon2id$v=19$m=8,t=1,p=1"] * 2


async def test_more_than_the_longest_is_wrong_even_where_its_beginning_is_right(
    passwords: Passwords,
) -> None:
    kept = await passwords.hash("ab" * 64)
    assert (await passwords.verify(kept, "ab" * 64)).right
    assert not (await passwords.verify(kept, "ab" * 64 + "c")).right


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$v=19$m=8,t=1,p=1$", "$2b$12$" + "x" * 53])
async def test_a_hash_that_is_none_is_wrong_and_no_fault(passwords: Passwords, kept: str) -> None:
    assert not (await passwords.verify(kept, RIGHT)).right


async def test_a_hash_of_other_parameters_is_made_anew(passwords: Passwords) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(RIGHT)
    verified = await passwords.verify(old, RIGHT)
    assert verified.right
    assert verified.rehashed
    again = await passwords.verify(verified.rehashed, RIGHT)
    assert (again.right, again.rehashed) == (True, None)
    assert (await passwords.verify(old, "wrong")).rehashed is None


async def test_only_so_many_wait(passwords: Passwords) -> None:
    kept = await passwords.hash(RIGHT)
    told = await asyncio.gather(
        *(passwords.verify(kept, RIGHT) for _ in range(MOST_WAITING + 5)), return_exceptions=True
    )
    assert sum(isinstance(one, TooManyHashesError) for one in told) == 5
    assert (await passwords.verify(kept, RIGHT)).right


def test_by_default_it_is_argon2id_as_the_rfc_recommends_for_little_memory() -> None:
    found = extract_parameters(hash_now(RIGHT))
    assert (found.type, found.memory_cost, found.time_cost, found.parallelism) == (
        Type.ID,
        65_536,
        3,
        4,
    )
