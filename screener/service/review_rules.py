"""What nobody may deny by a command or an import: everybody, and the emergency services' numbers.

An emergency call-back that is refused can cost a life. What the configuration denies is the
admin's own and not looked at here.
"""

from phonenumbers import shortnumberinfo

from screener.core.lists import Entry, Exact, Pattern
from screener.core.number_pattern import CATCH_ALL

_SHORT = "short:"


def denial_refused(entry: Entry, region: str) -> str:
    """Return why the entry may not be denied, empty where it may; `region` as of the plan."""
    if isinstance(entry, Pattern) and entry.text == CATCH_ALL:
        return f"{CATCH_ALL} would deny everybody; name a prefix or a pattern"
    if isinstance(entry, Exact) and entry.identity.startswith(_SHORT):
        digits = entry.identity.removeprefix(_SHORT)
        if digits.isdecimal() and shortnumberinfo.is_emergency_number(digits, region):
            return "an emergency number is never denied: its call-backs must come through"
    return ""
