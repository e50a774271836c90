"""What people rely on in every store of the decision log: the same calls, the same answers.

Calls are always written as the agent writes them, into an edge's own log; from there they are
shipped to the central one, a real PostgreSQL.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import pytest

from screener.core.outcome import Event, Outcome
from screener.storage.call_log import CallLog, EdgeLog, NewCalls
from screener.storage.call_marks import mark_not_spam
from screener.storage.central import reading
from screener.storage.central.following import CentralFollower
from screener.storage.central.shipper import Edge, Shipper
from screener.storage.keys import Keys, load_keys
from screener.storage.log_follow import Follower
from screener.storage.log_query import Filter, Found, open_to_read
from screener.storage.log_stats import By
from screener.storage.pseudonyms import pseudonym
from screener.storage.retention import Retention
from screener.storage.subjects import Asker, Subjects
from tests.servers.postgres_server import shared_postgres
from tests.unit.storage.logs import OpenLog, at, refused

CALLS = 300
START = float(int(time.time()) - 5 * 3_600)  # noqa: TID251 - PostgreSQL forgets by its own clock
"""When the first call came; one a minute."""
SOON = 60.0
WITHHELD = {"presentation": "prohib"}


def id_of(place: int) -> str:
    return f"{place:016x}"


class Store:
    """A log of calls to read, over one that calls are written into."""

    def __init__(self, log: OpenLog) -> None:
        self.log = log

    def settle(self) -> None:
        """Bring what was written to where it is read."""

    @contextmanager
    def read(self) -> Iterator[CallLog]:
        connection = open_to_read(self.log.path)
        try:
            yield EdgeLog(connection)
        finally:
            connection.close()

    def follow(self, wanted: Filter) -> NewCalls:
        return Follower(self.log.path, wanted)

    def calls_of_number(self, identity: str, keys: Keys) -> list[Found]:
        subjects = Subjects(self.log.path, keys)
        try:
            return list(subjects.export(identity, Asker("anna", "ticket 7", START)))
        finally:
            subjects.close()


class CentralStore(Store):
    def __init__(self, log: OpenLog, dsn: str) -> None:
        super().__init__(log)
        edge = Edge("edge-1", log.path, load_keys(log.keys), Retention(), batch=70)
        self.dsn = dsn
        self.shipper = Shipper(edge, dsn, time.monotonic)

    def settle(self) -> None:
        while self.shipper.round():
            pass

    @contextmanager
    def read(self) -> Iterator[CallLog]:
        with reading.opened(self.dsn) as log:
            yield log

    def follow(self, wanted: Filter) -> NewCalls:
        return CentralFollower(self.dsn, wanted)

    def calls_of_number(self, identity: str, keys: Keys) -> list[Found]:
        with reading.opened(self.dsn) as log:
            return list(log.calls_of_number(identity, keys))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("central", marks=pytest.mark.e2e)])
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    log = OpenLog(tmp_path_factory.mktemp("log"))
    log.clock.now = START
    log.upkeep.step()
    write(log)
    if request.param == "sqlite":
        yield Store(log)
    else:
        central = CentralStore(log, shared_postgres().new_database())
        central.settle()
        yield central
        central.shipper.close()
    log.upkeep.close()


def write(log: OpenLog) -> None:
    for place in range(CALLS):
        log.clock.now = moment = START + SOON * place
        facts = {
            "trunk": f"trunk-{place % 3}",
            "did": f"+1651539220{place % 5}",
            "attestation": "C" if place % 50 == 4 else "",
            "verification": "success" if place % 50 == 4 else "",
            **(WITHHELD if place % 29 == 1 else {}),
        }
        decision = at(moment, id_of(place), f"+165155501{place % 97:02d}", **facts)
        log.decisions(refused(decision) if place % 4 == 0 else decision)
        if place % 7 == 1:
            log.decisions.outcome(id_of(place), Outcome(Event.QUEUE_JOINED, ago_s=20.0))
            log.decisions.outcome(id_of(place), Outcome(Event.ANSWERED, 5.5))
        if place % 60 == 30:
            log.decisions.outcome(id_of(place), Outcome(Event.ABANDONED))
    log.decisions.fault("", "1700000000.7", "ValueError")


def places(calls: list[Found]) -> list[int]:
    return [int(str(call["id"]), 16) for call in calls if call["id"]]


def all_of(log: CallLog, wanted: Filter, limit: int = 41) -> list[Found]:
    found: list[Found] = []
    before: int | None = None
    while True:
        page = log.page(wanted, limit=limit, before=before)
        assert len(page.calls) <= limit
        found += page.calls
        if page.before is None:
            return found
        before = page.before


EVERY = list(reversed(range(CALLS)))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), EVERY),
        (Filter(verdict="drop"), [one for one in EVERY if one % 4 == 0]),
        (Filter(would="drop"), [one for one in EVERY if one % 4 == 0]),
        (Filter(trunk="trunk-2"), [one for one in EVERY if one % 3 == 2]),
        (Filter(did="+16515392203"), [one for one in EVERY if one % 5 == 3]),
        (Filter(outcome="answered"), [one for one in EVERY if one % 7 == 1]),
        (Filter(outcome="abandoned"), [one for one in EVERY if one % 60 == 30]),
        (Filter(reason="attestation-c"), [one for one in EVERY if one % 50 == 4]),
        (
            Filter(verdict="drop", trunk="trunk-1", did="+16515392202"),
            [one for one in EVERY if one % 60 == 52],
        ),
        (Filter(since=START + SOON * 100, until=START + SOON * 200), EVERY[100:200]),
        (Filter(caller="*42"), [one for one in EVERY if one % 97 == 42 and one % 29 != 1]),
        (Filter(caller="%"), []),
        (Filter(caller="_*"), []),
        (Filter(caller="*?"), []),
        (Filter(caller="\\*"), []),
        (Filter(trunk="'; DROP TABLE calls"), []),
        (Filter(reason="%"), []),
        (Filter(outcome="x"), []),
        (Filter(until=START), []),
    ],
)
def test_every_call_that_fits_is_found_once_newest_first(
    store: Store, wanted: Filter, expected: list[int]
) -> None:
    with store.read() as log:
        assert places(all_of(log, wanted)) == expected
        assert places(all_of(log, wanted, limit=1_000)) == expected


def test_a_number_and_a_prefix_are_found_by_their_pseudonyms(store: Store) -> None:
    keys = load_keys(store.log.keys)
    named = [one for one in EVERY if one % 29 != 1]
    number = pseudonym("number", "+16515550142", keys)
    prefix = pseudonym("prefix", "+1651555", keys)
    with store.read() as log:
        assert log.keys(store.log.keys) == keys
        assert log.closed_to(keys) == ""
        found = places(all_of(log, Filter(number=number), limit=2))
        assert found == [one for one in named if one % 97 == 42]
        assert places(all_of(log, Filter(prefix=prefix))) == named
        assert all_of(log, Filter(number=prefix)) == []


def test_a_page_ends_where_its_limit_is_and_says_where_to_go_on(store: Store) -> None:
    with store.read() as log:
        first = log.page(Filter(), limit=50)
        assert (len(first.calls), first.before) == (50, first.calls[-1]["seq"])
        rest = log.page(Filter(), limit=1_000, before=first.before)
        assert rest.before is None
        assert len(rest.calls) == CALLS + 1 - 50
        assert log.page(Filter(), limit=5, before=-(10**15)).before is None


def test_a_call_is_found_by_its_id_with_all_that_is_kept_of_it(store: Store) -> None:
    with store.read() as log:
        found = log.find(id_of(8))
        assert found is not None
        assert "number_key" not in found
        assert found["reasons"] == ["score"] or isinstance(found["reasons"], list)
        assert isinstance(found["signals"], list)
        assert (found["at"], found["trunk"]) == (START + SOON * 8, "trunk-2")
        assert found["outcomes"] == [
            {"at": START + SOON * 8 - 20.0, "event": "queue_joined", "talk_s": 0.0},
            {"at": START + SOON * 8, "event": "answered", "talk_s": 5.5},
        ]
        assert log.find("f" * 16) is None


def test_the_caller_of_a_call_is_opened_with_the_keys_and_withheld_ones_are_none(
    store: Store,
) -> None:
    keys = load_keys(store.log.keys)
    with store.read() as log:
        assert log.caller_of(id_of(42), keys) == "+16515550142"
        assert log.caller_of(id_of(30), keys) == ""
        assert log.caller_of("f" * 16, keys) == ""


def test_whose_calls_are_is_told_as_the_pseudonym_that_finds_them(store: Store) -> None:
    key = pseudonym("number", "+16515550142", load_keys(store.log.keys))
    with store.read() as log:
        assert log.number_key(id_of(42)) == key
        assert log.number_key(id_of(30)) is None
        assert log.number_key("f" * 16) is None
        of_caller = [int(str(call["seq"])) for call in all_of(log, Filter(number=key))]
        withheld = int(str((log.find(id_of(30)) or {})["seq"]))
        assert log.number_keys([*of_caller, withheld, 10**12]) == dict.fromkeys(of_caller, key)
        assert log.number_keys([]) == {}


def test_a_call_is_found_at_its_place(store: Store) -> None:
    with store.read() as log:
        found = log.find(id_of(8))
        assert found is not None
        assert log.call_at(int(str(found["seq"]))) == found
        assert log.call_at(10**12) is None


def test_what_was_written_behind_a_place_is_told_newest_first(store: Store) -> None:
    with store.read() as log:
        found = all_of(log, Filter(), limit=1_000)
        seqs = sorted((int(str(call["seq"])) for call in found), reverse=True)
        assert log.tip() == seqs[0]
        assert log.behind(Filter(), seqs[0], 10) == []
        behind = log.behind(Filter(), seqs[7], 100)
        assert [int(str(call["seq"])) for call in behind] == seqs[:7]
        assert len(log.behind(Filter(), 0, 20)) == 20
        dropped = log.behind(Filter(verdict="drop"), seqs[40], 5)
        assert {call["verdict"] for call in dropped} == {"drop"}
        assert len(dropped) == 5


def test_all_calls_of_a_number_are_told_with_it_withheld_ones_without(store: Store) -> None:
    keys = load_keys(store.log.keys)
    found = store.calls_of_number("+16515550101", keys)
    its = [one for one in EVERY if one % 97 == 1]
    assert places(found) == its
    assert [call["number"] for call in found] == [
        None if one % 29 == 1 else "+16515550101" for one in its
    ]
    assert None in [call["number"] for call in found]
    assert store.calls_of_number("+16515559999", keys) == []


def test_a_fault_of_ours_is_a_call_without_an_id(store: Store) -> None:
    with store.read() as log:
        fault = [call for call in all_of(log, Filter()) if not call["id"]]
    assert [(one["error"], one["uniqueid"]) for one in fault] == [("ValueError", "1700000000.7")]


def figures(log: CallLog, by: By | None = None) -> dict[str, Any]:
    return asdict(log.stats(START + SOON * 10, START + SOON * 250, by))


@pytest.mark.parametrize("by", [None, By.TRUNK, By.HOUR, By.REASON, By.DID, By.CLASS, By.CONFIG])
def test_figures_are_those_of_the_edges_own_log(store: Store, by: By | None) -> None:
    own = Store(store.log)
    with store.read() as log, own.read() as edge:
        assert figures(log, by) == figures(edge, by)
        assert log.stats(START + 10 * SOON, START + 250 * SOON).total.calls == 240
        assert log.stats(until=START).total.calls == 0
        assert log.stats().total.faults == 1


def test_every_call_is_told_as_the_edges_own_log_tells_it(store: Store) -> None:
    own = Store(store.log)
    with store.read() as log, own.read() as edge:
        told = [{**call, "seq": 0} for call in all_of(log, Filter())]
        for call in told:
            call.pop("edge", None)
        # The fault came in the same moment as the last call.
        assert sorted(told, key=str) == sorted(
            ({**call, "seq": 0} for call in all_of(edge, Filter())), key=str
        )


def test_what_comes_later_shows_a_new_call_an_outcome_and_a_mark(store: Store) -> None:
    late = id_of(9_000)
    store.log.clock.now = moment = START + SOON * 1_000
    store.log.decisions(at(moment, late, "+16515550199"))
    store.settle()
    with store.read() as log:
        assert (log.find(late) or {})["outcomes"] == []
    store.log.decisions.outcome(late, Outcome(Event.ANSWERED, 9.0))
    store.settle()
    mark_not_spam(store.log.path, late, moment)
    store.settle()
    with store.read() as log:
        found = log.find(late)
        assert found is not None
        assert [one["event"] for one in found["outcomes"]] == ["answered", "not_spam"]  # type: ignore[attr-defined]  # a list of maps
        assert log.page(Filter(), limit=1).calls[0]["id"] == late


def test_new_calls_are_told_once_as_they_are_written_and_filtered(store: Store) -> None:
    everything, refusals = store.follow(Filter()), store.follow(Filter(verdict="drop"))
    try:
        assert everything.look() == refusals.look() == []
        with store.read() as log:
            assert everything.newest == refusals.newest == log.tip()
        keys = load_keys(store.log.keys)
        for first in (9_100, 9_200):
            ids = [id_of(first + one) for one in range(90)]  # more than one batch
            for place, call_id in enumerate(ids):
                decision = at(START + SOON * first + place, call_id, "+16515550188")
                store.log.decisions(refused(decision) if place % 9 == 0 else decision)
            store.settle()
            found = everything.look()
            assert [call["id"] for call in found] == ids
            assert everything.look() == []
            assert [call["id"] for call in refusals.look()] == ids[::9]
            seqs = [int(str(call["seq"])) for call in found]
            key = pseudonym("number", "+16515550188", keys)
            assert everything.number_keys(seqs) == dict.fromkeys(seqs, key)
        with store.read() as log:
            assert everything.newest == log.tip()
            assert {**found[0]} == log.find(ids[0])
        assert everything.trouble == ""
    finally:
        everything.close()
        refusals.close()
