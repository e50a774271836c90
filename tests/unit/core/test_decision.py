from dataclasses import replace

from screener.core.call import Load
from tests.builders import a_call, an_engine

PLAIN = an_engine().decide(a_call(), Load(queue_waiting=1))


def test_digits_to_ask_for_change_nothing_else() -> None:
    assert PLAIN.asking("47") == replace(PLAIN, captcha="47")
    assert PLAIN.captcha == ""


def test_how_long_it_took_changes_nothing_else() -> None:
    asked = replace(PLAIN, captcha="47")
    assert asked.after(0.25) == replace(asked, latency_s=0.25)
    assert asked.latency_s == 0.0
