from dataclasses import replace

from screener.core.call import Load
from screener.core.shared import Counter, Question
from screener.service.shared_names import SharedNames
from tests.builders import a_call, a_caller

NAMES = SharedNames(lambda kind, text: f"<{kind} {len(text)}>")


def test_a_question_names_caller_line_and_counters_in_their_order() -> None:
    call, load = a_call("+16515550142"), Load()
    windows = ((3, 60.0),)
    asked = NAMES.question(call, load, [("few|+16515550142", windows), ("trunk|a", windows)])
    counters = (Counter("<shared-counter 16>", windows), Counter("<shared-counter 7>", windows))
    assert asked.question == Question("call-1", "<shared-caller 12>", "<shared-line 12>", counters)
    assert asked.keys == ("few|+16515550142", "trunk|a")
    assert (asked.call, asked.load, asked.told) == (call, load, None)


def test_who_cannot_be_told_apart_has_no_name() -> None:
    call = replace(a_call(), caller=replace(a_caller(), identity="", counter_key=""))
    assert NAMES.question(call, Load(), []).question == Question("call-1", "", "", ())


def test_a_name_is_made_once() -> None:
    made: list[str] = []

    def name(kind: str, text: str) -> str:
        made.append(text)
        return kind + text

    names = SharedNames(name)
    for _ in range(3):
        names.counter("trunk-a")
    assert made == ["trunk-a"]
