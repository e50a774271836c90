import re
from typing import Annotated

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from screener.desk.moments import moment
from screener.desk.pausing import span_of
from screener.desk.reviewer import until_of
from screener.web.api.shapes import Duration, Given, Moment, NeededReason, Span, Written
from tests.builders import NOW


class Asks(Given):
    limit: Annotated[int, Field(ge=1, le=9), Written] = 1


@pytest.mark.parametrize("text", ["1", "9"])
def test_a_whole_number_is_written_one_way(text: str) -> None:
    assert Asks.model_validate_strings({"limit": text}).limit == int(text)


@pytest.mark.parametrize(
    "text", ["0", "10", "1.0", " 1", "+1", "01", "1_0", "1e0", "", "x", "٣", "9" * 5_000]
)
def test_any_other_writing_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Asks.model_validate_strings({"limit": text})


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Asks.model_validate_strings({"limits": "1"})


@pytest.mark.parametrize("text", ["90s", "15m", "1h", "9999h", "1d", "30d", "3650d", "forever"])
def test_every_duration_that_the_shape_takes_is_one_of_the_desk_s(text: str) -> None:
    assert TypeAdapter(Duration).validate_python(text) == text
    until_of(text, NOW)


@pytest.mark.parametrize("text", ["0s", "3651d", "4000d", "90", "1w", "-1d", "1d ", "for ever"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Duration).validate_python(text)


@pytest.mark.parametrize("text", ["1s", "9999s", "15m", "999m", "1h", "19h", "24h", "1d"])
def test_every_span_that_the_shape_takes_is_one_of_a_pause(text: str) -> None:
    assert TypeAdapter(Span).validate_python(text) == text
    assert 0.0 < span_of(text) <= 86_400.0


@pytest.mark.parametrize("text", ["25h", "2d", "0m", "forever"])
def test_a_pause_lasts_a_day_at_most(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Span).validate_python(text)


@pytest.mark.parametrize("text", ["24h", "7d", "2026-11-22T08:00:00Z"])
def test_every_moment_that_the_shape_takes_is_one_of_the_desk_s(text: str) -> None:
    assert TypeAdapter(Moment).validate_python(text) == text
    assert moment(text, "since", NOW) is not None


def test_a_needed_reason_has_a_letter_in_any_script() -> None:
    for text in ("ticket 881", "жалоба", "苦情です"):
        assert TypeAdapter(NeededReason).validate_python(text) == text
    for text in ("", "   ", "...", "\u1680\u1680\u1680", "a", "x" * 201):
        with pytest.raises(ValidationError):
            TypeAdapter(NeededReason).validate_python(text)
    assert re.search(r"\S", "жалоба".strip())
