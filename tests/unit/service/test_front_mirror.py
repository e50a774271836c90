"""A table kept in line: what is written, renewed, dropped, and in which order."""

from hypothesis import given
from hypothesis import strategies as st

from screener.service.front_mirror import Mirror, Standing, Write

NOW = 1_000.0


class Truth:
    """What is to stand; a test changes it."""

    def __init__(self) -> None:
        self.until: dict[str, float] = {}

    def __call__(self, key: str, now: float) -> Standing | None:
        until = self.until.get(key, 0.0)
        return Standing(60301, until) if until > now else None


def a_mirror(truth: Truth, most: int = 100) -> Mirror:
    return Mirror(truth, most)


def test_a_touched_key_is_written_once_and_never_beyond_its_end() -> None:
    truth = Truth()
    mirror = a_mirror(truth)
    truth.until["a"] = NOW + 30.9
    mirror.touch("a")
    assert mirror.next_writes(NOW, 10) == [Write("a", 60301, 29)]
    assert mirror.next_writes(NOW, 10) == []
    assert ("a" in mirror, len(mirror)) == (True, 1)


def test_what_ends_at_once_is_not_written() -> None:
    truth = Truth()
    mirror = a_mirror(truth)
    truth.until["a"] = NOW + 2.5
    mirror.touch("a")
    assert mirror.next_writes(NOW, 10) == []


def test_a_key_is_renewed_at_half_its_life_while_it_is_to_stand() -> None:
    truth = Truth()
    mirror = a_mirror(truth)
    truth.until["a"] = NOW + 101
    mirror.touch("a")
    mirror.next_writes(NOW, 10)
    assert mirror.next_writes(NOW + 49, 10) == []
    assert mirror.next_writes(NOW + 51, 10) == [Write("a", 60301, 49)]
    truth.until.clear()
    assert mirror.next_writes(NOW + 80, 10) == [Write("a", None)]
    assert len(mirror) == 0


def test_what_calls_and_people_touch_comes_before_the_rest() -> None:
    truth = Truth()
    mirror = a_mirror(truth)
    for key in "abc":
        truth.until[key] = NOW + 100
    mirror.touch_all("ab")
    mirror.touch("c")
    assert [write.key for write in mirror.next_writes(NOW, 1)] == ["c"]
    assert mirror.waiting == 2


def test_a_full_table_takes_no_more_and_says_so() -> None:
    truth = Truth()
    mirror = a_mirror(truth, most=2)
    for key in "abc":
        truth.until[key] = NOW + 100
    mirror.touch_all("abc")
    assert len(mirror.next_writes(NOW, 10)) == 2
    assert (len(mirror), mirror.left_out) == (2, 1)


def test_what_a_person_did_finds_a_place_where_there_is_none() -> None:
    truth = Truth()
    mirror = a_mirror(truth, most=2)
    for key in "abcd":
        truth.until[key] = NOW + 100
    mirror.touch_all("ab")
    mirror.next_writes(NOW, 10)
    mirror.touch("d")
    mirror.touch_surely("c")
    assert [write.key for write in mirror.next_writes(NOW, 10)] == ["c"]
    assert (len(mirror), mirror.left_out) == (3, 1)


def test_what_may_not_have_arrived_is_written_again() -> None:
    truth = Truth()
    mirror = a_mirror(truth)
    for key in "ab":
        truth.until[key] = NOW + 100
        mirror.touch(key)
    mirror.next_writes(NOW, 10)
    del truth.until["a"]
    mirror.touch("a")
    lost = mirror.next_writes(NOW, 10)
    assert lost == [Write("a", None)]
    mirror.unsure([*lost, Write("b", 60301, 99)])
    assert set(mirror.next_writes(NOW, 10)) == {Write("a", None), Write("b", 60301, 99)}
    assert mirror.next_writes(NOW, 10) == []


def test_an_emptied_table_is_written_again_or_left_alone() -> None:
    truth = Truth()
    mirror = a_mirror(truth)
    truth.until["a"] = NOW + 100
    mirror.touch("a")
    mirror.next_writes(NOW, 10)
    mirror.emptied()
    assert mirror.next_writes(NOW, 10) == [Write("a", 60301, 99)]
    mirror.touch("a")
    mirror.emptied(again=False)
    assert (mirror.next_writes(NOW + 60, 10), len(mirror)) == ([], 0)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcde"), st.sampled_from(["touch", "end", "begin"])),
        max_size=60,
    ),
    st.integers(1, 4),
)
def test_after_every_turn_the_far_table_holds_what_is_to_stand(
    steps: list[tuple[str, str]], most: int
) -> None:
    truth, now = Truth(), NOW
    far: dict[str, float] = {}
    mirror = a_mirror(truth)
    for key, what in steps:
        if what == "begin":
            truth.until[key] = now + 40
        elif what == "end":
            truth.until.pop(key, None)
        mirror.touch(key)
        for write in mirror.next_writes(now, most):
            if write.value is None:
                del far[write.key]
            else:
                far[write.key] = now + write.ttl_s
        now += 1.0
        far = {one: until for one, until in far.items() if until >= now}
        for one, until in far.items():
            assert until + 1.0 <= truth.until.get(one, now + 41) + 1.0
    for write in mirror.next_writes(now, 100):
        if write.value is None:
            far.pop(write.key, None)
        else:
            far[write.key] = now + write.ttl_s
    standing = {key for key, until in truth.until.items() if until > now + 3}
    assert set(far) >= standing
    assert set(far) <= set(truth.until)
