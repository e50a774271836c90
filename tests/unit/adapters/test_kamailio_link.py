"""Requests in datagrams: answers in order, late ones passed over, a silent or lost peer told."""

from pathlib import Path

import pytest

from screener.adapters import kamailio_link
from screener.adapters.kamailio_link import KamailioLink
from screener.errors import LocalProtocolError
from screener.protocol.kamailio_rpc import Request, item_of, look, put
from tests.unit.adapters.fake_kamailio import FakeKamailio


async def test_many_requests_are_answered_in_their_order(tmp_path: Path) -> None:
    fake = FakeKamailio(tmp_path / "k")
    fake.open()
    with KamailioLink(str(fake.path)) as link:
        await link.ask_all([put("t", f"+{place}", place, 9) for place in range(100)])
        replies = await link.ask_all([look("t", f"+{place}") for place in range(100)])
        assert [item_of(reply) for reply in replies] == list(range(100))
        assert await link.ask_all([]) == []
    fake.close()


async def test_where_nobody_listens_the_system_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        KamailioLink(str(tmp_path / "none"))


async def test_a_silent_kamailio_is_given_up_and_its_late_answer_believed_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kamailio_link, "TIMEOUT_S", 0.05)
    fake = FakeKamailio(tmp_path / "k")
    fake.open()
    with KamailioLink(str(fake.path)) as link:
        fake.mute = True
        with pytest.raises(TimeoutError):
            await link.ask(look("t", "a"))
        fake.mute = False
        fake.tables["t"]["b"] = 5
        assert item_of(await link.ask(look("t", "b"))) == 5
    fake.close()


async def test_a_kamailio_that_goes_is_an_error_of_the_system(tmp_path: Path) -> None:
    fake = FakeKamailio(tmp_path / "k")
    fake.open()
    with KamailioLink(str(fake.path)) as link:
        fake.close()
        with pytest.raises(OSError, match="refused"):
            await link.ask(look("t", "a"))


async def test_what_is_too_large_is_never_sent(tmp_path: Path) -> None:
    fake = FakeKamailio(tmp_path / "k")
    fake.open()
    with KamailioLink(str(fake.path)) as link:
        with pytest.raises(LocalProtocolError):
            await link.ask(Request("x", ("a" * 70_000,)))
        assert fake.asked == []
    fake.close()
