"""What the kind of a call is, and that remembering the last ones changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from screener.core.call import Attestation, Call
from screener.core.crowd import KNOWN, NEW, Crowd, Fading
from screener.core.crowd_kinds import MOST_CROWDS, Kinds
from screener.core.demand import BY_DID, BY_WHO, JOINT, key_of
from screener.core.settings import CrowdSettings
from tests.builders import NOW, a_call

FADING = Fading(CrowdSettings())

calls = st.lists(
    st.tuples(
        st.sampled_from([KNOWN, NEW]),
        st.sampled_from([Attestation.NONE, Attestation.FULL]),
        st.sampled_from(["sip-a", "pri-1"]),
        st.sampled_from(["", "6515392200", "6515392201"]),
    ),
    max_size=40,
)


def a_call_of(attestation: Attestation, trunk: str, did: str) -> Call:
    return a_call(attestation=attestation, trunk=trunk, did=did)


@given(calls)
def test_calls_of_one_kind_count_in_the_same_crowds_whatever_came_between(
    told: list[tuple[str, Attestation, str, str]],
) -> None:
    few: dict[str, Crowd] = {}
    kinds = Kinds(few, FADING)
    for who, attestation, trunk, did in told:
        call = a_call_of(attestation, trunk, did)
        joint = key_of(JOINT, who, attestation, trunk)
        assert kinds.find(call, who).key == joint
        crowds = kinds.crowds_of(call, who)
        wanted = (BY_WHO + who, "a" + attestation, "t" + trunk, joint, key_of(BY_DID, who, did))
        assert all(crowd is few[key] for crowd, key in zip(crowds, wanted, strict=True))


def test_a_kind_that_is_only_looked_at_makes_no_crowd() -> None:
    few: dict[str, Crowd] = {}
    kinds = Kinds(few, FADING)
    for trunk in ("one", "two", "one"):
        assert kinds.find(a_call(trunk=trunk), NEW).crowds == ()
    assert few == {}


def test_more_crowds_than_there_may_be_are_counted_together() -> None:
    few: dict[str, Crowd] = {}
    kinds = Kinds(few, FADING)
    for place in range(2 * MOST_CROWDS):
        kinds.crowds_of(a_call(trunk=f"trunk-{place}"), NEW)
    assert len(few) <= MOST_CROWDS + 10
    assert kinds.crowd("t-yet-another", NOW) is few["t"]
