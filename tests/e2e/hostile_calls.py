"""What hostile callers write into the SIP headers, for `scenarios/hostile.xml`."""

import re
from urllib.parse import quote

from tests.e2e.screened_site import DID, STAYS_MS

VIP = "+16512220100"
STRANGER = "+16512220200"
CALLED = "6515392200"

FORGERIES = {
    "a line more": f"{VIP}\nagi_uniqueid: forged",
    "a line more, CRLF": f"{VIP}\r\nagi_arg_9: x",
    "a carriage return": f"{VIP}\rX",
    "an early end": f"{VIP}\n\n",
    "a reply": f"{VIP}\n\n200 result=1\n",
    "a reply that set it": f"{VIP}\n\n200 result=0",
    "a hangup": f"{VIP}\n\nHANGUP\n",
    "the next line": f"{VIP}\nagi_calleridname: Ann",
    "the argument": f"{VIP}\nagi_arg_1: num={quote(VIP)}\n\n",
}
"""All shorter than the 79 bytes that Asterisk leaves of a number."""

INERT = {
    "shell": "${SHELL(touch CANARY)}",
    "shell behind the number": f"{VIP}${{SHELL(touch CANARY)}}",
    "system": "1)}&System(touch CANARY)",
    "expression": "$[1 + 1]",
    "separators": f"{VIP},1,1&PJSIP/operator1",
    "cut by a colon": f"{VIP})x:0:12",
    "quotes": f"'{VIP}\"`id`",
    "terminal": f"\x1b[2J\x1b]0;x\x07{VIP}\x9b31m",
    "bidi": f"\u202e{VIP}\u2066",
    "other digits": "+1\u0666\u0665\u0661\u0662\u0662\u0662\u0660\u0661\u0660\u0660",
    "wide": "\uff0b\uff11" + VIP[2:],
    "cut off": VIP + "0" * 90,
    "tab": f"{VIP}\t",
    "space inside": f"{VIP} {STRANGER}",
    "null": f"{VIP}0\x00",
}

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but the line feed, and the marks that turn text around."""


def row(
    user: str = STRANGER,
    *,
    name: str = "Ann",
    asserted: str = STRANGER,
    diverted: str = CALLED,
    called: str = DID,
) -> tuple[str, ...]:
    """Return the fields of `scenarios/hostile.xml`; all but the name are user parts, unquoted."""

    def address(part: str) -> str:
        return f"<sip:{quote(part, safe='')}@127.0.0.1>"

    sender = f'"{name}" {address(user)}'
    return (quote(called, safe=""), sender, address(asserted), address(diverted), str(STAYS_MS))
