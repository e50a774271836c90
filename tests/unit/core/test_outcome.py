import pytest

from screener.core.outcome import Event, Outcome, read_outcome


def test_every_event_word_is_read() -> None:
    for event in Event:
        assert read_outcome(event.value) == Outcome(event)


def test_the_talk_time_is_seconds() -> None:
    assert read_outcome("answered", "93.5") == Outcome(Event.ANSWERED, 93.5)


@pytest.mark.parametrize(
    ("event", "talk"),
    [
        ("", ""),
        ("Answered", ""),
        ("answered", "-1"),
        ("answered", "nan"),
        ("answered", "inf"),
        ("answered", "1e9"),
        ("answered", "a minute"),
    ],
)
def test_anything_else_is_no_outcome(event: str, talk: str) -> None:
    assert read_outcome(event, talk) is None
