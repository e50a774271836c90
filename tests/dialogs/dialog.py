"""Reads `*.dialog`: what Asterisk says to the agent and what the agent must answer.

    -- a remark
    >> a line that Asterisk sends          >- the same without its line end
    >* 5000 a    "a" 5,000 times, without a line end
    >|           Asterisk's end of the stream
    << a line that the agent must answer   <~ a pattern that its next line must match
    <|           the agent must end the stream, having said nothing more
    => what the agent's inside must have been asked by the end, in this order

A mark and its text are one blank apart; all that follows counts, trailing blanks included.
"""

from dataclasses import dataclass
from pathlib import Path

MARKS = (">>", ">-", ">*", ">|", "<<", "<~", "<|", "=>")


@dataclass(frozen=True)
class Dialog:
    steps: tuple[tuple[str, str], ...]
    asked: tuple[str, ...]

    @property
    def sent(self) -> bytes:
        """All that Asterisk sends, in one piece."""
        return b"".join(sent_bytes(mark, text) for mark, text in self.steps)


def read_dialog(path: Path) -> Dialog:
    steps: list[tuple[str, str]] = []
    asked: list[str] = []
    for number, line in enumerate(path.read_bytes().decode("utf-8").split("\n"), 1):
        mark, text = line[:2], line[3:]
        if not line or mark == "--":
            continue
        if mark not in MARKS or line[2:3] not in ("", " "):
            raise ValueError(f"{path.name}:{number}: a line begins with one of {MARKS} and a blank")
        if mark == "=>":
            asked.append(text)
        else:
            steps.append((mark, text))
    return Dialog(tuple(steps), tuple(asked))


def sent_bytes(mark: str, text: str) -> bytes:
    """What a step puts on the wire towards the agent."""
    if mark == ">>":
        return text.encode() + b"\n"
    if mark == ">-":
        return text.encode()
    if mark == ">*":
        count, _, piece = text.partition(" ")
        return piece.encode() * int(count)
    return b""
