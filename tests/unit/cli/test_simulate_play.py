"""One play, and that its engine says what `screener pipe` says of the same messages."""

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import pytest

from screener.cli.simulate_contenders import Contender, Kind, defence_of
from screener.cli.simulate_play import (
    Play,
    Played,
    Speed,
    attacked,
    normal_p80,
    play_one,
    together,
    without_history,
)
from screener.config.load import load_config
from screener.core.call import Facts
from screener.service.played import size_of
from screener.sim.center import play
from screener.sim.model import CenterSite, Defence, PastCall, Ruling, Seen
from tests.unit.cli.command import PATIENCE_S, ROOT
from tests.unit.cli.simulated import FLOOD, QUIET, SITE

POLICY = Contender("policy", Kind.POLICY, load_config(None).settings)
NONE = Contender("none", Kind.NONE)


class Listening:
    """A defence that notes what it is told as lines of the decision stream, and what it rules."""

    def __init__(self, inner: Defence) -> None:
        self.name = inner.name
        self.lines: list[str] = []
        self.rulings: dict[str, Ruling] = {}
        self._inner = inner

    def begin(self, site: CenterSite, now: float) -> None:
        size = size_of(site, load_config(None).settings.site)
        told = {
            "operators": size.operators,
            "channels": size.channels,
            "mean_service_s": size.mean_service,
        }
        self._line("hello", now, contract=1, config=told)
        self._inner.begin(site, now)

    def learn(self, past: Sequence[PastCall], now: float) -> None:
        records = [
            {
                "caller": call.number,
                "at": now + call.at,
                "outcome": "answered" if call.answered else "abandoned",
                "talk_s": call.talk,
            }
            for call in past
        ]
        self._line("history", now, records=records)
        self._inner.learn(past, now)

    def see(self, seen: Seen, now: float) -> None:
        told = {name: getattr(seen, name) for name in seen.__slots__}
        self._line("queue", now, **told)
        self._inner.see(seen, now)

    def decide(self, facts: Facts, call_id: str, now: float, *, person: bool) -> Ruling:
        refused = facts.verification == "failed"
        self._line(
            "call",
            now,
            call_id=call_id,
            caller=facts.number or None,
            pres=facts.presentation or None,
            dnis=facts.did,
            trunk=facts.trunk,
            attestation="invalid" if refused else facts.attestation or None,
        )
        self.rulings[call_id] = self._inner.decide(facts, call_id, now, person=person)
        return self.rulings[call_id]

    def tell(self, call_id: str, event: str, talk_s: float, now: float) -> None:
        self._line("feedback", now, call_id=call_id, event=event, talk_s=talk_s)
        self._inner.tell(call_id, event, talk_s, now)

    def _line(self, kind: str, now: float, **more: object) -> None:
        self.lines.append(json.dumps({"type": kind, "now": now, **more}))


def test_the_engine_says_in_the_simulator_what_pipe_says_of_the_same_messages() -> None:
    listening = Listening(defence_of(POLICY))
    run = play(FLOOD, SITE, listening, 1)
    done = subprocess.run(
        [sys.executable, "-m", "screener", "pipe"],
        input="\n".join(listening.lines).encode(),
        capture_output=True,
        timeout=PATIENCE_S,
        check=True,
        cwd=ROOT,
    )
    said = [json.loads(line) for line in done.stdout.splitlines()]
    answers = {one["call_id"]: one for one in said if "verdict" in one}
    assert answers.keys() == listening.rulings.keys()
    assert len({ruling.action for ruling in listening.rulings.values()}) > 1
    for call_id, ruling in listening.rulings.items():
        answer = answers[call_id]
        assert answer["verdict"] == ruling.action.value
        assert answer["reasons"][0] == ruling.reason
        assert answer.get("priority_failed") == ruling.priority_failed
        if ruling.treatment is None:
            assert answer["priority"] == ruling.priority
        else:
            assert answer["treatment"] == ruling.treatment.value
    assert (done.stderr, run.faults) == (b"", 0)


def test_the_same_play_gives_the_same_figures_here_and_in_another_process() -> None:
    task = Play(SITE, FLOOD, POLICY, 3)
    one, other = play_one(task), play_one(pickle.loads(pickle.dumps(task)))  # noqa: S301 - ours
    assert replace(one, speed=other.speed) == other
    assert pickle.loads(pickle.dumps(other)) == other  # noqa: S301 - ours
    assert one.figures != play_one(replace(task, seed=4)).figures


def test_a_policy_drops_of_an_attack_what_no_defence_lets_in() -> None:
    open_house, guarded = (play_one(Play(SITE, FLOOD, one, 1)) for one in (NONE, POLICY))
    assert open_house.bots.calls == guarded.bots.calls > 200
    assert open_house.bots.busied + open_house.bots.refused == 0
    assert guarded.bots.busied + guarded.bots.refused > 20
    assert guarded.figures.stolen < open_house.figures.stolen


def test_speed_is_measured_in_every_play() -> None:
    speed = play_one(Play(SITE, QUIET, POLICY, 1)).speed
    assert speed.decisions > 10
    assert 0.0 < speed.deciding_s < speed.decisions * 0.1
    assert 0.0 < speed.p99_s < 0.1
    assert speed.per_s == pytest.approx(speed.decisions / speed.deciding_s)


def test_speeds_add_up_and_the_slowest_counts() -> None:
    assert together([Speed(10, 1.0, 0.2), Speed(30, 1.0, 0.1)]) == Speed(40, 2.0, 0.2)
    assert Speed(0, 0.0, 0.0).per_s == 0.0


def test_a_picture_is_drawn_only_where_it_is_wanted() -> None:
    plain = play_one(Play(SITE, QUIET, NONE, 1))
    drawn = play_one(Play(SITE, QUIET, NONE, 1, plot=True))
    assert plain.svg == ""
    assert drawn.svg.startswith("<svg")


def test_who_learns_nothing_needs_no_earlier_days() -> None:
    with_them, without = (
        play(FLOOD, site, defence_of(NONE), 1) for site in (SITE, without_history(SITE))
    )
    assert with_them == without


def test_normal_is_the_same_hour_without_the_attack() -> None:
    assert normal_p80(SITE, FLOOD, 1) == normal_p80(SITE, replace(FLOOD, attacks=()), 1)
    crowd = replace(FLOOD, rushes=((0.0, 1200.0, 30.0),), judged=(0.0, 1200.0))
    assert play_one(Play(SITE, crowd, NONE, 1)).figures.p80 > normal_p80(SITE, crowd, 1)


def test_the_attack_lasts_from_the_first_wave_to_the_last_within_the_scenario() -> None:
    assert attacked(QUIET) is None
    assert attacked(FLOOD) == (300.0, 900.0)
    assert attacked(replace(FLOOD, lasts=600.0)) == (300.0, 600.0)


def test_figures_without_anybody_judged_are_still_figures() -> None:
    nobody = replace(SITE, hourly=(0.0,) * 12)
    played = play_one(Play(nobody, QUIET, NONE, 1))
    assert isinstance(played, Played)
    assert played.figures.people == 0
