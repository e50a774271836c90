"""The log words: one line for each decision and fault, without numbers, names or line breaks.

`docs/operating.md` explains every word. Lines go through the standard `logging`; the daemon
sees to it that writing them never holds up a call.
"""

import logging

from screener.core.decision import Decision
from screener.core.outcome import Outcome
from screener.service.log_lines import VERDICT, queue_behind
from screener.steady_clock import wall

_NAME = "screener.calls"
_INFO = logging.INFO
log = logging.getLogger(_NAME)

_MOST = 160
_IN_WORDS = bytes(
    c if ord(" ") < c <= ord("~") and chr(c) not in '="' else ord("_") for c in range(256)
)
"""A table of `bytes.translate` that leaves one plain word as it is, and no other text."""


def write_decision(decision: Decision) -> None:
    """Log one decision; a `DecisionSink`."""
    if not log.isEnabledFor(_INFO):
        return
    # `_value_` is in the instance; `value` of an enum is two interpreted calls.
    call, verdict = decision.call, decision.verdict
    told = (
        call.call_id,
        verdict.action._value_,
        verdict.would._value_,
        verdict.mode._value_,
        verdict.score.total,
        verdict.pressure.level._value_,
        verdict.priority,
        ",".join(verdict.reasons),
        call.caller.kind._value_,
        call.caller.masked,
        word(call.trunk),
        verdict.config_hash,
        decision.latency_s * 1000.0,
        word(call.uniqueid),
    )
    if not _put(VERDICT, told):
        # Not by `log.info`, which looks through the stack for its caller: half of a line's cost.
        log.handle(logging.LogRecord(_NAME, _INFO, "", 0, VERDICT, told, None))


def write_outcome(call_id: str, outcome: Outcome) -> None:
    """Log what became of a call; an `OutcomeSink`."""
    if not log.isEnabledFor(_INFO):
        return
    line = "OUTCOME id=%s event=%s talk_s=%g ago_s=%g"
    told = call_id, outcome.event._value_, outcome.talk_s, outcome.ago_s
    if not _put(line, told):
        log.info(line, *told)


def write_open(call_id: str, uniqueid: str, error: BaseException) -> None:
    """Log a call that a fault of ours let pass; the traceback holds code, no caller data."""
    log.error("FAIL-OPEN id=%s uniqueid=%s error=%s", call_id, word(uniqueid), type(error).__name__)


def write_unshared(uniqueid: str, error: BaseException) -> None:
    """Log a call that a fault of ours has decided by what this edge alone knows."""
    log.error("UNSHARED uniqueid=%s error=%s", word(uniqueid), type(error).__name__)


def write_malformed(call_id: str, peer: str, channel: str, uniqueid: str, why: str) -> None:
    """Log a call whose caller data broke the wire's grammar."""
    log.warning(
        "MALFORMED id=%s peer=%s channel=%s uniqueid=%s why=%s",
        call_id,
        word(peer),
        word(channel),
        word(uniqueid),
        word(why),
    )


def write_session_failed(peer: str, why: str) -> None:
    """Log a session that ended without a verdict through no caller's doing."""
    log.warning("NO-VERDICT peer=%s why=%s", word(peer), word(why))


def write_unasked(call_id: str) -> None:
    """Log that a captcha was wanted for a call that is none of those challenged."""
    log.warning("UNASKED id=%s why=%s", word(call_id), word("no challenge of this call is open"))


def write_line_lost(call_id: str, why: str) -> None:
    """Log a captcha that ended through no caller's doing: the call goes on."""
    log.warning("LINE-LOST id=%s why=%s", word(call_id), word(why))


def _put(text: str, told: tuple[object, ...]) -> bool:
    """Log a line at INFO by the short way; False where there is none."""
    lines = queue_behind(log)
    if lines is None:
        return False
    lines.put((wall(), _NAME, text, told))
    return True


def word(text: str) -> str:
    """Return the text as one word of a log line: no spaces, `=` or unprintables; `-` if empty."""
    # A look at all characters at once: one for each that is none takes twice as long.
    if 0 < len(text) <= _MOST and _is_word(text):
        return text
    kept = "".join(c if c.isprintable() and c not in ' ="' else "_" for c in text[:_MOST])
    return kept or "-"


def _is_word(text: str) -> bool:
    try:
        raw = text.encode()
    except UnicodeEncodeError:  # half a pair of surrogates
        return False
    return raw.translate(_IN_WORDS) == raw
