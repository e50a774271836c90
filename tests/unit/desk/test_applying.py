import os
import socket
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from screener.config.files import MAX_CONFIG_BYTES, read_text
from screener.config.history import History, Kept
from screener.config.load import load_config
from screener.core.settings import Mode
from screener.desk.applying import (
    Text,
    changed_by_hand,
    forward,
    in_place,
    mode_reason,
    parse_candidate,
    read_candidate,
    way_back,
)
from screener.desk.exchange import Exchange, exchange
from screener.errors import ConfigError, ScreenerError
from screener.protocol.control import encode
from tests.builders import NOW

WHO = "anna (web)"
MILD = b"captcha: {places: 9999}\n"
LATIN_1 = "# caf\u00e9\n".encode("latin-1")
BOM = b"\xef\xbb\xbf"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file in force, and no agent."""
    path = tmp_path / "screener.yaml"
    path.write_text(
        f"version: 1\ncontrol: {{socket: {tmp_path}/control.sock}}\n"
        f"storage: {{folder: {tmp_path}/state, keys: {tmp_path}/keys.json}}\n"
    )
    return path


def a_candidate(place: Path, extra: bytes, folder: str = ".") -> Path:
    path = place.parent / folder / "candidate.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(place.read_bytes() + extra)
    return path


def applied(place: Path, extra: bytes) -> bytes:
    """Put the file with something more in force, and return what stood there before."""
    before = place.read_bytes()
    exchange(forward(in_place(place), parse_candidate(before + extra, place), place, WHO, NOW))
    return before


def kept_of(place: Path) -> tuple[History, Kept]:
    history = History(place.parent / "state")
    kept = history.latest(place)
    assert kept is not None
    return history, kept


def answering(listener: socket.socket, reply: dict[str, object], times: int) -> Thread:
    """Be the agent that runs there, for that many questions."""
    listener.settimeout(10.0)

    def serve() -> None:
        for _ in range(times):
            connection, _ = listener.accept()
            with connection:
                connection.recv(4_096)
                connection.sendall(encode({"ok": True, **reply}))

    thread = Thread(target=serve)
    thread.start()
    return thread


def test_a_candidate_is_its_bytes_and_what_they_mean_in_the_place(place: Path) -> None:
    candidate = a_candidate(place, MILD, "drafts")
    found = read_candidate(candidate, place)
    assert found == parse_candidate(candidate.read_bytes(), place)
    assert found.content == candidate.read_bytes()
    assert found.config.settings.captcha.places == 9_999


def test_list_files_that_would_mean_something_else_are_refused(place: Path) -> None:
    lists = b"lists: [{name: bad, action: deny, file: bad.txt}]\n"
    candidate = a_candidate(place, lists, "drafts")
    candidate.with_name("bad.txt").write_text("100\n")
    with pytest.raises(ScreenerError, match=r"(?s)in the place of .*would be refused:.*bad\.txt"):
        read_candidate(candidate, place)
    place.with_name("bad.txt").write_text("101\n")
    with pytest.raises(ScreenerError, match="hold something else"):
        read_candidate(candidate, place)
    place.with_name("bad.txt").write_text("100\n")
    assert read_candidate(candidate, place).content == candidate.read_bytes()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"version: 2\n", b"mode: [\n", b"\x00", b"- 1\n", LATIN_1, b"\xff\xfe", b"a: &a *a"),
        *(b"version: 1\nversion: 1\n", b"#" * (MAX_CONFIG_BYTES + 1)),
    ],
    ids=range(10),
)
def test_bytes_are_refused_as_the_file_would_be_and_at_its_place(
    place: Path, content: bytes
) -> None:
    candidate = a_candidate(place, b"")
    candidate.write_bytes(content)
    with pytest.raises(ConfigError) as of_file:
        read_candidate(candidate, place)
    with pytest.raises(ConfigError) as of_bytes:
        parse_candidate(content, place)
    told = [
        [(where.line, text.partition(";")[0][:12]) for where, text in error.value.problems]
        for error in (of_file, of_bytes)
    ]
    assert told[0] == told[1]
    assert {where.file for where, _ in of_bytes.value.problems} == {str(place)}
    assert {where.file for where, _ in of_file.value.problems} == {str(candidate)}


def test_a_file_with_a_byte_order_mark_keeps_it(place: Path) -> None:
    content = BOM + place.read_bytes()
    assert parse_candidate(content, place) == Text(content, load_config(place))


def test_what_is_no_file_is_refused_and_not_waited_for(place: Path) -> None:
    pipe = place.with_name("pipe")
    os.mkfifo(pipe)
    for candidate in (pipe, place.parent, place.with_name("none.yaml")):
        with pytest.raises(ConfigError):
            read_candidate(candidate, place)


def test_a_candidate_that_changes_while_it_is_read_is_not_taken(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = a_candidate(place, MILD)

    def read_and_change(path: Path, most_bytes: int) -> str:
        text = read_text(path, most_bytes)
        path.write_bytes(b"version: 2\n")
        return text

    monkeypatch.setattr("screener.desk.applying.read_text", read_and_change)
    with pytest.raises(ScreenerError, match="was changed while it was read"):
        read_candidate(candidate, place)


def test_what_is_in_force_is_read_and_refused_as_the_agent_does(place: Path) -> None:
    assert in_place(place) == Text(place.read_bytes(), load_config(place))
    for broken in (LATIN_1, b"version: 2\n"):
        place.write_bytes(broken)
        with pytest.raises(ConfigError):
            in_place(place)
    place.unlink()
    with pytest.raises(ConfigError):
        in_place(place)


def test_forward_takes_the_new_text_to_the_old_one_s_place_and_agent(place: Path) -> None:
    old = in_place(place)
    elsewhere = place.read_bytes().replace(b"control.sock", b"other.sock") + MILD
    new = parse_candidate(elsewhere, place)
    assert forward(old, new, place, WHO, NOW) == Exchange(
        path=place,
        old=place.read_bytes(),
        new=elsewhere,
        config=new.config,
        socket=f"{place.parent}/control.sock",  # where the agent answers that is to read it
        what="apply",
        was=old.config.settings.config_hash,
        who=WHO,
        at=NOW,
    )


def test_the_way_back_is_there_and_forth_again(place: Path) -> None:
    before = applied(place, MILD)
    after = place.read_bytes()
    back = way_back(place)
    assert (back.content, back.found.content, back.kept.who) == (after, before, WHO)
    assert (back.kept.at, back.reasons) == (NOW, [])
    assert back.present == load_config(place)
    what = back.exchange("ben", NOW + 1.0)
    assert (what.what, what.was) == ("rollback", load_config(place).settings.config_hash)
    exchange(what)
    assert place.read_bytes() == before
    assert way_back(place).found.content == after


@pytest.mark.parametrize(
    "broken", [b"modus: 3\n", LATIN_1, b"lists: [{name: x, action: deny, file: gone.txt}]\n"]
)
def test_a_broken_file_that_still_names_its_folder_leads_back(place: Path, broken: bytes) -> None:
    before = applied(place, MILD)
    place.write_bytes(place.read_bytes() + broken)
    back = way_back(place)
    assert (back.present, back.reasons) == (None, [])
    what = back.exchange(WHO, NOW)
    assert (what.was, what.socket) == ("", f"{place.parent}/control.sock")
    exchange(what)
    assert place.read_bytes() == before
    with pytest.raises(ConfigError) as told:  # what was put away then is no way to go
        way_back(place)
    history, kept = kept_of(place)
    assert history.read(kept).endswith(broken)
    assert {where.file for where, _ in told.value.problems} == {str(history.folder / kept.file)}


@pytest.mark.parametrize("broken", [b"mode: [\n", b"", b"\xff\xfe\x00", b"- 1\n", b"storage: 3\n"])
def test_a_file_that_names_no_folder_any_more_leads_back_by_the_folder(
    place: Path, broken: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = applied(place, MILD)
    place.write_bytes(broken)
    monkeypatch.setenv("STATE_DIRECTORY", str(place.parent / "elsewhere"))
    with pytest.raises(ScreenerError, match="elsewhere/config-history; say with --folder where"):
        way_back(place)
    back = way_back(place, place.parent / "state")
    assert (back.content, back.found.content) == (broken, before)
    monkeypatch.setenv("STATE_DIRECTORY", str(place.parent / "state"))
    assert way_back(place) == back


def test_a_file_that_is_gone_has_a_way_back_that_is_refused_in_words(place: Path) -> None:
    applied(place, MILD)
    place.unlink()
    back = way_back(place, place.parent / "state")
    assert (back.content, back.present) == (b"", None)
    with pytest.raises(ScreenerError, match=r"screener\.yaml: No such file"):
        exchange(back.exchange(WHO, NOW))


def test_without_anything_kept_there_is_no_way_back(place: Path) -> None:
    with pytest.raises(ScreenerError) as told:
        way_back(place)
    folder = place.parent / "state" / "config-history"
    assert str(told.value) == f"no earlier file of {place} is kept in {folder}"
    applied(place, MILD)
    other = place.with_name("other.yaml")
    other.write_bytes(place.read_bytes())
    with pytest.raises(ScreenerError, match="no earlier file of"):  # another file's does not count
        way_back(other)


@pytest.mark.parametrize("harm", ["changed", "gone"])
def test_a_kept_file_that_is_not_as_it_was_put_away_is_refused(place: Path, harm: str) -> None:
    applied(place, MILD)
    history, kept = kept_of(place)
    if harm == "gone":
        (history.folder / kept.file).unlink()
    else:
        (history.folder / kept.file).write_bytes(place.read_bytes())
    with pytest.raises(ScreenerError, match=harm):
        way_back(place)


def test_an_agent_with_another_configuration_than_the_file_s_is_told(place: Path) -> None:
    config = load_config(place)
    same = config.settings.config_hash
    assert changed_by_hand(place, config) == []
    for hash_, reasons in ((same, 0), ("0123456789ab", 1), (None, 1)):
        with socket.socket(socket.AF_UNIX) as agent:
            agent.bind(config.control.socket)
            agent.listen()
            thread = answering(agent, {} if hash_ is None else {"config": hash_}, 1)
            found = changed_by_hand(place, config)
            thread.join(10.0)
        Path(config.control.socket).unlink()
        assert len(found) == reasons
        for told in found:
            assert told.startswith(f"{place} was changed since the agent read it: it has {hash_},")
            assert told.endswith(same)


def test_the_way_back_asks_the_agent_of_the_file_that_stands_there(place: Path) -> None:
    applied(place, MILD)
    back = way_back(place)
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(place.parent / "control.sock"))
        agent.listen()
        thread = answering(agent, {"config": back.found.config.settings.config_hash}, 1)
        (told,) = back.reasons
        thread.join(10.0)
    assert "was changed since the agent read it" in told


def test_only_to_begin_to_enforce_is_told(place: Path) -> None:
    config, both = load_config(place), (Mode.OBSERVE, Mode.ENFORCE)
    modes = {mode: replace(config, settings=replace(config.settings, mode=mode)) for mode in both}
    told = {
        (before, after)
        for before in both
        for after in both
        if mode_reason(modes[before], modes[after])
    }
    assert told == {(Mode.OBSERVE, Mode.ENFORCE)}
    (reason,) = mode_reason(modes[Mode.OBSERVE], modes[Mode.ENFORCE])
    assert reason.endswith("verdicts take effect")
