import pytest

from screener.core.lists import parse_entry
from screener.core.number import NumberPlan
from screener.service.review_rules import denial_refused


@pytest.mark.parametrize(
    ("region", "text"),
    [("US", "911"), ("US", "112"), ("GB", "999"), ("GB", "112"), ("DE", "110"), ("US", "_.")],
)
def test_emergency_numbers_and_everybody_are_never_denied(region: str, text: str) -> None:
    assert denial_refused(parse_entry(text, NumberPlan(region)), region)


@pytest.mark.parametrize(
    "text", ["611", "+16515550142", "5551212", "+1900*", "_1900X.", "+16515550000-+16515559999"]
)
def test_other_entries_may_be_denied(text: str) -> None:
    assert denial_refused(parse_entry(text, NumberPlan("US")), "US") == ""
