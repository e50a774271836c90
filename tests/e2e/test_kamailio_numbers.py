"""A real Kamailio reads a caller's number as the agent does, and tells whose trunk a call came by.

The forms are those that carriers in North America send. Behind it stands a socket that refuses
every call: Asterisk's and the agent's own reading of the same forms is `test_front_trunks`'s.
"""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from screener.adapters.kamailio_link import KamailioLink
from screener.core.front_key import key_of
from screener.core.number import NumberPlan
from screener.lab.ports import LOOPBACK
from screener.protocol.kamailio_rpc import Request, put
from tests.e2e.number_forms import FORMS, NAMELESS, NUMBER, OTHER_FORMS
from tests.e2e.raw_caller import RawCaller
from tests.servers.kamailio import Kamailio, kamailio_or_skip

pytestmark = pytest.mark.e2e

PLAN = NumberPlan("US")
SHED, REFUSED, PASSED = 503, 603, 486
TRUNK = "X-Screener-Trunk"


class Behind:
    """Refuses every call with 486 and keeps what it was asked."""

    def __init__(self) -> None:
        self.invites: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._socket.sendto(b"end", (LOOPBACK, self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while (told := self._socket.recvfrom(65_535))[0] != b"end":
            text = told[0].decode(errors="replace")
            if text.startswith("INVITE"):
                self.invites.append(text)
                kept = re.findall(r"(?mi)^((?:Via|From|To|Call-ID|CSeq):.*?)\r", text)
                answer = "\r\n".join(["SIP/2.0 486 Busy Here", *kept, "Content-Length: 0", "", ""])
                self._socket.sendto(answer.encode(), told[1])

    def trunk(self) -> list[str]:
        """Return what the last call's headers of the trunk say, however they are written."""
        return re.findall(rf"(?mi)^{TRUNK}[ \t]*:[ \t]*(.*?)\r", self.invites[-1])


@contextmanager
def tables(kamailio: Kamailio, *told: Request) -> Iterator[None]:
    async def write(requests: list[Request]) -> None:
        with KamailioLink(str(kamailio.socket)) as link:
            for reply in await link.ask_all(requests):
                assert reply.code == 0, reply.message

    asyncio.run(write(list(told)))
    yield
    asyncio.run(write([Request("htable.flush", (one.params[0],)) for one in told]))


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    made = Behind()
    yield made
    made.close()


@pytest.fixture(scope="module")
def kamailio(behind: Behind, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kamailio]:
    kamailio_or_skip()
    words = {r'"^127\.0\.0\.1$"': r'"^127\.0\.0\.[12]$"'}
    with Kamailio(tmp_path_factory.mktemp("kamailio"), behind.port, words=words) as running:
        yield running


@pytest.fixture(scope="module")
def caller(kamailio: Kamailio) -> Iterator[RawCaller]:
    with RawCaller(kamailio.port, "form") as one:
        yield one


def test_a_known_caller_passes_in_every_form_while_strangers_are_shed(
    kamailio: Kamailio, caller: RawCaller
) -> None:
    known = put("screener_known", NUMBER, 1, 60)
    with tables(kamailio, known, put("screener_front", "shed", 1000, 60)):
        told = {form: caller.call(form) for form in FORMS}
        others = {form: caller.call(form) for form in (*OTHER_FORMS, *NAMELESS)}
    assert told == dict.fromkeys(FORMS, PASSED)
    assert others == dict.fromkeys(others, SHED)


def test_an_invite_sent_again_is_no_second_call_to_be_shed(
    kamailio: Kamailio, caller: RawCaller, behind: Behind
) -> None:
    stranger = "sip:+16515550177@{here}"
    assert caller.call(stranger) == PASSED
    asked = len(behind.invites)
    with tables(kamailio, put("screener_front", "shed", 1000, 60)):
        assert caller.repeat() == PASSED
        assert caller.call(stranger) == SHED
    assert len(behind.invites) == asked


def test_a_denied_number_is_refused_in_every_form_and_in_no_other(
    kamailio: Kamailio, caller: RawCaller
) -> None:
    with tables(kamailio, put("screener_blocks", NUMBER, 60301, 60)):
        told = {form: caller.call(form) for form in FORMS}
        others = {form: caller.call(form) for form in (*OTHER_FORMS, *NAMELESS)}
    assert told == dict.fromkeys(FORMS, REFUSED)
    assert others == dict.fromkeys(others, PASSED)


def test_the_agent_reads_the_same_number_in_these_forms() -> None:
    for form in FORMS:
        assert key_of(PLAN.read(FORMS[form]).identity) == NUMBER, form
    for form, text in OTHER_FORMS.items():
        assert key_of(PLAN.read(text).identity) != NUMBER, form


def test_strangers_and_the_nameless_by_a_denied_trunk_are_refused(
    kamailio: Kamailio, caller: RawCaller
) -> None:
    told = (
        put("screener_trunks", LOOPBACK, "carrier-a", 60),
        put("screener_blocks", "trunk:carrier-a", 60306, 60),
        put("screener_known", NUMBER, 1, 60),
        put("screener_known", "+1212*", 1, 60),
        put("screener_front", "lengths", "5", 60),
    )
    with tables(kamailio, *told):
        assert caller.call("sip:+16515550999@{here}") == REFUSED
        assert caller.call("sip:6515550999@{here};user=phone") == REFUSED
        assert {caller.call(form) for form in NAMELESS} == {REFUSED}
        assert caller.call(f"sip:{NUMBER}@{{here}}") == PASSED
        assert caller.call("sip:2125550100@{here}") == PASSED
        assert caller.call("sip:911@{here}") == PASSED
        assert caller.call("sip:+16515550999;ext=5@{here}") == PASSED
        with RawCaller(kamailio.port, "other", "127.0.0.2") as other:
            assert other.call("sip:+16515550999@{here}") == PASSED
    assert caller.call("sip:+16515550999@{here}") == PASSED


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (f"{TRUNK}: carrier-b",),
        (f"{TRUNK.lower()}:carrier-b", f"{TRUNK.upper()} : carrier-c"),
        (f"{TRUNK}\t: carrier-b", f"{TRUNK}:\r\n carrier-c", f"{TRUNK}:"),
    ],
)
def test_only_kamailio_says_by_which_trunk_a_call_came(
    kamailio: Kamailio, caller: RawCaller, behind: Behind, lines: tuple[str, ...]
) -> None:
    with tables(kamailio, put("screener_trunks", LOOPBACK, "carrier-a", 60)):
        assert caller.call("sip:+16515550999@{here}", *lines) == PASSED
        assert behind.trunk() == ["carrier-a"]
        with RawCaller(kamailio.port, "other", "127.0.0.2") as other:
            assert other.call("sip:+16515550999@{here}", *lines) == PASSED
        assert behind.trunk() == []


def test_an_asserted_identity_is_read_as_the_sender_s_is(
    behind: Behind, tmp_path_factory: pytest.TempPathFactory
) -> None:
    words = {"##!define WITH_PAI": "#!define WITH_PAI"}
    forms = [form for form in FORMS if not form.startswith("sips")]
    with (
        Kamailio(tmp_path_factory.mktemp("asserting"), behind.port, words=words) as kamailio,
        RawCaller(kamailio.port, "pai") as caller,
        tables(kamailio, put("screener_blocks", NUMBER, 60301, 60)),
    ):
        uris = {form: form.replace("{here}", "127.0.0.1") for form in forms}
        told = {
            form: caller.call("sip:anonymous@{here}", f"P-Asserted-Identity: <{uri}>")
            for form, uri in uris.items()
        }
        other = caller.call(
            f"sip:{NUMBER}@{{here}}", "P-Asserted-Identity: <sip:+16515550999@127.0.0.1>"
        )
    assert told == dict.fromkeys(forms, REFUSED)
    assert other == PASSED
