"""What no command and no import may say: deny everybody or the emergency services, allow everybody.

An emergency call-back that is refused can cost a life. Who is exempt from challenges is said in
the configuration alone. What that says is the admin's own and not looked at here.
"""

from phonenumbers import shortnumberinfo

from screener.core.lists import Entry, Exact, ListAction, Pattern, Trunk
from screener.core.number_pattern import CATCH_ALL
from screener.core.review import LONGEST_TRUNK_S

_SHORT = "short:"

REVIEWABLE = (ListAction.ALLOW, ListAction.DENY)
"""What a person may say of a caller while the agent runs."""


def trunk_may_be_denied(speaks: str, at: float, until: float | None) -> bool:
    """Say whether a review of a trunk that is made at `at` is one that may stand."""
    return speaks == ListAction.DENY and until is not None and until - at <= LONGEST_TRUNK_S


def refusal(entry: Entry, action: ListAction, region: str) -> str:
    """Return why the entry may not be reviewed so, empty where it may; `region` is the plan's."""
    if isinstance(entry, Pattern) and entry.text == CATCH_ALL:
        if action is ListAction.ALLOW:
            return f"{CATCH_ALL} would allow everybody; that is `screener pause`, which ends"
        return f"{CATCH_ALL} would deny everybody; name a prefix or a pattern"
    if action is ListAction.ALLOW and isinstance(entry, Trunk):
        return "no trunk is allowed as a whole; take its deny back with undo"
    if action is ListAction.ALLOW or not isinstance(entry, Exact):
        return ""
    digits = entry.identity.removeprefix(_SHORT)
    short = entry.identity.startswith(_SHORT) and digits.isdecimal()
    if short and shortnumberinfo.is_emergency_number(digits, region):
        return "an emergency number is never denied: its call-backs must come through"
    return ""
