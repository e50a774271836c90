"""Turns the wire's fact keys into `core.call.Facts`; both AGI doors, socket and script, use it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from screener.core.call import Facts
from screener.core.outcome import Origin
from screener.errors import RemoteProtocolError, ScreenerError
from screener.protocol.facts import read_facts

if TYPE_CHECKING:
    from screener.ports import Screening

FIELDS: Mapping[str, str] = {
    "num": "number",
    "name": "name",
    "pres": "presentation",
    "did": "did",
    "trunk": "trunk",
    "src": "source",
    "att": "attestation",
    "ver": "verification",
    "orig": "origid",
    "uid": "uniqueid",
    "linked": "linkedid",
    "sip": "sip_call_id",
    "chan": "channel",
    "qw": "queue_waiting",
    "ql": "operators_logged_in",
    "qr": "operators_ready",
    "ch": "channels_in_use",
}
"""Which field of `Facts` each wire key fills."""


def facts_of(words: Mapping[str, str]) -> Facts:
    """Build the facts from decoded words; every key must be one of `FIELDS`."""
    return Facts(**{FIELDS[key]: value for key, value in words.items()})


def screen_handler(
    screening: "Screening",
) -> Callable[[dict[str, object]], dict[str, object]]:
    """Return the control channel's handler for `screen`, the classic AGI script's question.

    It takes `facts`, the argument as the dialplan wrote it, and gives `variables`.
    """

    def handle(request: dict[str, object]) -> dict[str, object]:
        argument = request.get("facts")
        if not isinstance(argument, str):
            raise ScreenerError("`facts` must be the text of the dialplan's argument")
        try:
            facts = facts_of(read_facts(argument.encode("utf-8", "replace")))
        except RemoteProtocolError as error:
            variables = screening.screen_malformed(Origin(peer="agi script", why=str(error)))
        else:
            variables = screening.screen(facts)
        return {"variables": dict(variables)}

    return handle
