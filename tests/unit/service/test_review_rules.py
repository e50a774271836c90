import pytest

from screener.core.lists import ListAction, parse_entry
from screener.core.number import NumberPlan
from screener.core.review import trunk_entry
from screener.service.review_rules import refusal, trunk_may_be_denied

ALLOW, DENY = ListAction.ALLOW, ListAction.DENY


@pytest.mark.parametrize(
    ("region", "text"),
    [("US", "911"), ("US", "112"), ("GB", "999"), ("GB", "112"), ("DE", "110"), ("US", "_.")],
)
def test_emergency_numbers_and_everybody_are_never_denied(region: str, text: str) -> None:
    assert refusal(parse_entry(text, NumberPlan(region)), DENY, region)


@pytest.mark.parametrize(
    "text", ["611", "+16515550142", "5551212", "+1900*", "_1900X.", "+16515550000-+16515559999"]
)
@pytest.mark.parametrize("action", [ALLOW, DENY])
def test_other_entries_may_be_allowed_and_denied(text: str, action: ListAction) -> None:
    assert refusal(parse_entry(text, NumberPlan("US")), action, "US") == ""


def test_emergency_numbers_may_be_allowed_and_everybody_is_a_pause() -> None:
    plan = NumberPlan("US")
    assert refusal(parse_entry("911", plan), ALLOW, "US") == ""
    assert "screener pause" in refusal(parse_entry("_.", plan), ALLOW, "US")


def test_a_trunk_may_be_denied_for_a_day_at_most_and_never_allowed() -> None:
    trunk = trunk_entry("carrier-a")
    assert refusal(trunk, DENY, "US") == ""
    assert "undo" in refusal(trunk, ALLOW, "US")
    assert trunk_may_be_denied("deny", 100.0, 100.0 + 86_400.0)
    for speaks, until in (("deny", None), ("deny", 100.0 + 86_401.0), ("allow", 200.0)):
        assert not trunk_may_be_denied(speaks, 100.0, until)
