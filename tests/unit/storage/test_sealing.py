import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import ScreenerError
from screener.storage.keys import Keys
from screener.storage.sealing import Sealer, new_nonce

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


def test_no_two_threads_are_given_the_same_nonce() -> None:
    with ThreadPoolExecutor(4) as threads:
        drawn = list(threads.map(lambda _: [new_nonce() for _ in range(1_000)], range(8)))
    found = [nonce for some in drawn for nonce in some]
    assert len(set(found)) == len(found)
    assert {len(nonce) for nonce in found} == {12}


FORKED = """
import os
from screener.storage.sealing import new_nonce
new_nonce()  # more than one is drawn
child = os.fork()
drawn = [new_nonce().hex() for _ in range(300)]
if child:
    os.waitpid(child, 0)
print(*drawn)
"""


def test_a_copy_of_the_process_draws_nonces_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, check=True
    )
    assert len(set(done.stdout.split())) == 600


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
