import logging
from collections.abc import Iterator
from contextlib import contextmanager

from screener.service.log_lines import Line, LineQueue, queue_behind

LINE: Line = (1.0, "screener.x", "told %s", ("a",))


class Keeper(logging.Handler):
    """What a log pipe puts behind a logger."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = LineQueue(2)


@contextmanager
def loggers() -> Iterator[tuple[logging.Logger, logging.Logger, Keeper]]:
    """Give a logger, the one above it with a keeper behind it, and the keeper.

    No fixture: pytest listens to all loggers that were cut off before the test began.
    """
    above, below = logging.getLogger("lines"), logging.getLogger("lines.below")
    keeper = Keeper()
    above.addHandler(keeper)
    above.propagate = False
    try:
        yield below, above, keeper
    finally:
        above.removeHandler(keeper)
        above.propagate = below.propagate = True


def test_what_is_put_is_handed_over_once_and_in_order() -> None:
    queue = LineQueue(3)
    record = logging.makeLogRecord({"msg": "x"})
    assert queue.put(LINE)
    assert queue.put(record)
    assert queue.take() == [LINE, record]
    assert queue.take() == []


def test_what_finds_no_room_is_counted() -> None:
    queue = LineQueue(2)
    assert [queue.put(LINE) for _ in range(5)] == [True, True, False, False, False]
    assert queue.lost == 3
    assert len(queue.take()) == 2


def test_a_logger_with_nothing_but_the_keeper_behind_it_has_the_short_way() -> None:
    with loggers() as (below, _, keeper):
        assert queue_behind(below) is keeper.lines


def test_whoever_else_listens_is_not_passed_by() -> None:
    other = logging.NullHandler()
    with loggers() as (below, above, keeper):
        for logger in (below, above):
            logger.addHandler(other)
            assert queue_behind(below) is None
            logger.removeHandler(other)
            assert queue_behind(below) is keeper.lines
        above.propagate = True
        assert queue_behind(below) is None


def test_a_filter_is_asked_and_a_logger_cut_off_goes_nowhere() -> None:
    quiet = logging.Filter("nobody")
    with loggers() as (below, _, keeper):
        below.addFilter(quiet)
        assert queue_behind(below) is None
        below.removeFilter(quiet)
        assert queue_behind(below) is keeper.lines
        below.propagate = False
        assert queue_behind(below) is None


def test_a_logger_of_others_has_no_short_way() -> None:
    assert queue_behind(logging.getLogger("lines_of_others")) is None
    assert queue_behind(logging.getLogger()) is None
