from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from screener.config.history import History
from screener.config.load import load_config
from screener.desk.exchange import Exchange, exchange, running
from screener.errors import ScreenerError
from screener.storage.deeds import REVIEW_BOOK, entries
from screener.storage.keys import load_or_make_keys
from screener.storage.log_query import open_to_read
from tests.builders import NOW
from tests.unit.agents import an_agent


def an_exchange(path: Path, new: str) -> Exchange:
    old = path.read_bytes()
    path.with_name("new.yaml").write_text(new)
    config = load_config(path.with_name("new.yaml"))
    return Exchange(
        path, old, new.encode(), config, config.control.socket, "apply", "", "root", NOW
    )


def a_file(folder: Path, text: str = "") -> tuple[Path, str]:
    path, head = folder / "screener.yaml", f"version: 1\ncontrol: {{socket: {folder}/none.sock}}\n"
    head += f"storage: {{folder: {folder}/state, keys: {folder}/keys.json}}\n"
    path.write_text(head + text)
    return path, head


def deeds(folder: Path) -> list[tuple[str, str, str]]:
    with closing(open_to_read(folder / "review.db")) as reviews:
        return [(one.who, one.what, one.target) for one in entries(reviews, REVIEW_BOOK)]


def test_without_an_agent_the_file_alone_is_exchanged_and_the_old_one_kept(tmp_path: Path) -> None:
    path, head = a_file(tmp_path)
    said = exchange(an_exchange(path, head + "mode: enforce\n"))
    assert "no agent runs" in said
    assert path.read_text() == head + "mode: enforce\n"
    history = History(tmp_path / "state")
    kept = history.latest(path)
    assert kept is not None
    assert (history.read(kept), kept.who, kept.at) == (head.encode(), "root", NOW)
    after = load_config(path).settings.config_hash
    assert deeds(tmp_path / "state") == [("root", "apply", f"config refused -> {after}")]
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_what_cannot_be_written_down_is_not_done(tmp_path: Path) -> None:
    path, head = a_file(tmp_path)
    (tmp_path / "state").mkdir()
    load_or_make_keys(tmp_path / "keys.json")
    (tmp_path / "state" / "review.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(ScreenerError, match="nothing was done"):
        exchange(an_exchange(path, head + "mode: enforce\n"))
    assert path.read_text() == head
    assert History(tmp_path / "state").kept() == []


def test_a_file_that_somebody_changed_in_between_stays_as_they_made_it(tmp_path: Path) -> None:
    path, head = a_file(tmp_path)
    what = an_exchange(path, head + "mode: enforce\n")
    path.write_text(head + "# mine\n")
    with pytest.raises(ScreenerError, match="changed just now"):
        exchange(what)
    assert path.read_text() == head + "# mine\n"
    assert History(tmp_path / "state").kept() == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    path, head = a_file(tmp_path)
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(ScreenerError, match="state"):
        exchange(an_exchange(path, head + "mode: enforce\n"))
    assert path.read_text() == head


def test_a_running_agent_takes_it_and_what_it_refuses_is_put_back(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        text = agent.config.read_text()
        assert "is in force" in exchange(an_exchange(agent.config, "site: {operators: 3}\n" + text))
        told = running(agent.control)
        assert told is not None
        assert told["config"] == load_config(agent.config).settings.config_hash
        before = agent.config.read_text()
        # The agent reads its own file, which by now is none that this exchange was made for.
        other = an_exchange(agent.config, "site: {operators: 4}\n" + text)
        wrong = replace(other, config=load_config(agent.config))
        with pytest.raises(ScreenerError, match=r"(?s)another file.*the old file is back"):
            exchange(wrong)
        assert agent.config.read_text() == before
        refused = replace(other, new=b"version: 2\n")
        with pytest.raises(ScreenerError, match="version"):
            exchange(refused)
        assert agent.config.read_text() == before
        done = ["apply", "apply", "apply-refused", "apply", "apply-refused"]
        assert [what for _, what, _ in deeds(tmp_path / "state")] == done
    assert running(agent.control) is None
