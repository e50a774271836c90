"""What Asterisk says of a call at the start of a FastAGI session, as the sample dialplan asks.

Each call comes from a number not seen before (`callers`). Who writes it to a server is left to
the generators.
"""

import hashlib
from urllib.parse import quote

from tests.bench.callers import spoofed

_LINES = """\
agi_network: yes
agi_network_script: screen/{digest}
agi_request: agi://127.0.0.1:4591/screen/{digest}
agi_channel: PJSIP/trunk-{index:08x}
agi_language: en
agi_type: PJSIP
agi_uniqueid: 1800000000.{index}
agi_version: 22.10.1
agi_callerid: {number}
agi_calleridname: unknown
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 6515392200
agi_rdnis: unknown
agi_context: screener
agi_extension: s
agi_priority: 34
agi_enhanced: 0.0
agi_accountcode:{blank}
agi_threadid: 140000000000000
agi_arg_1: {facts}

"""
_FACTS = (
    "num={number}&name=&pres=allowed_not_screened&did=6515392200&trunk=trunk&src=127.0.0.1%3A5060"
    "&att=&ver=&orig=&uid=1800000000.{index}&linked=1800000000.{index}&sip=bench-{index}"
    "&chan=PJSIP%2Ftrunk-{index:08x}&qw=0&ql=8&qr=8&ch=1"
)


def environment(index: int) -> bytes:
    """Return one call's environment: 23 lines and the blank one."""
    number = spoofed(index)
    facts = _FACTS.format(number=quote(number), index=index)
    digest = hashlib.md5(facts.encode(), usedforsecurity=False).hexdigest()
    text = _LINES.format(digest=digest, index=index, number=number, facts=facts, blank=" ")
    return text.encode()


def environment_lines(index: int) -> list[bytes]:
    """Return its lines, each as Asterisk writes it."""
    return environment(index).splitlines(keepends=True)
