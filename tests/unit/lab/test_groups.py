import pytest

from screener.core.call import Facts
from screener.core.engine import Engine
from screener.core.number import CallerClass, NumberPlan
from screener.core.settings import Mode, Settings
from screener.lab.groups import DAY, Group, Trial, mixed_trial
from screener.service.explaining import explain
from screener.service.history import take_history
from tests.builders import NOW, a_memory

PLAN = NumberPlan("US")
SECONDS = 60.0
TRIAL = mixed_trial(SECONDS, NOW)
BY_KEY = {group.key: group for group in TRIAL.groups}


def numbers(key: str) -> list[str]:
    return [caller.number for caller in BY_KEY[key].callers]


def classes(key: str) -> list[CallerClass]:
    return [PLAN.read(number).kind for number in numbers(key)]


def test_the_same_seed_gives_the_same_trial_and_another_one_gives_another() -> None:
    assert mixed_trial(SECONDS, NOW) == TRIAL
    assert mixed_trial(SECONDS, NOW, seed=7) != TRIAL


@pytest.mark.parametrize("seconds", [5.0, 60.0, 3_600.0])
def test_every_group_calls_at_its_rate_for_its_share_of_the_time(seconds: float) -> None:
    for group in mixed_trial(seconds, NOW).groups:
        assert 0.0 <= group.start < group.stop <= 1.0
        wanted = group.rate * seconds * (group.stop - group.start)
        assert len(group.callers) == pytest.approx(wanted, abs=1.0)
        assert group.callers


def test_a_mark_on_the_wire_names_one_group() -> None:
    keys = [group.key for group in TRIAL.groups]
    assert len(set(keys)) == len(keys)
    assert all(key.isalnum() for key in keys)


def test_machines_neither_listen_nor_count_as_people() -> None:
    assert {group.key for group in TRIAL.groups if group.unwanted} == {"one", "random"}
    assert all(group.listens is not group.unwanted for group in TRIAL.groups)


def test_people_have_numbers_that_people_can_have() -> None:
    for key in ("known", "new", "redial"):
        assert set(classes(key)) == {CallerClass.VALID}


def test_one_flood_is_one_number_and_the_other_as_many_as_it_has_calls() -> None:
    assert len(set(numbers("one"))) == 1
    assert len(set(numbers("random"))) == len(numbers("random"))


def test_about_a_third_of_the_random_numbers_can_be_nobodys() -> None:
    share = classes("random").count(CallerClass.UNALLOCATED) / len(numbers("random"))
    assert share == pytest.approx(0.3, abs=0.1)


def test_people_who_redial_call_several_times_each() -> None:
    calls = numbers("redial")
    assert 2 <= len(calls) / len(set(calls)) <= 6


def test_no_number_stands_in_two_groups() -> None:
    seen = [number for key in BY_KEY for number in set(numbers(key))]
    assert len(set(seen)) == len(seen)


def test_a_machine_stays_on_the_line_for_seconds() -> None:
    talks = [caller.talk_s for group in TRIAL.groups for caller in group.callers]
    assert min(talks) >= 2.0
    assert max(talks) <= 6.0


def signals(engine: Engine, number: str) -> list[object]:
    told = explain(engine, Facts(number=number), NOW)["signals"]
    assert isinstance(told, list)
    return [part["name"] for part in told]


def test_the_history_makes_the_known_known_and_nobody_else() -> None:
    engine = Engine(Settings(mode=Mode.ENFORCE), a_memory())
    assert take_history(engine, TRIAL.history) == len(TRIAL.history)
    assert all(signals(engine, number) == ["known-caller"] for number in numbers("known"))
    assert all("known-caller" not in signals(engine, number) for number in numbers("new"))


def test_the_history_is_told_oldest_first_and_lies_behind_now() -> None:
    times = [float(str(record["at"])) for record in TRIAL.history]
    assert times == sorted(times)
    assert times[-1] <= NOW - DAY


def test_a_group_and_a_trial_are_plain_values() -> None:
    group = Group("a", "A", 1.0, 0.0, 1.0, ())
    assert Trial((group,), ()) == Trial((Group("a", "A", 1.0, 0.0, 1.0, ()),), ())
