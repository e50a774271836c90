"""A talk in virtual time over the engine."""

from dataclasses import replace

import pytest

from screener.core.call import Facts
from screener.core.decision import Decision
from screener.core.lists import ListAction
from screener.core.memory import Memory
from screener.core.outcome import Event, Outcome
from screener.core.settings import (
    Action,
    CaptchaSettings,
    Level,
    Mode,
    Settings,
    Site,
    TableSizes,
    Treatment,
)
from screener.service.stream import LOAD_LASTS_S, PastOutcome, Seen, StreamSession
from tests.builders import DAY, NOW, a_memory
from tests.unit.core.engines import challenging

NUMBER = "+16515550142"
SITE = Site(operators=10, channels=100, mean_service=177.0)
SERVED = Outcome(Event.ANSWERED, 93.0)


def no_memory_of_the_settings(_settings: Settings) -> Memory:
    return a_memory()


def a_session(settings: Settings | None = None) -> StreamSession:
    session = StreamSession(settings or Settings(), no_memory_of_the_settings)
    session.begin(NOW, SITE)
    return session


def called(
    session: StreamSession, number: str = NUMBER, call_id: str = "c1", now: float = NOW
) -> Decision:
    return session.decide(Facts(number=number), call_id, now)


def names(decision: Decision) -> set[str]:
    return {signal.name for signal in decision.verdict.score.signals}


def level_at(session: StreamSession, now: float) -> Level:
    return called(session, now=now, call_id=f"at-{now}").verdict.pressure.level


def test_it_enforces_whatever_the_settings_say() -> None:
    session = a_session(Settings(mode=Mode.OBSERVE))
    session.add_entries(ListAction.DENY, [NUMBER])
    decision = called(session)
    assert (decision.verdict.mode, decision.verdict.action) == (Mode.ENFORCE, Action.DROP)


@pytest.mark.parametrize("writing", [NUMBER, "6515550142", "16515550142"])
def test_a_caller_is_known_in_every_writing(writing: str) -> None:
    session = a_session()
    session.learn(PastOutcome(NUMBER, NOW - days * DAY, SERVED) for days in (3, 1))
    assert "known-caller" in names(called(session, writing))


def test_whoever_cannot_be_known_teaches_nothing() -> None:
    session = a_session()
    session.learn(PastOutcome(text, NOW - DAY, SERVED) for text in ("", "unknown", "x" * 500))
    assert session.keys() == 0


def test_what_is_said_to_have_been_later_than_now_was_now() -> None:
    session = a_session()
    session.learn([PastOutcome(NUMBER, NOW + 30 * DAY, SERVED)])
    assert "served-before" in names(called(session))
    # A fortnight after NOW, not before the far day, half of a served call begins to fade.
    assert "served-before" not in names(called(session, call_id="c2", now=NOW + 70 * DAY))


def test_an_allowed_caller_beats_its_block_and_a_later_piece_of_a_list_counts() -> None:
    session = a_session()
    session.add_entries(ListAction.DENY, [NUMBER])
    assert called(session).verdict.action is Action.DROP
    session.add_entries(ListAction.ALLOW, ["(651) 555-0142"])
    assert called(session, call_id="c2").verdict.reasons[0] == "always-allowed"
    session.add_entries(ListAction.DENY, ["+16515550143"])
    assert called(session, "+16515550143", "c3").verdict.action is Action.DROP
    assert session.remarks == []


def test_an_entry_that_cannot_be_read_is_left_out_and_told_without_it() -> None:
    session = a_session()
    session.add_entries(ListAction.DENY, [NUMBER, "nobody", "+1900*", "+1-x"])
    assert called(session).verdict.action is Action.DROP
    (remark,) = session.remarks
    assert remark.startswith("2 deny entries left out, the first at place 2:")


def test_entries_beyond_what_a_list_may_hold_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screener.service.stream.MOST_ENTRIES", 1)
    session = a_session()
    session.add_entries(ListAction.DENY, [NUMBER, NUMBER, "+16515550143"])
    assert called(session, "+16515550143").verdict.action is Action.ADMIT
    assert session.remarks[0].startswith("1 deny entries left out, the first at place 3:")


def test_the_load_counts_until_it_is_too_old() -> None:
    session = a_session()
    assert level_at(session, NOW) is Level.CALM
    session.see(Seen(NOW, waiting=100, operators_busy=10, operators_total=10))
    assert called(session, call_id="c2").load.operators_ready == 0
    assert level_at(session, NOW + LOAD_LASTS_S) is Level.FULL
    late = called(session, call_id="c3", now=NOW + LOAD_LASTS_S + 0.1)
    assert (late.load.queue_waiting, late.verdict.pressure.queue) == (None, 0.0)


def test_channels_count_as_the_share_that_is_taken() -> None:
    session = a_session()
    session.see(Seen(NOW, channels_in_use=19, channels_total=20))
    assert called(session).verdict.pressure.channels == 1.0
    session.see(Seen(NOW, channels_in_use=19))
    assert called(session, call_id="c2").load.channels_in_use == 19
    session.see(Seen(NOW, channels_in_use=0, channels_total=20))
    assert called(session, call_id="c3").load.channels_in_use == 0


def test_the_site_that_is_told_is_the_site_that_counts() -> None:
    session = a_session()
    session.begin(NOW, replace(SITE, operators=200))
    session.see(Seen(NOW, waiting=100))
    assert called(session).verdict.pressure.level is Level.CALM
    assert session.site.operators == 200


