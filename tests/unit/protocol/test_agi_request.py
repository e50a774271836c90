"""What an environment asks for, and the checks a forged one cannot pass."""

import hashlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screener.errors import RemoteProtocolError
from screener.protocol.agi_environment import (
    Environment,
    EnvironmentReader,
    MalformedCaller,
    TrustedPrefix,
)
from screener.protocol.agi_request import (
    CaptchaRequest,
    OutcomeRequest,
    ScreenRequest,
    _read_with_care,
    asks_for_verdict,
    read_request,
)
from screener.protocol.facts import KEYS_AS_SENT
from tests.bench.environments import environment as sent
from tests.unit.protocol.mutations import mutated

FACTS = b"num=%2B15551230001&name=Ann"
CALL = "0123456789abcdef"
DIGEST = hashlib.md5(FACTS, usedforsecurity=False).hexdigest()


def environment(
    script: str = "screen", number: bytes = b"+15551230001", *arguments: bytes
) -> Environment:
    return Environment(TrustedPrefix(script=script, channel="c"), number, arguments or (FACTS,))


def told(request: object) -> dict[str, str]:
    """Return what a request for a verdict says: its facts that are not empty, by their keys."""
    assert isinstance(request, ScreenRequest)
    pairs = zip(KEYS_AS_SENT, request.facts, strict=True)
    return {key: value for key, value in pairs if value}


def why(asked: Environment) -> str:
    request = read_request(asked)
    assert isinstance(request, MalformedCaller)
    assert request.prefix == asked.prefix
    return request.why


@pytest.mark.parametrize(
    "script", ["screen", "screen/", f"screen/{DIGEST}", f"screen/{DIGEST.upper()}"]
)
def test_a_verdict_is_asked_for_with_or_without_a_digest(script: str) -> None:
    assert told(read_request(environment(script))) == {"num": "+15551230001", "name": "Ann"}
    assert asks_for_verdict(script)


@pytest.mark.parametrize(
    "script",
    [
        *("", "/screen", "screens", "screen/abc", f"screen/{DIGEST}0", "screen\n", "x/screen"),
        *("captcha", "captcha/", "captcha/a/b", "captcha/a b", "captcha/a%20", "captcha/a\n"),
        *("captcha/" + "x" * 65, f"screen/captcha/{CALL}", "captchas/a", "captcha/\u0660"),
    ],
)
def test_any_other_path_is_refused(script: str) -> None:
    with pytest.raises(RemoteProtocolError, match="neither /screen nor /outcome nor /captcha/ID"):
        read_request(environment(script))
    with pytest.raises(RemoteProtocolError):
        asks_for_verdict(script)


def test_an_argument_other_than_the_digest_says_is_malformed() -> None:
    forged = environment(f"screen/{DIGEST}", b"+15551230001", FACTS + b"&qw=0")
    assert why(forged) == "the argument does not match the digest in the path"


def test_there_is_exactly_one_argument() -> None:
    two = environment("screen", b"+15551230001", FACTS, b"x")
    assert why(two) == "2 arguments where one is allowed"
    none = Environment(TrustedPrefix(script="screen"), b"+15551230001", ())
    assert why(none) == "0 arguments where one is allowed"


def test_the_number_must_be_the_same_in_both_places() -> None:
    text = "fact num is not the number in agi_callerid"
    assert why(environment("screen", b"+15551230002")) == text
    assert why(environment("screen", b"15551230001")) == text
    assert why(environment("screen", b"unknown")) == text
    assert why(environment("screen", b"1", b"name=Ann")) == text
    assert why(environment("screen", b"", b"num=unknown")) == text


def test_the_dialplan_writes_a_bar_for_a_colon() -> None:
    assert isinstance(read_request(environment("screen", b"1:2", b"num=1%7C2")), ScreenRequest)
    assert isinstance(read_request(environment("screen", b"1:2", b"num=1%3A2")), MalformedCaller)


def test_no_number_is_written_as_unknown() -> None:
    assert told(read_request(environment("screen", b"unknown", b"num="))) == {}
    assert told(read_request(environment("screen", b"unknown", b"name="))) == {}
    assert isinstance(
        read_request(environment("screen", b"unknown", b"num=unknown")), ScreenRequest
    )


