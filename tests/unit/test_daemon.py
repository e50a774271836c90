"""The agent as a whole: as a process that an admin starts, asks, reloads, stops and kills."""

import asyncio
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from screener.adapters.control_client import ask
from screener.config.load import Config, load_config
from screener.daemon import Agent
from screener.errors import ScreenerError
from screener.lab.agent_process import AgentProcess
from screener.lab.ports import free_ports
from screener.steady_clock import SteadyClock
from tests.builders import HandClock
from tests.unit.agents import an_agent, edit, ended, port_of, told, until
from tests.unit.cli.command import Done, run_here, screener
from tests.unit.fastagi_client import Session, environment, question, screened

PATIENCE_S = 20.0
NUMBER = "+16515550142"
DIGITS = re.compile(r"(?<![0-9a-f])\+?1?(?:651|507)55501\d\d")
"""Any of the planted numbers, in any writing."""


def bare(text: str) -> str:
    """Return the text without what may stand between the digits of a number."""
    return re.sub(r"[-(). ]", "", text)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentProcess]:
    """One enforcing agent for the tests that leave it as they found it."""
    with an_agent(tmp_path_factory.mktemp("agent"), extra="log: {level: debug}\n") as agent:
        yield agent


def test_it_says_when_it_is_ready_and_where(running: AgentProcess) -> None:
    told(running, "READY")
    assert re.search(
        rf"READY version=\S+ listen=127\.0\.0\.1:{port_of(running)} "
        rf"control={re.escape(str(running.control))} mode=enforce config=[0-9a-f]{{12}}\n",
        running.log.read_text(),
    )


def test_a_real_session_gets_a_verdict_and_a_line_in_the_log(running: AgentProcess) -> None:
    answer = screened(port_of(running), NUMBER)
    assert answer["SCREENER_VERDICT"] == "admit"
    assert answer["SCREENER_REASON"] == "score.new-caller"
    told(running, f"VERDICT id={answer['SCREENER_ID']} verdict=admit")


def test_what_becomes_of_a_call_is_learned_from_a_session_and_from_the_script(
    running: AgentProcess,
) -> None:
    number = "+16515550111"
    answer = screened(port_of(running), number)
    with Session(port_of(running)) as session:
        session.send(environment("outcome", f"id={answer['SCREENER_ID']}&event=answered&talk=62"))
        assert session.variables() == {}
    told(running, f"OUTCOME id={answer['SCREENER_ID']} event=answered")
    assert "served-before" in screened(port_of(running), number)["SCREENER_REASON"]
    again = running.ask(
        {"op": "outcome", "facts": f"id={answer['SCREENER_ID']}&event=challenge_passed"}
    )
    assert again["known"] is True


def test_a_session_that_tampers_gets_the_verdict_of_its_own_policy(running: AgentProcess) -> None:
    with Session(port_of(running)) as session:
        session.send(question(NUMBER, "x\nagi_uniqueid: 9.9"))
        assert "malformed-caller" in session.variables()["SCREENER_REASON"]
    told(running, "MALFORMED id=")


def test_the_commands_reach_it_by_its_configuration(running: AgentProcess) -> None:
    status = screener("status", "--config", str(running.config))
    assert (status.returncode, status.stderr) == (0, "")
    assert str(port_of(running)) in status.stdout
    explained = screener("explain", NUMBER, "--config", str(running.config))
    assert "as seen by the running agent" in explained.stdout
    reloaded = screener("reload", "--config", str(running.config))
    assert reloaded.stdout.startswith("reloaded: config ")
    assert reloaded.returncode == explained.returncode == 0


def test_a_queue_that_cannot_be_watched_is_told_and_holds_nothing_up(tmp_path: Path) -> None:
    secret = tmp_path / "ami.secret"
    secret.touch(mode=0o600)
    secret.write_text("s3cret")
    ami = f"ami: {{host: 127.0.0.1, port: {free_ports(1)[0]}, secret_file: {secret}}}\n"
    with an_agent(tmp_path, extra=ami) as agent:
        told(agent, "AMI-DOWN 127.0.0.1:")
        assert screened(port_of(agent), NUMBER)["SCREENER_VERDICT"] == "admit"
        feed = agent.ask({"op": "status"})["queue_feed"]
        assert isinstance(feed, dict)
        assert (feed["state"], feed["why"]) == ("stale", "Connection refused")
        os.kill(agent.pid, signal.SIGTERM)
        assert ended(agent) == 0


def test_no_queue_is_watched_unless_told(running: AgentProcess) -> None:
    assert running.ask({"op": "status"})["queue_feed"] == {"state": "off"}


