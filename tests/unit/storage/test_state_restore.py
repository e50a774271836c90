import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from screener.core.decision import Decision
from screener.core.engine import Engine
from screener.core.number import CallerClass
from screener.core.outcome import Event, Outcome
from screener.core.reputation import Standing
from screener.core.settings import (
    Action,
    CaptchaSettings,
    CrowdSettings,
    Mode,
    ReputationSettings,
    Settings,
    TableSizes,
    Window,
)
from screener.storage.keys import load_keys, load_or_make_keys
from screener.storage.log_tail import PAGE
from screener.storage.state_file import Snapshot, write_state
from screener.storage.state_restore import LAPSING_S, Restored, Sources, restore
from tests.builders import DAY, NOW, a_memory
from tests.unit.storage.logs import OpenLog
from tests.unit.storage.states import SETTINGS, Life, folder_of

NUMBER = "+16515550142"
SERVED = Outcome(Event.ANSWERED, 60.0)
NUMBERS = [f"+165155501{tail:02}" for tail in range(12)] + ["", "anonymous", "+15551234567"]
OUTCOMES = [
    SERVED,
    Outcome(Event.CHALLENGE_PASSED),
    Outcome(Event.CHALLENGE_FAILED),
    Outcome(Event.CHALLENGE_SILENT),
    Outcome(Event.CHALLENGE_ABANDONED),
    Outcome(Event.QUEUE_JOINED, ago_s=20.0),
    Outcome(Event.ABANDONED),
]


FORGETFUL = replace(
    SETTINGS,
    reputation=ReputationSettings(redial_within=0.0),
    captcha=CaptchaSettings(best_first_from=1.0),
)
"""Who was told busy, and the scores that the lane compared, are all that no start remembers."""
ALONE = replace(SETTINGS, crowds=CrowdSettings(learn=False))
"""Each caller is judged by itself."""


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Iterator[OpenLog]:
    log = folder_of(tmp_path)
    yield log
    log.upkeep.close()


def heart_of(decision: Decision) -> tuple[object, ...]:
    verdict = decision.verdict
    return verdict.action, verdict.would, verdict.reasons, verdict.score, verdict.pressure.level


def live(life: Life, drawn: Random, calls: int) -> None:
    """Let calls and outcomes come as they do, sometimes in a rush."""
    ids: list[str] = []
    for _ in range(calls):
        life.log.clock.now += drawn.choice([0.2, 3.0, 40.0])
        ids.append(f"{drawn.getrandbits(64):016x}")
        life.call(drawn.choice(NUMBERS), ids[-1], queue_waiting=str(drawn.randrange(12)))
        if drawn.random() < 0.6:
            life.log.clock.now += 0.1
            life.report(drawn.choice(ids[-20:]), drawn.choice(OUTCOMES))


@pytest.mark.parametrize("seed", range(12))
def test_a_killed_agent_goes_on_deciding_as_if_it_had_not_been_killed(
    log: OpenLog, seed: int
) -> None:
    drawn = Random(seed)  # noqa: S311 - a test's own course of events, the same each time
    killed = Life(log, FORGETFUL)
    live(killed, drawn, drawn.randrange(1, 120))
    killed.save()
    log.clock.now += 0.001
    live(killed, drawn, drawn.randrange(120))
    after, found = killed.reborn(FORGETFUL)
    assert not found.partial
    assert found.skipped == 0
    for place in range(40):
        log.clock.now += drawn.choice([0.2, 3.0, 40.0])
        number, call_id = drawn.choice(NUMBERS), f"next-{place}"
        expected = killed.decide(number, call_id)
        assert heart_of(after.decide(number, call_id)) == heart_of(expected)
        outcome = drawn.choice(OUTCOMES)
        assert after.engine.report(call_id, outcome, log.clock.now) == killed.engine.report(
            call_id, outcome, log.clock.now
        )


