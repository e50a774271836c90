from screener.storage.recent_ids import BLOCK_BITS, MOST_BLOCKS, RecentIds

BLOCK = 1 << BLOCK_BITS


def test_the_newest_calls_are_known_by_their_ids() -> None:
    recent = RecentIds(4, [("five", 5), ("six", 6)])
    recent.add("seven", 7)
    assert [recent.seq_of(name) for name in ("four", "five", "seven")] == [None, 5, 7]
    assert recent.since == 4


def test_an_id_that_comes_again_stands_at_its_newest_place() -> None:
    recent = RecentIds(0, [("a", 1), ("a", 2)])
    assert recent.seq_of("a") == 2
    recent.add("a", BLOCK + 1)
    assert recent.seq_of("a") == BLOCK + 1


def test_whole_blocks_are_forgotten_once_all_their_calls_have_hints() -> None:
    recent = RecentIds(0)
    for seq in (1, BLOCK - 1, BLOCK, 2 * BLOCK):
        recent.add(str(seq), seq)
    recent.forget_up_to(BLOCK - 2)
    assert (recent.since, recent.seq_of("1")) == (0, 1)
    recent.forget_up_to(2 * BLOCK)
    assert recent.since == 2 * BLOCK - 1
    assert [recent.seq_of(str(seq)) for seq in (1, BLOCK, 2 * BLOCK)] == [None, None, 2 * BLOCK]


def test_a_bounded_number_is_remembered_and_what_is_not_is_told() -> None:
    recent = RecentIds(0)
    for block in range(MOST_BLOCKS + 2):
        recent.add(f"in {block}", block * BLOCK + 5)
    assert recent.seq_of("in 1") is None
    assert recent.seq_of("in 2") == 2 * BLOCK + 5
    assert recent.since == 2 * BLOCK - 1