def test_a_misshapen_fact_is_malformed() -> None:
    assert why(environment("screen", b"1", b"num=%")) == "fact num has a bad percent escape"


def test_an_outcome_is_read_whatever_the_number() -> None:
    asked = environment("outcome", b"anything", b"id=7&event=answered&talk=62")
    assert read_request(asked) == OutcomeRequest("7", "answered", "62")
    assert read_request(environment("outcome", b"", b"id=7")) == OutcomeRequest("7", "", "")
    queued = environment("outcome", b"", b"id=7&event=abandoned&talk=&wait=31")
    assert read_request(queued) == OutcomeRequest("7", "abandoned", "", "31")
    assert not asks_for_verdict("outcome")
    assert why(environment(f"outcome/{DIGEST}", b"", b"id=7")) == (
        "the argument does not match the digest in the path"
    )
    assert why(environment("outcome", b"", FACTS)) == "fact 1 has an unknown key"


@given(st.binary(max_size=100), st.binary(max_size=40))
def test_no_other_argument_passes_a_digest(argument: bytes, number: bytes) -> None:
    request = read_request(environment(f"screen/{DIGEST}", number, argument))
    assert isinstance(request, MalformedCaller) == (argument != FACTS or number != b"+15551230001")


@pytest.mark.parametrize("call_id", [CALL, "a", "A-1_2.3:4", "x" * 64])
def test_a_captcha_is_asked_for_by_the_calls_id_in_both_places(call_id: str) -> None:
    asked = environment(f"captcha/{call_id}", b"anything", call_id.encode())
    assert read_request(asked) == CaptchaRequest(call_id)
    assert not asks_for_verdict(f"captcha/{call_id}")


@given(st.binary(max_size=40))
def test_no_other_argument_asks_for_a_captcha(argument: bytes) -> None:
    request = read_request(environment(f"captcha/{CALL}", b"", argument or b" "))
    assert isinstance(request, MalformedCaller) == (argument != CALL.encode())
    if isinstance(request, MalformedCaller):
        assert request.why == "the argument is not the call id in the path"


def test_a_captcha_has_exactly_one_argument() -> None:
    two = environment(f"captcha/{CALL}", b"", CALL.encode(), CALL.encode())
    assert why(two) == "2 arguments where one is allowed"
    none = Environment(TrustedPrefix(script=f"captcha/{CALL}"), b"", ())
    assert why(none) == "0 arguments where one is allowed"


def either(read: Callable[[Environment], object], asked: Environment) -> object:
    try:
        return read(asked)
    except RemoteProtocolError as error:
        return str(error)


SENT = EnvironmentReader().receive(sent(7))
PATHS = st.sampled_from(
    ["screen", "screen/", "outcome/", f"screen/{DIGEST}", f"captcha/{CALL}", ""]
)


@given(st.data())
def test_the_quick_reading_and_the_careful_one_agree(data: st.DataObject) -> None:
    assert isinstance(SENT, Environment)
    assert isinstance(read_request(SENT), ScreenRequest)
    argument = data.draw(mutated(SENT.arguments[0]))
    script = SENT.prefix.script
    if data.draw(st.booleans()):  # a digest that is true again
        script = f"screen/{hashlib.md5(argument, usedforsecurity=False).hexdigest()}"
    script = data.draw(mutated(script.encode())).decode("latin-1") or data.draw(PATHS)
    number = data.draw(mutated(SENT.caller_number))
    arguments = data.draw(st.sampled_from([(argument,), (argument, argument), ()]))
    asked = Environment(TrustedPrefix(script, "c", "u"), number, arguments)
    assert either(read_request, asked) == either(_read_with_care, asked)


@given(st.text(max_size=8) | st.text("0:|u", max_size=4), st.binary(max_size=8))
def test_the_number_is_compared_as_its_bytes_read_as_text(fact: str, other: bytes) -> None:
    for raw in (fact.encode(), fact.replace("|", ":").encode(), other):
        same = fact == raw.replace(b":", b"|").decode("utf-8", "replace")
        same = same or (not fact and raw == b"unknown")
        asked = environment("screen", raw, f"num={quote(fact, safe='')}".encode())
        assert isinstance(read_request(asked), ScreenRequest) == same
