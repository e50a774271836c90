from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from screener.core.settings import (
    GroupCap,
    Level,
    Mode,
    PolicySettings,
    Settings,
    SignalSpec,
    Thresholds,
)
from screener.desk.other_settings import Otherwise, verdicts_at_levels
from screener.storage.log_query import find, open_to_read
from tests.unit.storage.logs import a_log, decided

ENFORCED = Settings(mode=Mode.ENFORCE)
CALL: dict[str, Any] = {
    "score": 6.0,
    "would_score": 6.0,
    "pressure": "calm",
    "reasons": ["score"],
    "signals": [
        {"name": "limit:number-burst", "group": "limits", "points": 6.0, "counts": True}
        | {"reason": "r"}
    ],
}


def verdicts(call: dict[str, Any], settings: Settings) -> list[str]:
    return [one.verdict for one in verdicts_at_levels(call, settings)]


def test_each_level_has_its_own_thresholds() -> None:
    told = verdicts_at_levels(CALL, ENFORCED)
    assert [(one.level, one.was) for one in told] == [
        ("calm", True),
        ("rising", False),
        ("full", False),
    ]
    assert told[0] == Otherwise(
        level="calm",
        was=True,
        challenge_from=5.0,
        drop_from=14.0,
        score=6.0,
        verdict="challenge",
        enforced="challenge",
        treatment="",
    )
    tight = {level: Thresholds(1.0, 2.0) for level in Level}
    settings = replace(ENFORCED, policy=PolicySettings(thresholds=tight))
    assert [(one.verdict, one.treatment) for one in verdicts_at_levels(CALL, settings)] == [
        ("drop", "busy")
    ] * 3


def test_the_caps_and_modes_of_the_settings_count() -> None:
    capped = replace(ENFORCED, groups={"limits": GroupCap(0.0, 1.0)})
    assert verdicts(CALL, capped) == ["admit"] * 3
    observing = replace(ENFORCED, mode=Mode.OBSERVE)
    told = verdicts_at_levels(CALL, observing)
    assert [one.verdict for one in told] == ["admit"] * 3
    assert [one.enforced for one in told] == ["challenge"] * 3


def test_a_signal_that_only_observes_counts_only_where_all_is_enforced() -> None:
    part = {"name": "new-caller", "group": "history", "points": 6.0, "counts": True, "reason": "r"}
    signals = {**ENFORCED.signals, "new-caller": SignalSpec(1.0, Mode.OBSERVE)}
    told = verdicts_at_levels({**CALL, "signals": [part]}, replace(ENFORCED, signals=signals))
    assert [(one.verdict, one.enforced) for one in told] == [("admit", "challenge")] * 3


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [("always-allowed", "admit"), ("exempt", "admit"), ("closed", "drop")],
)
def test_what_spoke_besides_the_score_still_does(reason: str, verdict: str) -> None:
    assert verdicts({**CALL, "reasons": [reason]}, ENFORCED) == [verdict] * 3


def test_what_was_never_judged_is_not_judged_now() -> None:
    assert verdicts({**CALL, "score": None}, ENFORCED) == []
    assert verdicts({**CALL, "reasons": ["imported"]}, ENFORCED) == []


def test_under_the_settings_that_judged_it_a_recorded_call_is_judged_the_same(
    tmp_path: Path,
) -> None:
    with a_log(tmp_path) as log:
        log.decisions(decided("1" * 16, attestation="A", verification="failed"))
        log.upkeep.step()
        connection = open_to_read(log.path)
        try:
            found = find(connection, "1" * 16)
        finally:
            connection.close()
    assert found is not None
    (was,) = [one for one in verdicts_at_levels(dict(found), ENFORCED) if one.was]
    assert (was.verdict, was.enforced) == (found["verdict"], found["would"])
    assert was.score == found["would_score"]
    assert (was.challenge_from, was.drop_from) == (found["challenge_from"], found["drop_from"])
