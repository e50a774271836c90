import logging
from dataclasses import replace
from pathlib import Path

import pytest

from screener.adapters import ari_client, ari_link
from screener.adapters.ari_client import AriClient
from screener.config.options import AriOptions
from screener.core.settings import CaptchaSettings, Prompts
from tests.unit.adapters.an_ari import EVERY_SOUND, SECRET, Ari, running, unvouched
from tests.unit.adapters.ari_desk import Desk, until, working


@pytest.fixture
def secret(tmp_path: Path) -> str:
    return str(put(tmp_path / "ari.secret", SECRET))


def put(path: Path, text: str, mode: int = 0o600) -> Path:
    """Put a whole file in the place of another, as a reader may look at any moment."""
    new = path.with_suffix(".new")
    new.write_text(text + "\n")
    new.chmod(mode)
    return new.replace(path)


def said(caplog: pytest.LogCaptureFixture, word: str) -> list[str]:
    return [line for line in caplog.messages if line.startswith(word)]


async def test_without_a_url_there_is_nothing_to_do() -> None:
    client = AriClient(AriOptions(), Desk(), CaptchaSettings)
    await client.run()
    assert client.snapshot()["state"] == "off"
    assert not client.is_up
    await client.close()


async def test_it_is_up_once_it_is_registered_and_says_so(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "screener.ari")
    async with running(Ari()) as ari, working(ari, secret) as work:
        assert work.client.snapshot()["state"] == "down"
        await work.until_up()
        assert work.client.snapshot() == {
            "state": "up",
            "why": "",
            "asking": 0,
            "reclaimed": 0,
            "released": 0,
            "reconnects": 0,
            "misshaped": 0,
            "missing_sounds": [],
        }
        assert ari.asked[0] == "PUT applications/screener/eventFilter"
    assert caplog.messages == [f"ARI-UP {ari.url} app=screener"]


@pytest.mark.parametrize(
    ("chance", "pauses"), [(0.0, [0.25, 0.5, 1, 2, 2]), (1.0, [0.5, 1, 2, 4, 4])]
)
async def test_where_nobody_listens_it_comes_back_within_seconds(
    secret: str, chance: float, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Ari()) as ari:
        pass
    async with working(ari, secret, chance=chance) as work:
        await until(lambda: len(work.pauses) >= 5)
        assert work.pauses[:5] == pauses
        assert work.client.snapshot()["state"] == "down"
        async with running(Ari(), ari.port):
            await work.until_up()
    assert len(said(caplog, "ARI-DOWN")) == 1


async def test_a_cut_link_is_made_again_and_the_pauses_begin_anew(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "screener.ari")
    async with running(Ari()) as ari, working(ari, secret) as work:
        for attempts in (1, 2, 3):
            await until(lambda count=attempts: len(said(caplog, "ARI-UP")) == count)  # type: ignore[misc]
            ari.cut()
        await until(lambda: len(said(caplog, "ARI-UP")) == 4)
        assert work.pauses == [0.5] * 3
        assert work.client.snapshot()["reconnects"] == 3
    words = [line.split()[0] for line in caplog.messages]
    assert words[:4] == ["ARI-UP", "ARI-DOWN", "ARI-UP", "ARI-DOWN"]


