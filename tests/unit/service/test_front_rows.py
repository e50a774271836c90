"""One decision for many calls that were refused in front; no number in it but sealed."""

from screener.core.engine import Engine
from screener.core.settings import Action, Mode, Settings
from screener.service.describe import describe
from screener.service.front_rows import row_of
from tests.builders import NOW, a_memory

ENGINE = Engine(Settings(mode=Mode.ENFORCE), a_memory())


def test_a_number_is_told_with_block_and_count_and_masked() -> None:
    decision = row_of(ENGINE, "+16515550142", 17, "list", NOW)
    told = describe(decision)
    assert decision.verdict.action is Action.DROP
    assert decision.call.caller.identity == "+16515550142"
    assert told["reasons"] == ["refused-in-front", "front-list"]
    assert decision.verdict.score.signals[0].reason == (
        "17 calls refused in front of Asterisk, by list"
    )
    assert "5550142" not in str(told)


def test_a_prefix_is_told_without_a_caller_and_one_call_as_one() -> None:
    decision = row_of(ENGINE, "+16515550*", 1, "review", NOW)
    assert (decision.call.caller.identity, decision.call.caller.masked) == ("", "+16515\u2026*")
    assert decision.verdict.score.signals[0].reason.startswith("1 call refused")
