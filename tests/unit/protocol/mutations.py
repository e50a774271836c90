"""Bytes as Asterisk writes them, with a few of them, or of their lines, changed by chance."""

from itertools import pairwise

from hypothesis import strategies as st

PIECES = (
    *(b"", b"\n", b"\n\n", b"\r", b"\r\n", b"\0", b" ", b": ", b"&", b"=", b"%", b"%4", b"%41"),
    *(b"%C3%A9", b"%c3", b"%00", b"%0A", b"%3a", b"\xc3\xa9", b"\xff", b"\x1b", b"/", b"|", b":"),
    *(b"agi_network: yes\n", b"agi_callerid: 1\n", b"agi_arg_1: num=\n", b"agi_arg_2: x\n"),
    *(b"&num=", b"&name=", b"num=", b"&ch=1", b"a" * 256, b"a" * 257, b"a" * 900, b"a" * 4_000),
)
"""What is put in: all that has a meaning somewhere, and what is as long as a limit."""


@st.composite
def mutated(draw: st.DrawFn, whole: bytes) -> bytes:
    """Return the bytes with up to three changes."""
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(
            st.sampled_from(["put in", "take out", "line twice", "no line", "lines swapped"])
        )
        if kind in {"put in", "take out"}:
            at = draw(st.integers(0, len(whole)))
            until = at + draw(st.integers(0 if kind == "put in" else 1, 12))
            piece = b""
            if kind == "put in":
                piece = draw(st.sampled_from(PIECES) | st.binary(max_size=3))
            whole = whole[:at] + piece + whole[until:]
            continue
        lines = whole.split(b"\n")
        at = draw(st.integers(0, len(lines) - 1))
        line = lines.pop(at)
        if kind == "line twice":
            lines[at:at] = [line, line]
        elif kind == "lines swapped":
            lines.insert(draw(st.integers(0, len(lines))), line)
        whole = b"\n".join(lines)
    return whole


@st.composite
def cut(draw: st.DrawFn, stream: bytes) -> list[bytes]:
    """Return the stream in pieces: whole, byte by byte, or cut anywhere; none of them is empty."""
    how = draw(st.sampled_from(["whole", "byte by byte", "anywhere"]))
    if how == "byte by byte":
        return [bytes([byte]) for byte in stream]
    inside = st.integers(0, len(stream))
    at = draw(st.lists(inside, max_size=4)) if how == "anywhere" else []
    marks = [0, *sorted(at), len(stream)]
    pieces = [stream[a:b] for a, b in pairwise(marks)]
    return [piece for piece in pieces if piece]