async def test_a_wrong_secret_is_told_once_and_tried_ever_more_rarely(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    put(Path(secret), "another")
    async with running(Ari()) as ari, working(ari, secret, chance=0.0) as work:
        await until(lambda: len(work.pauses) >= 9)
        assert work.pauses[:9] == [1, 1, 1, 2, 4, 8, 15, 15, 15]
        put(Path(secret), SECRET)
        await work.until_up()
    (told,) = said(caplog, "ARI-DOWN")
    assert "the login was refused" in told
    assert "another" not in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("refuses", "statuses", "told"),
    [
        (404, {}, "there is no ARI"),
        (403, {}, "may only read"),
        (0, {"eventFilter": 403}, "may only read"),
        (0, {"eventFilter": 500}, "answers 500"),
        (0, {"channels": 404}, "lacks res_ari_channels"),
        (0, {"playbacks": 404}, "lacks res_ari_playbacks"),
    ],
)
async def test_what_a_person_must_mend_is_said(
    secret: str,
    refuses: int,
    statuses: dict[str, int],
    told: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Ari(refuses=refuses, statuses=statuses)
    async with running(server) as ari, working(ari, secret) as work:
        await until(lambda: len(work.pauses) >= 7)
        assert max(work.pauses) == 30
        assert told in str(work.client.snapshot()["why"])
        assert not work.client.is_up
    assert len(said(caplog, "ARI-DOWN")) == 1


async def test_an_exposed_secret_is_not_used(secret: str, caplog: pytest.LogCaptureFixture) -> None:
    put(Path(secret), SECRET, 0o644)
    async with running(Ari()) as ari, working(ari, secret) as work:
        await until(lambda: len(work.pauses) >= 7)
        assert work.pauses[6] == 30
        assert ari.registered == 0
    assert "chmod 600" in caplog.text


async def test_a_certificate_that_nobody_vouches_for_is_said(secret: str, tmp_path: Path) -> None:
    async with running(Ari(), tls=unvouched(tmp_path)) as ari, working(ari, secret) as work:
        await until(lambda: len(work.pauses) >= 7)
        assert max(work.pauses) == 30
        assert "certificate" in str(work.client.snapshot()["why"])


async def test_an_asterisk_that_does_not_answer_is_told_and_tried_again(
    secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ari_link, "TIMEOUT_S", 0.05)
    async with running(Ari(silent=True)) as ari, working(ari, secret) as work:
        await until(lambda: len(work.pauses) >= 4)
        assert work.pauses[:4] == [0.5, 1, 2, 4]
    assert "no answer" in caplog.text


async def test_where_another_agent_takes_the_name_it_waits_half_a_minute(
    secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Ari()) as ari, working(ari, secret, chance=0.5) as work:
        await work.until_up()
        await ari.send({"type": "ApplicationReplaced"})
        await until(lambda: work.pauses == [33.0])
    assert "another agent registered under the same name" in said(caplog, "ARI-DOWN")[0]


async def test_missing_sounds_are_named_and_noticed_when_they_come(
    secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ari_client, "SOUNDS_EVERY_S", 0.02)
    server = Ari(sounds=EVERY_SOUND - {"digits/7", "vm-press"})
    async with running(server) as ari, working(ari, secret) as work:
        await work.until_up()
        assert work.client.missing_sounds == ("en:digits/7", "en:vm-press")
        await until(lambda: ari.asked.count("GET sounds") >= 4)
        ari.sounds = EVERY_SOUND
        await until(lambda: work.client.missing_sounds == ())
    assert said(caplog, "PROMPTS-MISSING") == ["PROMPTS-MISSING en:digits/7 en:vm-press"]


async def test_an_asterisk_without_any_sound_is_up_and_lacks_them_all(secret: str) -> None:
    async with running(Ari(sounds=frozenset())) as ari, working(ari, secret) as work:
        await work.until_up()
        assert len(work.client.missing_sounds) == len(EVERY_SOUND)


async def test_what_is_missing_follows_the_settings_without_asking_anew(secret: str) -> None:
    settings = [CaptchaSettings()]
    async with running(Ari()) as ari, working(ari, secret, captcha=lambda: settings[0]) as work:
        await work.until_up()
        assert work.client.missing_sounds == ()
        settings[0] = replace(settings[0], prompts=Prompts.SCREENER, tries=1)
        assert len(work.client.missing_sounds) == 11
        assert ari.asked.count("GET sounds") == 1


async def test_an_agent_that_ends_while_it_connects_is_not_registered_any_more(
    secret: str,
) -> None:
    async with running(Ari(silent=True)) as ari, working(ari, secret) as work:
        await until(lambda: ari.registered == 1)
        await work.client.close()
        await until(work.task.done)
        assert ari.streams == []
        assert work.pauses == []


async def test_misshaped_events_are_counted_over_all_links(secret: str) -> None:
    async with running(Ari()) as ari, working(ari, secret) as work:
        for count in (1, 2):
            await work.until_up()
            await ari.tell("StasisEnd", "../7")
            await work.call(f"7.{count}", f"call-{count}")
            ari.cut()
            await until(lambda count=count: work.client.snapshot()["misshaped"] == count)  # type: ignore[misc]


async def test_a_fault_of_ours_ends_nothing(
    secret: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("+16515550142")

    async with running(Ari()) as ari, working(ari, secret) as work:
        with monkeypatch.context() as bug:
            bug.setattr(ari_client, "read_sounds", broken)
            await until(lambda: len(work.pauses) >= 2)
        await work.until_up()
    assert "a fault of ours (ZeroDivisionError)" in caplog.text
    assert "5550142" not in caplog.text
