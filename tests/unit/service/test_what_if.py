import json
from dataclasses import replace

import pytest

from screener.core.call import Load
from screener.core.recorded import RecordedCall
from screener.core.settings import Action, Mode, Settings
from screener.service import what_if
from screener.service.replay import Compared
from screener.service.what_if import OTHERS, WhatIf, history_of
from tests.builders import NOW, a_call, an_engine

ENFORCE = Settings(mode=Mode.ENFORCE)
VERDICT = an_engine().assess(a_call(), Load()).verdict
ADMIT, CHALLENGE, DROP = Action.ADMIT, Action.CHALLENGE, Action.DROP


def compared(
    before: Action, after: Action, *, number: str = "+16515550142", good: bool = False, seq: int = 1
) -> Compared:
    call = a_call(number, call_id=f"id{seq}", arrived_at=NOW + seq)
    record = RecordedCall(*(seq, call, Load(), ADMIT, ADMIT, ("score",), "default", False, False))
    return Compared(record, replace(VERDICT, action=before), replace(VERDICT, action=after), good)


def counted(*calls: Compared, candidate: Settings = ENFORCE) -> WhatIf:
    found = WhatIf(ENFORCE, candidate)
    for one in calls:
        found.add(one)
    return found


def test_verdicts_of_both_sides_and_what_changes_are_counted() -> None:
    found = counted(
        compared(ADMIT, ADMIT),
        compared(ADMIT, CHALLENGE, good=True, seq=2),
        compared(ADMIT, CHALLENGE, seq=3),
        compared(DROP, ADMIT, seq=4),
    )
    told = found.told()
    assert found.stricter == 2
    assert told["window"] == {
        "calls": 4,
        "imported": 0,
        "good_outcome": 1,
        "first": NOW + 1,
        "last": NOW + 4,
    }
    changes = told["changes"]
    assert changes == [
        {
            "from": "admit",
            "to": "challenge",
            "calls": 2,
            "good_outcome": 1,
            "share": 0.5,
            "samples": ["id2", "id3"],
            "good_samples": ["id2"],
        },
        {
            "from": "drop",
            "to": "admit",
            "calls": 1,
            "good_outcome": 0,
            "share": 0.25,
            "samples": ["id4"],
            "good_samples": [],
        },
    ]
    assert json.loads(json.dumps(told)) == told


def test_people_refused_are_counted_by_calls_and_by_callers_on_both_sides() -> None:
    found = counted(
        compared(ADMIT, DROP, good=True),
        compared(ADMIT, DROP, good=True, seq=2),
        compared(DROP, DROP, number="+16515550143", good=True, seq=3),
        compared(ADMIT, DROP, number="+16515550144", seq=4),
        compared(DROP, ADMIT, number="+16515550145", good=True, seq=5),
    )
    assert found.current.refused.told() == {"calls": 2, "callers": 2}
    assert found.candidate.refused.told() == {"calls": 3, "callers": 2}
    assert found.newly_refused.told() == {"calls": 2, "callers": 1}


def test_people_newly_challenged_were_admitted_before() -> None:
    found = counted(
        compared(ADMIT, CHALLENGE, good=True),
        compared(DROP, CHALLENGE, good=True, seq=2),
        compared(ADMIT, CHALLENGE, seq=3),
    )
    assert found.newly_challenged.told() == {"calls": 1, "callers": 1}


def test_callers_that_name_nobody_count_one_by_one() -> None:
    nobody = compared(ADMIT, DROP, good=True)
    caller = replace(nobody.record.call.caller, identity="", counter_key="")
    record = replace(nobody.record, call=replace(nobody.record.call, caller=caller))
    found = counted(*[replace(nobody, record=record)] * 3)
    assert found.newly_refused.told() == {"calls": 3, "callers": 3}


def test_changes_are_counted_by_group_and_by_reason() -> None:
    found = counted(compared(ADMIT, CHALLENGE, good=True), compared(ADMIT, ADMIT, seq=2))
    by = found.told()["changes_by"]
    assert isinstance(by, dict)
    assert {name: [row["value"] for row in rows] for name, rows in by.items()} == {
        "reason": ["new-caller"],
        "caller_class": ["valid"],
        "history": ["new-caller"],
        "attestation": ["none"],
        "trunk": ["trunk-a"],
        "did": ["+16515392200"],
        "hour": ["08:00"],
    }
    assert by["reason"][0]["good_outcome"] == 1


def test_groups_are_bounded_and_the_rest_is_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(what_if, "MOST_GROUPS", 2)
    found = counted(*(on_trunk(f"t{place}") for place in range(5)))
    groups = found.groups["trunk"]
    assert {value for value, _ in groups} == {"t0", "t1", OTHERS}
    assert sum(changed.calls for changed in groups.values()) == 5


def on_trunk(trunk: str) -> Compared:
    plain = compared(ADMIT, DROP)
    return replace(plain, record=replace(plain.record, call=a_call(trunk=trunk)))


def test_samples_are_few() -> None:
    found = counted(*(compared(ADMIT, DROP, seq=seq) for seq in range(50)))
    assert len(found.changes[ADMIT, DROP].samples) == what_if.SAMPLES


def test_one_person_newly_refused_is_a_large_impact() -> None:
    many = [compared(ADMIT, ADMIT, seq=seq) for seq in range(1_000)]
    assert counted(*many).alarms() == []
    assert len(counted(*many, compared(ADMIT, DROP, good=True)).alarms()) == 1
    assert counted(*many, compared(DROP, DROP, good=True)).alarms() == []


def test_more_than_one_verdict_in_a_hundred_is_a_large_impact() -> None:
    many = [compared(ADMIT, ADMIT, seq=seq) for seq in range(99)]
    assert counted(*many, compared(ADMIT, CHALLENGE)).alarms() == []
    assert "2.0%" in counted(*many, *[compared(ADMIT, CHALLENGE)] * 2).alarms()[0]
    assert counted(*many, *[compared(DROP, ADMIT)] * 50).alarms() == []


def test_beginning_to_enforce_is_a_large_impact_whatever_changes() -> None:
    found = WhatIf(Settings(mode=Mode.OBSERVE), ENFORCE)
    found.add(compared(ADMIT, ADMIT))
    assert "observe to enforce" in found.alarms()[0]
    back = WhatIf(ENFORCE, Settings(mode=Mode.OBSERVE))
    back.add(compared(ADMIT, ADMIT))
    assert back.alarms() == []


def test_the_history_of_a_caller_is_told_by_the_signals() -> None:
    assert history_of(VERDICT) == "new-caller"
    withheld = an_engine().assess(
        a_call(caller=replace(a_call().caller, identity="", counter_key="")), Load()
    )
    assert history_of(withheld.verdict) == "nothing to know by"