def test_the_log_never_holds_a_whole_number_or_a_name(running: AgentProcess) -> None:
    port = port_of(running)
    planted = ("+16515550143", "16515550144", "6515550145", "tel:+1-651-555-0146", "15075550147x")
    for number in planted:
        screened(port, number, "Zebedee", did="+16515550148")
    hostile = question("+16515550149", "Zebedee")
    for cut in (200, 420, len(hostile) - 40):
        with Session(port) as session:
            session.send(hostile[:cut])
    with Session(port) as session:
        session.send(hostile.replace(b"Zebedee\n", b"Zebedee\n6515550143\n"))
        session.variables()
    requests: tuple[dict[str, object], ...] = (
        {"op": "learn", "records": [{"caller": "+16515550143", "at": "+16515550143"}]},
        {"op": "explain", "facts": {"number": "+16515550143", "+16515550143": "x"}},
        {"op": "outcome", "facts": "id=+16515550143&event=6515550143"},
        {"op": "screen", "facts": "num=%2B16515550143&num=6515550143"},
        {"op": "+16515550143"},
    )
    for request in requests:
        with suppress(ScreenerError):
            running.ask(request)
    told(running, "NO-VERDICT", times=3)
    log = running.log.read_text()
    assert log.count("VERDICT id=") >= len(planted)
    assert "\u2022" in log
    assert DIGITS.search(bare("caller +1-651-555-0143")) is not None
    assert DIGITS.findall(log + bare(log)) == []
    assert "Zebedee" not in log
    assert "Traceback" not in log