def test_without_a_snapshot_the_log_alone_is_enough_while_it_is_short(log: OpenLog) -> None:
    killed = Life(log, FORGETFUL)
    live(killed, Random(7), 150)  # noqa: S311 - a test's own course of events
    after, found = killed.reborn(FORGETFUL)
    assert (found.age_s, found.partial, found.calls) == (None, False, 150)
    for number in NUMBERS:
        assert heart_of(after.decide(number, "x")) == heart_of(killed.decide(number, "x"))


def test_an_orderly_end_needs_nothing_of_the_log(log: OpenLog) -> None:
    ended = Life(log)
    live(ended, Random(3), 60)  # noqa: S311 - a test's own course of events
    ended.save()
    after, found = ended.reborn()
    assert (found.calls, found.outcomes, found.partial) == (0, 0, False)
    assert after.memory.callers.entries(protected=False) == ended.memory.callers.entries(
        protected=False
    )


def test_calls_that_wait_for_their_outcome_still_take_it(log: OpenLog) -> None:
    killed = Life(log)
    killed.call(NUMBER, "before")
    killed.save()
    log.clock.now += 1.0
    killed.call(NUMBER, "since")
    after, found = killed.reborn()
    assert found.open_calls == 2
    assert after.report("before", SERVED)
    assert after.report("since", SERVED)


def test_challenges_that_are_open_hold_their_places_and_ended_ones_do_not(log: OpenLog) -> None:
    challenge = Settings(mode=Mode.ENFORCE, limits=())
    strict = replace(
        challenge,
        captcha=CaptchaSettings(places_per_number=4),
        policy=replace(
            challenge.policy,
            thresholds={
                level: replace(both, challenge=-100.0)
                for level, both in challenge.policy.thresholds.items()
            },
        ),
    )
    killed = Life(log, strict)
    for place in range(4):
        assert killed.call(NUMBER, f"call-{place}").verdict.action is Action.CHALLENGE
    killed.report("call-0", Outcome(Event.CHALLENGE_PASSED))
    killed.save()
    log.clock.now += 1.0
    killed.report("call-1", Outcome(Event.CHALLENGE_FAILED))
    after, _ = killed.reborn(strict)
    assert len(after.engine.lane) == len(killed.engine.lane) == 2


def test_the_known_good_are_protected_again(tmp_path: Path) -> None:
    keys = load_or_make_keys(tmp_path / "keys.json")
    known = {f"+1651555{i:04}": Standing(NOW + i, 3.0) for i in range(5)}
    strangers = {f"+1612555{i:04}": Standing(NOW + i) for i in range(5)}
    write_state(
        tmp_path / "state", keys, Snapshot(NOW, NOW, NOW, known=dict(known), callers=strangers)
    )
    memory = a_memory()
    sources = Sources(tmp_path / "state", None, tmp_path / "keys.json")
    restore(Engine(SETTINGS, memory), memory, sources, NOW + 10.0)
    assert memory.callers.entries(protected=True) == known


def test_smaller_tables_keep_the_newest(tmp_path: Path) -> None:
    keys = load_or_make_keys(tmp_path / "keys.json")
    counters = {f"number||1/9\x1f{i}": (NOW + 100.0 + i,) for i in range(50)}
    write_state(tmp_path / "state", keys, Snapshot(NOW, NOW, NOW, dict(counters)))
    memory = a_memory()
    memory.counters.resize(10, 0)
    engine = Engine(replace(SETTINGS, tables=TableSizes(counters=10)), memory)
    sources = Sources(tmp_path / "state", None, tmp_path / "keys.json")
    restore(engine, memory, sources, NOW + 10.0)
    assert sorted(memory.counters.entries(protected=False).values()) == [
        (NOW + 140.0 + i,) for i in range(10)
    ]


def test_counters_that_have_lapsed_are_left_out(tmp_path: Path) -> None:
    keys = load_or_make_keys(tmp_path / "keys.json")
    since = LAPSING_S + 10.0
    counters = {"a": (NOW + 5.0, NOW), "b": (NOW + since + 5.0, NOW), "c": (NOW + since,)}
    write_state(tmp_path / "state", keys, Snapshot(NOW, NOW, NOW, counters))
    memory = a_memory()
    sources = Sources(tmp_path / "state", None, tmp_path / "keys.json")
    restore(Engine(SETTINGS, memory), memory, sources, NOW + since)
    assert memory.counters.entries(protected=False) == {"b": (NOW + since + 5.0, NOW)}


