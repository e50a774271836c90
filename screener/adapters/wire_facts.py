"""Turns the wire's words into the inside's; both AGI doors, socket and script, use it."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from screener.core.call import Facts
from screener.core.outcome import Origin, read_outcome
from screener.errors import RemoteProtocolError, ScreenerError
from screener.protocol.facts import read_facts
from screener.protocol.facts import read_outcome as read_outcome_words

if TYPE_CHECKING:
    from screener.core.sharing import Consulted
    from screener.ports import Screening

SCRIPT_PEER = "agi script"
"""Who sent a malformed call that came by the classic script."""

LONGEST_WAIT_S = 86_400
"""No caller waits longer than a day."""

Message = dict[str, object]
Handler = Callable[[Message], Message]
MaybeLater = Callable[[Message], Message | Awaitable[Message]]


def facts_of(words: list[str]) -> Facts:
    """Build the facts from decoded words, one for each of `facts.KEYS_AS_SENT`."""
    # Each by its name: compiled, a star costs many times as much.
    (
        number,
        name,
        presentation,
        did,
        trunk,
        source,
        attestation,
        verification,
        origid,
        uniqueid,
        linkedid,
        sip_call_id,
        channel,
        queue_waiting,
        operators_logged_in,
        operators_ready,
        channels_in_use,
    ) = words
    return Facts(
        number,
        name,
        presentation,
        did,
        trunk,
        source,
        attestation,
        verification,
        origid,
        uniqueid,
        linkedid,
        sip_call_id,
        channel,
        queue_waiting,
        operators_logged_in,
        operators_ready,
        channels_in_use,
    )


def wait_of(text: str) -> float | None:
    """Read how long a caller was in the queue, whole seconds; None where that was not told.

    A time that cannot be (a clock was set back meanwhile) counts as not told: the outcome beside
    it is worth more.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LONGEST_WAIT_S))):
        return None
    return float(text) if int(text) <= LONGEST_WAIT_S else None


def screen_handler(screening: "Screening") -> MaybeLater:
    """Return the control channel's handler for `screen`, the classic AGI script's question.

    It takes `facts`, the argument as the dialplan wrote it, and gives `variables`.
    """

    def handle(request: Message) -> Message | Awaitable[Message]:
        argument = _argument(request)
        try:
            facts = facts_of(read_facts(argument))
        except RemoteProtocolError as error:
            variables = screening.screen_malformed(Origin(peer=SCRIPT_PEER, why=str(error)))
            return {"variables": dict(variables)}
        asked = screening.consult(facts)
        return (
            {"variables": dict(screening.screen(facts))} if asked is None else later(facts, asked)
        )

    async def later(facts: Facts, asked: "Awaitable[Consulted]") -> Message:
        consulted = await asked
        return {"variables": dict(screening.screen(facts, None, consulted))}

    return handle


def outcome_handler(screening: "Screening") -> Handler:
    """Return the control channel's handler for `outcome`, the classic AGI script's report.

    It takes `facts`, the argument as the dialplan wrote it, and gives `known`: whether the call
    is.
    """

    def handle(request: dict[str, object]) -> dict[str, object]:
        words = read_outcome_words(_argument(request))
        outcome = read_outcome(words.get("event", ""), words.get("talk", ""))
        if outcome is None:
            raise ScreenerError("an outcome has no known event or no sane talk time")
        wait_s = wait_of(words.get("wait", ""))
        return {"known": screening.report(words.get("id", ""), outcome, wait_s=wait_s)}

    return handle


def _argument(request: dict[str, object]) -> bytes:
    argument = request.get("facts")
    if not isinstance(argument, str):
        raise ScreenerError("`facts` must be the text of the dialplan's argument")
    return argument.encode("utf-8", "replace")