def test_time_does_not_run_back() -> None:
    session = a_session()
    assert session.pass_time(NOW + 5) == NOW + 5
    assert session.pass_time(None) == NOW + 5
    assert called(session, now=NOW - 100).call.arrived_at == NOW + 5
    session.see(Seen(NOW - 100, waiting=100))
    assert called(session, call_id="c2", now=NOW + 6).load.queue_waiting == 100


def test_a_passed_challenge_is_remembered() -> None:
    session = a_session()
    called(session)
    session.tell("c1", "challenge_passed", 0.0, NOW + 20)
    assert "passed-challenge" in names(called(session, call_id="c2", now=NOW + 60))


def test_a_failed_challenge_counts_against_the_caller_and_an_abandoned_one_does_not() -> None:
    session = a_session()
    called(session)
    session.tell("c1", "challenge_abandoned", 0.0, NOW + 20)
    assert "failed-challenges" not in names(called(session, call_id="c2", now=NOW + 30))
    session.tell("c2", "challenge_failed", 0.0, NOW + 40)
    assert "failed-challenges" in names(called(session, call_id="c3", now=NOW + 50))


@pytest.mark.parametrize(
    ("events", "served"),
    [
        (("queue_joined", "operator_answered", "hangup"), True),
        (("operator_answered", "hangup"), True),
        (("queue_joined", "hangup"), False),
        (("hangup",), False),
        (("operator_answered",), False),
    ],
)
def test_a_call_was_served_where_an_operator_answered_and_talked(
    events: tuple[str, ...], served: bool
) -> None:
    session = a_session()
    called(session)
    for event in events:
        session.tell("c1", event, 93.0, NOW + 100)
    assert ("served-before" in names(called(session, call_id="c2", now=NOW + 200))) is served


def test_a_call_ends_once() -> None:
    session = a_session()
    called(session)
    before = session.keys()
    session.tell("c1", "operator_answered", 0.0, NOW + 10)
    assert session.keys() == before + 1
    session.tell("c1", "hangup", 5.0, NOW + 20)
    assert session.keys() == before - 1  # the call is gone; five seconds taught nothing
    assert session.remarks == []
    session.tell("c1", "hangup", 93.0, NOW + 30)
    assert session.remarks == ["`call_id` names no call whose outcome is awaited"]
    assert "served-before" not in names(called(session, call_id="c2", now=NOW + 40))


def test_a_call_id_that_comes_again_is_another_call() -> None:
    session = a_session()
    called(session)
    session.tell("c1", "operator_answered", 0.0, NOW + 10)
    called(session, "+16515550143", now=NOW + 20)
    assert "names an earlier call" in session.remarks[0]
    session.tell("c1", "hangup", 93.0, NOW + 30)
    assert "served-before" not in names(called(session, "+16515550143", "c2", NOW + 40))


def test_who_joined_the_queue_or_is_gone_holds_no_place_in_the_captcha_lane() -> None:
    session = a_session(challenging(captcha=CaptchaSettings(places=1)))
    session.see(Seen(NOW, waiting=7, operators_total=6))
    verdicts = []
    for number, event in enumerate(("queue_joined", "hangup", "", "")):
        call_id = f"c{number}"
        verdict = called(session, f"+1651555014{number}", call_id, NOW + number).verdict
        verdicts.append((verdict.action, verdict.reasons[0]))
        if event:
            session.tell(call_id, event, 0.0, NOW + number)
    assert verdicts == [
        *[(Action.CHALLENGE, "score")] * 3,
        (Action.ADMIT, "lane-full"),
    ]


def test_joining_the_queue_teaches_nothing_of_a_caller() -> None:
    session = a_session()
    called(session)
    before = names(called(session, call_id="c2", now=NOW + 1))
    session.tell("c1", "queue_joined", 0.0, NOW + 2)
    assert session.remarks == []
    assert names(called(session, call_id="c3", now=NOW + 3)) == before


def test_who_was_told_busy_counts_among_the_keys() -> None:
    session = a_session(challenging(captcha=CaptchaSettings(places=1)))
    session.see(Seen(NOW, waiting=100, channels_in_use=46, channels_total=46))
    called(session)
    before = session.keys()
    busy = called(session, "+16515550143", call_id="c2").verdict
    assert busy.treatment is Treatment.BUSY
    assert session.keys() == before + 1


def test_answered_calls_are_remembered_within_bounds() -> None:
    session = StreamSession(Settings(tables=TableSizes(calls=2)), lambda _settings: a_memory())
    for number in range(5):
        called(session, call_id=f"c{number}", now=NOW + number)
        session.tell(f"c{number}", "operator_answered", 0.0, NOW + number)
    before = session.keys()
    session.tell("c4", "hangup", 93.0, NOW + 10)
    session.tell("c0", "hangup", 93.0, NOW + 10)
    # Of the answered ones the last two are left: one caller, two calls and one answer less.
    assert session.keys() == before + 1 - 2 - 1


def test_a_new_beginning_forgets_everything() -> None:
    session = a_session()
    session.add_entries(ListAction.DENY, [NUMBER])
    session.see(Seen(NOW, waiting=1000))
    called(session, now=NOW + 10)
    session.begin(NOW - DAY, SITE)
    assert session.keys() == 0
    decision = called(session, now=NOW - DAY)
    assert (decision.verdict.action, decision.call.arrived_at) == (Action.ADMIT, NOW - DAY)
    assert decision.verdict.pressure.queue == 0.0


def test_without_a_beginning_the_settings_own_site_counts() -> None:
    session = StreamSession(Settings(site=SITE), no_memory_of_the_settings)
    assert session.site == SITE
    assert called(session).verdict.action is Action.ADMIT