def test_limits_of_another_layout_count_afresh(log: OpenLog) -> None:
    killed = Life(log)
    for place in range(6):
        killed.call(NUMBER, f"call-{place}")
    killed.save()
    limits = tuple(replace(one, windows=(Window(5, 300),)) for one in SETTINGS.limits)
    after, found = killed.reborn(replace(SETTINGS, limits=limits))
    assert not found.partial
    reasons = after.decide(NUMBER, "x").verdict.reasons
    assert not any(reason.startswith("limit:") for reason in reasons)


def test_a_clock_set_back_by_a_year_leaves_limits_and_trust_as_they_were(log: OpenLog) -> None:
    # Places of the lane come back from the log's newest rows, which are of the future here.
    roomy = replace(ALONE, captcha=CaptchaSettings(places_per_number=100))
    killed = Life(log, roomy)
    for days in (3, 2, 0):
        log.clock.now = NOW - days * DAY
        killed.call(NUMBER, f"call-{days}")
        killed.report(f"call-{days}", SERVED)
    for place in range(30):
        killed.call("+16515550199", f"many-{place}")
    killed.save()
    expected = [heart_of(killed.decide(number, "x")) for number in (NUMBER, "+16515550199")]
    log.clock.now = NOW - 365 * DAY
    after, found = killed.reborn(roomy)
    assert found.partial
    assert found.why == f"the clock was set back by {365 * DAY:.0f} s"
    decided = [heart_of(after.decide(number, "x")) for number in (NUMBER, "+16515550199")]
    assert [one[2] for one in decided] == [one[2] for one in expected]
    log.clock.now += DAY + 1.0
    assert "limit:number-flood" not in after.decide("+16515550199", "y").verdict.reasons


def test_rows_of_the_future_block_nobody(log: OpenLog) -> None:
    killed = Life(log)
    for place in range(30):
        killed.call(NUMBER, f"call-{place}")
    log.clock.now = NOW - DAY
    after, found = killed.reborn()
    assert found.calls == 0
    assert len(after.memory.counters) == 0


