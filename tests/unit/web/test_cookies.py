from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from screener.web import cookies


def test_over_tls_the_cookie_is_for_this_host_and_tls_alone() -> None:
    response = web.Response()
    cookies.give(response, "secret", 60.0, secure=True)
    told = response.cookies[cookies.SECURE_NAME]
    assert (told.value, told["path"], told["domain"]) == ("secret", "/", "")
    assert (told["secure"], told["httponly"], told["samesite"]) == (True, True, "Lax")
    assert told["max-age"] == "60"


def test_a_cookie_given_in_the_clear_is_none_over_tls() -> None:
    request = make_mocked_request("GET", "/", {"Cookie": f"{cookies.PLAIN_NAME}=planted"})
    assert cookies.read(request, secure=False) == "planted"
    assert cookies.read(request, secure=True) == ""


def test_a_taken_cookie_is_empty_and_over() -> None:
    response = web.Response()
    cookies.take(response, secure=False)
    told = response.cookies[cookies.PLAIN_NAME]
    assert (told.value, told["max-age"]) == ("", "0")


def test_secrets_are_long_and_differ() -> None:
    made = {cookies.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert min(map(len, made)) >= 43


@given(st.text(st.characters(codec=None), max_size=80))
def test_the_text_for_forms_is_of_the_cookie_and_does_not_show_it(secret: str) -> None:
    told = cookies.csrf_of(secret)
    assert told == cookies.csrf_of(secret) != cookies.csrf_of(secret + "x")
    assert len(told) == 64
    assert len(secret) < 4 or secret not in told
