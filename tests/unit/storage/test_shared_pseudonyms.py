import re

from hypothesis import given
from hypothesis import strategies as st

from screener.storage.shared_pseudonyms import shared_pseudonym

NAME = shared_pseudonym(b"s" * 32)


@given(st.text(st.characters(), max_size=200))
def test_any_text_has_a_short_name_of_plain_characters_that_does_not_hold_it(text: str) -> None:
    name = NAME("caller", text)
    assert re.fullmatch("[A-Za-z0-9_-]{22}", name)
    assert name == shared_pseudonym(b"s" * 32)("caller", text)


def test_a_name_depends_on_the_secret_the_kind_and_the_text() -> None:
    number = "+16515550142"
    names = {
        NAME("caller", number),
        NAME("line", number),
        NAME("caller", number + "1"),
        shared_pseudonym(b"t" * 32)("caller", number),
    }
    assert len(names) == 4
