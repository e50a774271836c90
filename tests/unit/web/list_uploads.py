"""Uploading a list as the page's form does, for tests."""

import re

from aiohttp import FormData

from tests.unit.web.signed_in import Answer, Visitor

USUAL = {"action": "deny", "name": "imported", "for": "forever", "reason": "old"}


async def look(by: Visitor, content: bytes, **changed: str) -> Answer:
    """Send a file to be looked through."""
    form = FormData()
    for name, value in {"csrf": by.csrf, **USUAL, **changed}.items():
        form.add_field(name, value)
    form.add_field("file", content, filename="block.csv")
    return await by.ask("POST", "/lists/import", data=form, headers={"Origin": by.origin})


def key_of(page: Answer) -> str:
    found = re.search(r'name="key" value="([^"]*)"', page.text)
    assert found is not None
    return found[1]


async def take(by: Visitor, page: Answer, **more: str) -> Answer:
    """Import the file of that page."""
    return await by.post("/lists/import/take", {"key": key_of(page), **more})


async def bring_in(by: Visitor, content: bytes) -> None:
    """Do both."""
    assert (await take(by, await look(by, content))).location == "/lists"
