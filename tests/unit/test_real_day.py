"""The hurried day: what is played, what is written down of it, and the words spoken to SIPp."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from screener.config.load import load_config, parse_config
from screener.config.simulation import load_play
from screener.core.settings import Settings
from screener.errors import UsageError
from screener.sim.model import Pressed
from tests.bench.day_dialler import END, Dial, Dialler, hang_up, read, written
from tests.bench.day_over_sip import Ears, Parts, Player
from tests.bench.day_people import Day, DayClock, Fates
from tests.bench.day_plan import Plan, first_minutes, hurried_sections, hurried_site
from tests.bench.day_simulated import simulate

if TYPE_CHECKING:
    from screener.lab.agent_process import AgentProcess


def a_plan(seed: int = 1, attack_s: float = 600.0) -> Plan:
    return first_minutes(load_play("mnsure-attack"), 0.1, 120.0, attack_s, seed)


def settings_of(plan: Plan) -> Settings:
    text = "version: 1\n" + hurried_sections(load_config(None).settings, plan.site)
    return parse_config(text, "hurried.yaml", Path()).settings


def test_the_attack_and_the_rush_begin_after_the_quiet_minutes_and_all_ends_when_it_should() -> (
    None
):
    plan = a_plan()
    bots = [moment for moment, caller in plan.callers() if not caller.person]
    assert 120.0 <= bots[0] < 130.0
    assert 590.0 < bots[-1] < plan.lasts == 720.0
    assert plan.scenario.rushes[0] == (120.0, 3600.0, 1.9)


def test_a_tenth_of_the_site_gets_a_tenth_of_the_calls() -> None:
    plan = a_plan()
    assert (plan.site.operators, plan.site.channels) == (14, 60)
    assert plan.scenario.attacks[0].wave.per_hour == pytest.approx(4600)
    assert sum(plan.site.hourly) == pytest.approx(493)


def test_a_scenario_whose_attack_comes_late_opens_later_instead() -> None:
    site, scenario = load_play("mnsure-solvers")
    begins = scenario.attacks[0].wave.begins
    plan = first_minutes((site, scenario), 1.0, begins - 60.0, 60.0, 1)
    assert plan.scenario.starts == pytest.approx(scenario.starts + 60.0 / 3600.0)
    assert plan.scenario.attacks[0].wave.begins == pytest.approx(begins - 60.0)


@pytest.mark.parametrize("scenario", ["fresh-numbers", "mnsure-rush"])
def test_signed_calls_and_days_without_an_attack_are_refused(scenario: str) -> None:
    with pytest.raises(UsageError):
        first_minutes(load_play(scenario), 1.0, 60.0, 60.0, 1)


def test_the_agents_durations_are_a_tenth_and_the_rest_is_as_it_was() -> None:
    plan, usual = a_plan(), load_config(None).settings
    hurried = settings_of(plan)
    assert hurried.pressure.window == usual.pressure.window / 10
    assert hurried.reputation.redial_within == usual.reputation.redial_within / 10
    assert hurried.reputation.good_half_life == usual.reputation.good_half_life
    assert hurried.crowds.slow == usual.crowds.slow / 10
    assert hurried.crowds.odds == usual.crowds.odds
    assert hurried.site.operators == 14
    assert hurried.site.mean_service == pytest.approx(84.0, rel=0.01)
    for limit, before in zip(hurried.limits, usual.limits, strict=True):
        assert [one.per * 10 for one in limit.windows] == [one.per for one in before.windows]
        assert (limit.name, limit.key, limit.points) == (before.name, before.key, before.points)
    assert hurried_site(plan.site).service.median == plan.site.service.median / 10


def test_the_same_day_simulated_twice_is_the_same_and_nothing_counts_after_its_end() -> None:
    plan = a_plan()
    settings = settings_of(plan)
    takes = {Pressed.PASSED: 8.0, Pressed.FAILED: 20.0}
    first, again = (simulate(plan, settings, takes) for _ in range(2))
    assert (first.people, first.bots) == (again.people, again.bots)
    dialled = sum(first.bots.values())
    # The flood does not dial again: each call is the first of its caller.
    assert dialled == sum(not one.person for one in first.callers)
    fates = Fates.of(first.callers, plan.quiet_s)
    assert fates.people == sum(one.person and one.first_at >= 120.0 for one in first.callers)
    assert 0.0 < fates.answered <= fates.queued <= 1.0


def test_commands_name_who_calls_whom_and_a_withheld_number_is_not_told() -> None:
    shown = written(Dial("a-1@x", "+16125550123", "+16515392200", 4000), "127.0.0.2")
    lines = shown.decode().splitlines()
    assert lines[0] == "Call-ID: a-1@x"
    assert "From: <sip:+16125550123@127.0.0.2>" in lines
    assert shown.endswith(END)
    withheld = written(Dial("a-2@x", "", "+16515392200", 4000), "127.0.0.2").decode()
    assert "Privacy: id" in withheld
    assert "anonymous.invalid" in withheld
    assert b"hang-up" in hang_up("a-1@x")


def test_a_field_that_would_begin_another_line_is_refused() -> None:
    with pytest.raises(ValueError, match="ASCII"):
        written(Dial("a\r\nX: y", "+16125550123", "1", 1), "127.0.0.2")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (b"Call-ID: a-1@x\r\nSaid: over\r\n\r\n", ("a-1@x", "over")),
        (b"", ("", "")),
        (b"\xff\xfe: \x00", ("", "")),
        (b"Call-ID: a-1@x\r\nSaid", ("a-1@x", "")),
    ],
)
def test_what_sipp_said_is_read_or_is_nothing(said: bytes, found: tuple[str, str]) -> None:
    assert read(said) == found


class Trunk:
    """What a dialler was told."""

    def __init__(self) -> None:
        self.dialled: list[Dial] = []
        self.ended: list[str] = []

    def dial(self, dial: Dial) -> None:
        self.dialled.append(dial)

    def hang_up(self, call_id: str) -> None:
        self.ended.append(call_id)


class Deaf:
    """Ears by the port that each kind of caller is given."""

    def port_for(self, pressed: Pressed) -> int:
        return {Pressed.PASSED: 1, Pressed.FAILED: 2}.get(pressed, 3)


class Told:
    """An agent whose events are made up."""

    def __init__(self) -> None:
        self.waiting: list[dict[str, object]] = []

    def events(self) -> list[dict[str, object]]:
        told, self.waiting = self.waiting, []
        return told


class Scene:
    """A player with one trunk of so many channels, and bots to dial."""

    def __init__(self, folder: Path, channels: int) -> None:
        plan = a_plan()
        self.plan = replace(plan, site=replace(plan.site, channels=channels))
        self.trunk, self.agent = Trunk(), Told()
        self.day = Day(DayClock(plan.lasts))
        self.log = folder / "queue_log"
        self.log.write_text("")
        parts = Parts(
            dict.fromkeys(plan.site.trunks, cast("Dialler", self.trunk)),
            cast("Ears", Deaf()),
            cast("AgentProcess", self.agent),
            self.log,
        )
        self.player = Player(self.plan, self.day, parts)

    def dial(self, *, person: bool) -> str:
        moment, caller = next(one for one in self.plan.callers() if one[1].person is person)
        watched = self.day.watch(caller, moment)
        self.player._dial_at(moment, watched)
        return self.trunk.dialled[-1].call_id if self.trunk.dialled else ""

    def rule(self, call_id: str, verdict: str, treatment: str | None = None) -> None:
        self.agent.waiting.append(
            {
                "sip_call_id": call_id,
                "uniqueid": f"17.{call_id[4]}",
                "id": f"agents-{call_id}",
                "verdict": verdict,
                "treatment": treatment,
                "latency_ms": 1.0,
            }
        )
        self.player._hear_agent()


async def test_who_finds_every_channel_taken_is_not_dialled_until_one_is_free(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, channels=1)
    call_id = scene.dial(person=False)
    scene.dial(person=False)
    assert len(scene.trunk.dialled) == 1
    assert scene.day.bots["trunk-full"] == 1
    scene.rule(call_id, "drop", "busy")
    scene.player.heard(call_id, "busy")
    scene.player.heard(call_id, "busy")
    scene.dial(person=False)
    assert len(scene.trunk.dialled) == 2
    scene.dial(person=False)
    assert scene.day.bots == {"trunk-full": 2, "busy": 1}


async def test_a_bot_of_the_flood_sounds_to_who_presses_one_key(tmp_path: Path) -> None:
    scene = Scene(tmp_path, channels=9)
    scene.dial(person=False)
    assert scene.trunk.dialled[0].media == 2


async def test_who_is_connected_was_queued_and_answered_and_counts_for_the_day(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path, channels=9)
    call_id = scene.dial(person=True)
    with scene.log.open("a") as log:
        log.write("17|17.1|operators|NONE|ENTERQUEUE||1|1\n17|17.1|operators|x|CONNECT|0|")
    scene.player._hear_queue()
    scene.rule(call_id, "admit")
    scene.player.heard(call_id, "answered")
    scene.player._hear_queue()
    person = scene.day.callers[0]
    assert (person.joined, person.answered) == (True, False)
    with scene.log.open("a") as log:
        log.write("17.2|0\n")
    scene.player._hear_queue()
    assert person.answered
    assert scene.day.people == {"admit": 1}


async def test_a_refusal_of_any_kind_is_one_and_an_unknown_call_is_nobodys(tmp_path: Path) -> None:
    scene = Scene(tmp_path, channels=9)
    scene.rule("day-77@loopback", "admit")
    scene.rule(scene.dial(person=False), "drop", "announce")
    assert scene.day.bots == {"refuse": 1}
    scene.player.heard("day-77@loopback", "over")
    assert not scene.trunk.ended
