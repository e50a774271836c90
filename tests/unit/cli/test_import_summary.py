from collections import Counter
from pathlib import Path

from screener.adapters.wall_clock import WallClock
from screener.cli.import_reading import LeftOut
from screener.cli.import_summary import Result, summary
from screener.storage.call_import import Written
from screener.storage.call_staging import Span

PLAIN = Result(
    read=LeftOut(records=3),
    span=Span(3, 1_700_000_000.0, 1_700_000_060.0),
    written=Written(new=3, answered=1, abandoned=1),
    callers=2,
    own=0,
    without_caller=0,
    clock=WallClock(None),
    dry=False,
)


def test_a_plain_import_is_two_lines() -> None:
    assert list(summary(PLAIN)) == [
        "3 calls brought in: 1 answered, 1 abandoned, 1 without an outcome",
        "from 2023-11-14T22:13:20Z to 2023-11-14T22:14:20Z, 2 distinct callers",
    ]


def test_a_dry_run_says_what_would_be() -> None:
    assert next(summary(PLAIN._replace(dry=True))).startswith("3 calls would be brought in")


def test_everything_that_was_left_out_is_told() -> None:
    clock = WallClock(None)
    clock.twice, clock.never = 4, 5
    contexts = Counter({name: 10 - place for place, name in enumerate("abcdef")})
    read = LeftOut(
        older=7, telephones=2, other_contexts=contexts, broken=3, unfinished=[Path("Master.csv")]
    )
    written = Written(there=6, mended=2)
    told = PLAIN._replace(
        read=read, span=None, written=written, own=1, without_caller=8, clock=clock
    )
    assert list(summary(told)) == [
        "0 calls brought in: 0 answered, 0 abandoned, 0 without an outcome",
        "6 calls were there already; 2 got another outcome",
        "1 call left out that the agent has recorded itself",
        "7 records left out that are older than --since",
        "45 records left out for their context: a 10, b 9, c 8, d 7, e 6, ...",
        "2 records left out that telephones of this site began",
        "8 calls left out that only the queue's log knows, without who it was",
        "3 broken lines left out",
        "Master.csv: the last line has no end yet and was left out",
        "4 times that clocks showed twice: the first is taken",
        "5 times that clocks left out: an hour is added",
    ]
