from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import MissingPartError, ScreenerError
from screener.storage.shared_seal import BodySealer, load_secret

SECRET = b"s" * 32
SEALER = BodySealer(SECRET)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(json_values, st.text(max_size=10), st.text(max_size=10))
def test_what_was_sealed_is_opened_again(told: object, kind: str, edge: str) -> None:
    assert BodySealer(SECRET).open(kind, edge, SEALER.seal(kind, edge, told)) == told


def test_cut_changed_or_passed_off_it_is_refused() -> None:
    body = SEALER.seal("reviews", "east", {"a": 1})
    for end in range(len(body)):
        with pytest.raises(ScreenerError):
            SEALER.open("reviews", "east", body[:end])
    for place in range(len(body)):
        changed = bytes([*body[:place], body[place] ^ 1, *body[place + 1 :]])
        with pytest.raises(ScreenerError):
            SEALER.open("reviews", "east", changed)
    for kind, edge in (("crowds", "east"), ("reviews", "north")):
        with pytest.raises(ScreenerError, match="of another edge or kind"):
            SEALER.open(kind, edge, body)
    with pytest.raises(ScreenerError):
        SEALER.open("reviews", "east", body + b"x")


def test_another_secret_is_told_apart() -> None:
    body = BodySealer(b"t" * 32).seal("reviews", "east", 1)
    with pytest.raises(ScreenerError, match="another secret"):
        SEALER.open("reviews", "east", body)


def test_what_grows_too_large_is_refused() -> None:
    body = SEALER.seal("reviews", "east", "0" * (17 * 1024 * 1024))
    assert len(body) < 1_000_000
    with pytest.raises(ScreenerError, match="too large"):
        SEALER.open("reviews", "east", body)


def test_a_mark_is_the_same_at_all_edges_and_of_this_secret() -> None:
    mark = SEALER.mark("+16515550142")
    assert mark == BodySealer(SECRET).mark("+16515550142")
    assert mark != SEALER.mark("+16515550143")
    assert mark != BodySealer(b"t" * 32).mark("+16515550142")


def test_the_secret_is_read_where_only_its_owner_may(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    with pytest.raises(MissingPartError, match="cannot be read"):
        load_secret(path)
    path.write_bytes(b" " + SECRET + b"\n")
    path.chmod(0o640)
    with pytest.raises(ScreenerError, match="others could read"):
        load_secret(path)
    path.chmod(0o600)
    assert load_secret(path) == SECRET
    path.write_bytes(b"short")
    with pytest.raises(ScreenerError, match="32 bytes"):
        load_secret(path)
