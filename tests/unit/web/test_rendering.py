import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from jinja2 import UndefinedError

from screener.web.page import Role, User, Visit
from screener.web.rendering import grouped, moment, render, utc
from tests.unit.web.signed_in import a_site

TEMPLATES = sorted((Path(__file__).parents[3] / "screener/web/templates").glob("*.html"))
OF_RENDERED_PARTS = {"live.html": "parts that live_view made from templates of their own"}
"""Templates that put in what is HTML already."""
HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    site = a_site(tmp_path)
    request = make_mocked_request("GET", "/calls/7")
    yield Visit(request, site, User("anna", Role.VIEWER), csrf=HOSTILE, tell=lambda: (HOSTILE,))
    site.close()


def test_whatever_stands_in_a_value_is_text(visit: Visit) -> None:
    page = render("refused.html", visit, {"title": HOSTILE, "text": HOSTILE})
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") == 5, "title, heading, text, flash, csrf"
    assert 'value="&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;"' in page


def test_a_value_that_is_missing_is_an_error(visit: Visit) -> None:
    with pytest.raises(UndefinedError):
        render("refused.html", visit, {"title": "x"})


def test_the_place_in_the_menu_is_told(visit: Visit) -> None:
    page = render("refused.html", visit, {"title": "x", "text": ""})
    assert re.findall(r'<a href="([^"]*)" aria-current="page">', page) == ["/calls"]
    assert 'href="/users"' not in page, "not for a viewer"


def test_moments_are_in_utc_for_people_and_machines() -> None:
    assert utc(1_800_000_000.9) == "2027-01-15 08:00:00"
    assert moment(1_800_000_000.0) == (
        '<time datetime="2027-01-15T08:00:00+00:00">2027-01-15 08:00:00</time>'
    )
    assert moment(None) == "&ndash;"
    assert grouped(1_234_567.4) == "1,234,567"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_brings_script_style_or_others_sites(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]* src=\"/static/)", text)
    assert "<style" not in text
    assert not re.search(r"\s(style|on\w+)=", text)
    assert "autoescape" not in text
    assert path.name in OF_RENDERED_PARTS or not re.search(r"\|\s*safe\b", text)
    assert "javascript:" not in text
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_text_of_the_session(path: Path) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", path.read_text(), re.DOTALL):
        before_signing_in = re.search(r'action="/(login|setup|welcome)"', form)
        carried = "{{ csrf_field }}" in form or 'name="csrf" value="{{ visit.csrf' in form
        assert carried or before_signing_in, form[:80]
