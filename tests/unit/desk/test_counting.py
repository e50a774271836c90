from pathlib import Path

from screener.desk.counting import as_data, count, ordered, rounded
from screener.storage.log_stats import By, Stats, Tally
from tests.builders import NOW
from tests.unit.cli.logged import logged
from tests.unit.storage.logs import at


def test_a_span_is_counted_as_plain_data(tmp_path: Path) -> None:
    ends = (NOW - 10.0, NOW + 10.0)
    with logged(tmp_path) as site:
        for place in range(3):
            site.log.decisions(at(NOW + 9.0 * place, f"c{place}"))
        told = as_data(count(site.config, ends, By.TRUNK), *ends)
    assert (told["calls"], told["since"], told["until"]) == (2, *ends)
    assert told["verdicts"] == {"admit": 2, "challenge": 0, "drop": 0}
    assert told["groups"]["trunk-a"]["calls"] == 2
    assert told["pass_rate"] is None


def test_hours_stand_in_their_order_and_others_by_their_calls() -> None:
    few, many = Tally(calls=1), Tally(calls=2)
    hours = Stats(groups={"7200": few, "(others)": many, "3600": many})
    assert [name for name, _ in ordered(hours, By.HOUR)] == ["3600", "7200", "(others)"]
    trunks = Stats(groups={"b": few, "c": many, "a": few})
    assert [name for name, _ in ordered(trunks, By.TRUNK)] == ["c", "a", "b"]


def test_nothing_is_not_rounded() -> None:
    assert (rounded(1.26, 1), rounded(None, 1)) == (1.3, None)
