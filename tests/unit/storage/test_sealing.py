import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import ScreenerError
from screener.storage.keys import Keys
from screener.storage.sealing import Sealer

KEYS = Keys("one", b"p" * 32, b"s" * 32)
SEALER = Sealer(KEYS)
NUMBER = "+16515550142"


@given(number=st.text(max_size=40), call_id=st.text(max_size=20))
def test_what_is_sealed_is_read_again(number: str, call_id: str) -> None:
    number = number.encode(errors="replace").decode()
    call_id = call_id.encode(errors="replace").decode()
    assert SEALER.unseal(SEALER.seal(number, call_id), call_id, "one") == number


def test_no_two_seals_are_alike() -> None:
    assert len({SEALER.seal(NUMBER, "a1") for _ in range(1_000)}) == 1_000


def test_every_changed_bit_is_seen() -> None:
    sealed = SEALER.seal(NUMBER, "a1")
    for place in range(len(sealed) * 8):
        harmed = bytearray(sealed)
        harmed[place // 8] ^= 1 << place % 8
        with pytest.raises(ScreenerError, match="cannot be opened"):
            SEALER.unseal(bytes(harmed), "a1", "one")


def test_every_cut_is_seen() -> None:
    sealed = SEALER.seal(NUMBER, "a1")
    for cut in range(len(sealed)):
        with pytest.raises(ScreenerError, match="cannot be opened"):
            SEALER.unseal(sealed[:cut], "a1", "one")


def test_a_seal_is_good_for_its_own_call_only() -> None:
    with pytest.raises(ScreenerError, match="of call b2 cannot be opened"):
        SEALER.unseal(SEALER.seal(NUMBER, "a1"), "b2", "one")


def test_other_keys_are_named() -> None:
    other = Sealer(Keys("two", b"p" * 32, b"t" * 32))
    with pytest.raises(ScreenerError, match="sealed with the keys one, and these are the keys two"):
        other.unseal(SEALER.seal(NUMBER, "a1"), "a1", "one")
    same_name = Sealer(Keys("one", b"p" * 32, b"t" * 32))
    with pytest.raises(ScreenerError, match="the key file was"):
        same_name.unseal(SEALER.seal(NUMBER, "a1"), "a1", "one")
