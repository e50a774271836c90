from hypothesis import given
from hypothesis import strategies as st

from screener.core.memory import CallNote
from screener.core.reputation import Standing
from screener.storage.packing import (
    NOTES,
    NUMBERS,
    STANDING_NUMBERS,
    STANDINGS,
    numbers_in,
    trunk_of,
)

MOMENT = st.floats(allow_nan=False)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=()), max_size=9)


@given(st.lists(MOMENT, max_size=12).map(tuple))
def test_numbers_come_back_to_the_last_bit(numbers: tuple[float, ...]) -> None:
    back = NUMBERS.unpack(NUMBERS.pack(numbers))
    assert back == numbers
    assert repr(back) == repr(numbers)  # -0.0 is not 0.0


@given(st.builds(Standing, *([MOMENT] * 7), TEXT))
def test_a_standing_comes_back_with_any_trunk(one: Standing) -> None:
    packed = STANDINGS.pack(one)
    assert STANDINGS.unpack(packed) == one
    assert trunk_of(packed) == one.trunk
    numbers = NUMBERS.unpack(numbers_in(packed))
    assert numbers == tuple(getattr(one, name) for name in STANDING_NUMBERS)


def test_more_trunks_than_are_remembered_are_still_read() -> None:
    for place in range(2_100):
        one = Standing(1.0, trunk=f"trunk-{place}")
        assert STANDINGS.unpack(STANDINGS.pack(one)) == one


@given(st.builds(CallNote, TEXT, TEXT, st.text(max_size=9)))
def test_a_note_comes_back(note: CallNote) -> None:
    assert NOTES.unpack(NOTES.pack(note)) == note