@pytest.mark.parametrize("harm", [b"", b"screener", b"{}\n", b"\x00" * 1_000])
def test_a_broken_snapshot_is_told_and_the_log_still_counts(
    log: OpenLog, harm: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    killed = Life(log)
    for place in range(6):
        killed.call(NUMBER, f"call-{place}")
    killed.sources.state.write_bytes(harm)
    after, found = killed.reborn()
    assert (found.partial, found.calls) == (True, 6)
    assert "STATE-IGNORED" in caplog.text
    assert heart_of(after.decide(NUMBER, "x")) == heart_of(killed.decide(NUMBER, "x"))
    assert after.save()
    assert not after.reborn()[1].partial


def test_a_snapshot_of_other_keys_is_ignored(log: OpenLog, tmp_path: Path) -> None:
    other = load_or_make_keys(tmp_path / "other.json")
    write_state(log.path.parent / "state", other, Snapshot(NOW, NOW, NOW))
    assert Life(log).reborn()[1].why == "the snapshot could not be read"


def test_a_broken_log_does_not_stop_a_start(log: OpenLog) -> None:
    killed = Life(log)
    killed.call(NUMBER, "call-1")
    killed.save()
    log.upkeep.close()
    log.path.write_bytes(b"this is no database" * 1_000)
    after, found = killed.reborn()
    assert found.why == "the log could not be read (SQLITE_NOTADB)"
    assert len(after.memory.counters) > 0


def test_one_bad_row_costs_itself_alone(log: OpenLog) -> None:
    killed = Life(log)
    for place in range(5):
        killed.call(NUMBER, f"call-{place}")
    log.ask_to("UPDATE calls SET at = 'never' WHERE id = 'call-2'")
    log.ask_to("UPDATE calls SET trunk = x'ff' WHERE id = 'call-3'")
    log.ask_to("INSERT INTO outcomes VALUES (1, ?, 'no such event', 0)", NOW)
    _, found = killed.reborn()
    assert found.calls == 4


def test_a_first_start_finds_nothing_and_says_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    memory = a_memory()
    sources = Sources(tmp_path / "state", tmp_path / "decisions.db", tmp_path / "keys.json")
    assert restore(Engine(SETTINGS, memory), memory, sources, NOW) == Restored()
    assert not list(tmp_path.iterdir())
    assert not caplog.text


def test_when_the_time_is_up_the_newest_calls_are_there(log: OpenLog) -> None:
    killed = Life(log, ALONE)
    for place in range(1_200):
        log.clock.now += 1.0
        killed.call(f"+1651555{place:04}", f"call-{place}")
    after, moments = Life(log, ALONE), iter([0.0, 0.0, 0.0, 8.0])
    found = restore(
        after.engine,
        after.memory,
        after.sources,
        log.clock.now,
        timer=lambda: next(moments, 16.0),
        limit_s=40.0,
    )
    assert (found.partial, found.why) == (True, "no time for all of the log")
    assert found.calls == 2 * PAGE
    assert after.memory.calls.get("call-1199") is not None
    assert after.memory.calls.get("call-100") is None


def test_where_playing_is_slow_the_oldest_calls_are_left_out(log: OpenLog) -> None:
    killed = Life(log)
    for place in range(200):
        log.clock.now += 1.0
        killed.call(f"+1651555{place:04}", f"call-{place}")
    after, moments = Life(log), iter([0.0, 0.0, 0.0, 0.0, 0.0, 20.0, 21.0])
    found = restore(
        after.engine,
        after.memory,
        after.sources,
        log.clock.now,
        timer=lambda: next(moments, 39.0),
        limit_s=40.0,
    )
    # After 64 calls in half of the time there is time for 64 more.
    assert (found.why, found.calls) == ("no time to play all of the log", 128)
    assert after.memory.calls.get("call-199") is not None
    assert after.memory.calls.get("call-100") is None


def test_a_start_does_not_wait_longer_than_its_limit(log: OpenLog) -> None:
    killed = Life(log)
    for place in range(200):
        killed.call(NUMBER, f"call-{place}")
    after, moments = Life(log), iter([0.0, 0.0, 0.0, 0.0, 0.0])
    found = restore(
        after.engine,
        after.memory,
        after.sources,
        log.clock.now,
        timer=lambda: next(moments, 50.0),
        limit_s=40.0,
    )
    assert (found.why, found.calls) == ("no time to play all of the log", 64)


def test_withheld_numbers_lose_what_was_counted_since_the_snapshot(log: OpenLog) -> None:
    # The log keeps a pseudonym of theirs and no more: a promise to them is worth the gap.
    killed = Life(log)
    killed.call(NUMBER, "before", presentation="prohib")
    killed.save()
    log.clock.now += 1.0
    killed.call(NUMBER, "since", presentation="prohib")
    key = next(key for key in killed.memory.counters.entries(protected=False) if "withheld:" in key)
    after, _ = killed.reborn()
    before, now = killed.memory.counters.get(key), after.memory.counters.get(key)
    assert before is not None
    assert now is not None
    assert now[0] < before[0]
    assert killed.decide(NUMBER, "x", presentation="prohib").call.caller.kind is (
        CallerClass.WITHHELD
    )


def test_no_number_stands_in_what_is_logged(log: OpenLog, caplog: pytest.LogCaptureFixture) -> None:
    killed = Life(log)
    killed.call(NUMBER, "call-1")
    killed.save()
    caplog.set_level(logging.INFO)
    killed.reborn()
    assert "STATE-RESTORED snapshot_age_s=0.0 counters=" in caplog.text
    assert NUMBER[2:] not in caplog.text
    assert load_keys(log.keys).key_id not in caplog.text
