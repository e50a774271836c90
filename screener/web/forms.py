"""What stands in a form that was sent, and where a browser may be sent after it."""

from urllib.parse import urlsplit

from screener.web.page import Visit
from screener.web.password_rules import MOST

LONGEST_PASSWORD = 4 * MOST
"""More than any password has, so that one which is too long is told as that."""


async def text(visit: Visit, name: str, most: int = 200) -> str:
    """Return a field of the form as text; empty where it is missing, a file, longer, or no text."""
    try:
        held = (await visit.request.post()).get(name)
    except ValueError:  # bytes that are none of the letters that the form says they are
        return ""
    if not isinstance(held, str) or len(held) > most:
        return ""
    return "" if any("\ud800" <= letter <= "\udfff" for letter in held) else held


def own_path(told: str) -> str:
    """Return a path of ours to go to; the first page where it is none, such as another site's."""
    if not told.startswith("/") or told.startswith("//") or "\\" in told or not told.isprintable():
        return "/"
    split = urlsplit(told)
    return "/" if split.scheme or split.netloc else told


async def differs(visit: Visit, password: str) -> str:
    """Say where the second field of a new password is not the same; empty where it is."""
    again = await text(visit, "again", LONGEST_PASSWORD)
    return "" if again == password else "the two passwords are not the same"