def test_a_bad_configuration_on_sighup_is_refused_with_its_place_and_the_old_one_stays(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with an_agent(tmp_path) as agent:
        before = agent.ask({"op": "status"})
        edit(agent, "mode: enforce", "mode: enforced")
        os.kill(agent.pid, signal.SIGHUP)
        told(agent, f"RELOAD-REFUSED the configuration {before['config']} stays")
        assert f"RELOAD-REFUSED {agent.config}:3:7: mode " in agent.log.read_text()
        by_command = run_here(capsys, "reload", "--config", str(agent.config))
        assert by_command.status == 3
        assert by_command.err.startswith(f"screener: {agent.config}:3:7: mode ")
        with pytest.raises(ScreenerError, match=re.escape(f"{agent.config}:3:7: mode ")):
            agent.ask({"op": "reload"})
        assert agent.ask({"op": "status"}) == before
        assert screened(port_of(agent), NUMBER)["SCREENER_VERDICT"] == "admit"


LIMIT = (
    "limits: [{name: twice, key: [number], windows: [{calls: 2, per: 1h}], points: %s}]\n"
    "listen: {port: %s}\n"
)


def test_a_good_one_takes_effect_on_the_next_call_and_the_counters_go_on(tmp_path: Path) -> None:
    with an_agent(tmp_path, enforce=True) as agent:
        port = port_of(agent)
        edit(agent, f"listen:\n  port: {port}\n", LIMIT % (10, port))
        agent.ask({"op": "reload"})
        screened(port, NUMBER)
        screened(port, NUMBER)
        edit(agent, "points: 10", "points: 20")
        edit(agent, f"port: {port}", "port: 1")
        os.kill(agent.pid, signal.SIGHUP)
        told(agent, "RELOADED listen.port takes effect at the next start")
        third = screened(port, NUMBER)
        assert third["SCREENER_VERDICT"] == "drop"
        assert "limit:twice" in third["SCREENER_REASON"]
        assert agent.ask({"op": "status"})["verdicts"] == {"admit": 2, "drop": 1}


def test_a_level_changed_by_reload_holds_from_the_next_line_on(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        edit(agent, "version: 1\n", "version: 1\nlog: {level: warning}\n")
        agent.ask({"op": "reload"})
        told(agent, "READY")
        screened(port_of(agent), NUMBER)
        with Session(port_of(agent)) as session:
            session.send(b"GET / HTTP/1.1\r\n\r\n")
            session.variables()
        told(agent, "NO-VERDICT")
        assert "VERDICT id=" not in agent.log.read_text()


def test_sigterm_lets_an_open_session_end_and_takes_no_new_one(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        port, asked = port_of(agent), question(NUMBER)
        with Session(port) as session:
            session.send(asked[:300])
            screened(port, "+16515550188")  # accepted in turn, so the first session is open by now
            os.kill(agent.pid, signal.SIGTERM)
            told(agent, "DRAIN seconds=5")
            until(lambda: _refuses(port), "no new session")
            session.send(asked[300:])
            assert session.variables()["SCREENER_VERDICT"] == "admit"
        assert ended(agent) == 0
        assert "STOPPED" in agent.log.read_text()
        assert not agent.control.exists()


def _refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE_S).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_silent_session_holds_the_end_up_for_the_drain_time_only(tmp_path: Path) -> None:
    with an_agent(tmp_path, listen="  drain_timeout: 0.2s\n") as agent:
        port = port_of(agent)
        with Session(port) as session:
            session.send(question(NUMBER)[:300])
            screened(port, "+16515550188")  # accepted in turn, so the first session is open by now
            os.kill(agent.pid, signal.SIGTERM)
            assert ended(agent) == 0
        assert "1 AGI sessions were cut off at the end" in agent.log.read_text()


def test_a_port_in_use_is_one_clear_line(
    capsys: pytest.CaptureFixture[str], running: AgentProcess, tmp_path: Path
) -> None:
    config = tmp_path / "screener.yaml"
    port = port_of(running)
    config.write_text(
        f"version: 1\nstorage: {{log: false, folder: {tmp_path}, keys: {tmp_path}/keys.json}}\n"
        f"listen: {{port: {port}}}\ncontrol: {{socket: {tmp_path}/control.sock}}\n"
    )
    done = run_here(capsys, "serve", "--config", str(config))
    assert (done.status, done.out) == (1, "")
    assert done.err.splitlines()[-1] == (
        f"screener: cannot listen for AGI on 127.0.0.1 port {port}: another program holds it; "
        "stop that program or choose another port"
    )


def test_a_control_socket_of_a_live_agent_is_left_to_it(
    capsys: pytest.CaptureFixture[str], running: AgentProcess, tmp_path: Path
) -> None:
    config = tmp_path / "screener.yaml"
    config.write_text(
        "version: 1\nlog: {level: warning}\nstorage: {log: false}\n"
        f"listen: {{port: 0}}\n"
        f"control: {{socket: {running.control}}}\n"
    )
    assert run_here(capsys, "serve", "--config", str(config)) == Done(
        1,
        "",
        f"screener: another agent answers at {running.control}: stop it, or choose another "
        "control socket\n",
    )
    assert running.ask({"op": "status"})["ok"] is True


def test_a_wrong_configuration_is_status_3_with_every_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    config = tmp_path / "screener.yaml"
    config.write_text("version: 1\nmode: blocking\nlisten:\n  port: 65536\n")
    done = run_here(capsys, "serve", "--config", str(config))
    assert (done.status, done.out) == (3, "")
    first, second = done.err.splitlines()
    assert first.startswith(f"screener: {config}:2:7: mode ")
    assert second.startswith(f"screener: {config}:4:9: listen.port ")


def test_a_killed_agent_leaves_a_socket_that_the_next_one_takes_over(tmp_path: Path) -> None:
    with an_agent(tmp_path) as agent:
        os.kill(agent.pid, signal.SIGKILL)
        assert ended(agent) == -signal.SIGKILL
        assert agent.control.exists()
        agent.start()
        assert screened(port_of(agent), NUMBER)["SCREENER_VERDICT"] == "admit"


def test_the_clock_does_not_follow_a_step_of_the_wall_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wall, steady = HandClock(1_800_000_000.0), HandClock(50.0)
    monkeypatch.setattr(time, "time", wall)
    monkeypatch.setattr(time, "monotonic", steady)
    clock = SteadyClock()
    assert clock() == 1_800_000_000.0
    wall.now -= 3_600.0
    steady.now += 2.5
    assert clock() == 1_800_000_002.5
    wall.now += 86_400.0
    assert clock() == 1_800_000_002.5


def in_process(config: Config, path: Path | None) -> Agent:
    return Agent(config, path, HandClock())


async def test_a_reload_that_the_machine_cannot_carry_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = tmp_path / "screener.yaml"
    text = (
        "version: 1\nstorage: {log: false}\n"
        f"listen: {{port: 0}}\ncontrol: {{socket: {tmp_path}/control.sock}}\n"
    )
    config.write_text(text)
    agent = in_process(load_config(config), config)
    before = (agent.service.engine, agent.fastagi.options, agent._status({}))

    def too_few(needed: int) -> None:
        raise ScreenerError(f"the FastAGI server needs {needed} open files")

    monkeypatch.setattr("screener.adapters.fastagi.require_descriptors", too_few)
    config.write_text(text + "mode: enforce\n")
    await agent._reloading._reload_and_log()
    assert (agent.service.engine, agent.fastagi.options, agent._status({})) == before
    assert "RELOAD-REFUSED the FastAGI server needs" in caplog.text


async def test_one_agent_in_this_process_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    await asyncio.to_thread(tmp_path.chmod, 0o1777)
    sock = tmp_path / "screener-0" / "control.sock"
    plain = load_config(None)
    config = replace(
        plain,
        listen=replace(plain.listen, port=0),
        control=replace(plain.control, socket=str(sock)),
        storage=replace(plain.storage, folder=str(tmp_path), keys=str(tmp_path / "keys.json")),
    )
    agent = in_process(config, None)
    async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
        group.create_task(agent.run())
        while not agent.fastagi.port or not sock.exists():  # noqa: ASYNC110 - it tells by its log only
            await asyncio.sleep(0.001)
        try:
            answer = await asyncio.to_thread(screened, agent.fastagi.port, NUMBER)
            status = await asyncio.to_thread(ask, sock, {"op": "status"})
        finally:
            agent.stop()
    assert answer["SCREENER_VERDICT"] == "admit"
    assert status["verdicts"] == {"admit": 1}
    assert status["lost_log_lines"] == 0
    assert not sock.exists()


async def test_what_cannot_be_learned_is_refused_by_name() -> None:
    agent = in_process(load_config(None), None)
    with pytest.raises(ScreenerError, match="records must be a list of objects"):
        agent._learn({"records": [1]})
    assert agent._learn({"records": []}) == {"taken": 0}
