"""Boards: rendered once for all who watch, only changes sent, all of it now and then."""

from screener.web.hub_board import WHOLE_EVERY, Board
from screener.web.sse import Viewer
from tests.unit.web.test_sse import read


class Page:
    """What a board renders, and how often it was asked to."""

    def __init__(self) -> None:
        self.parts = {"cards": "1", "calls": "a\nb"}
        self.renders = 0

    def __call__(self) -> dict[str, str]:
        self.renders += 1
        return self.parts


async def heard(viewer: Viewer) -> list[tuple[str, str]]:
    return read(await viewer.next() or b"")


async def test_a_new_viewer_gets_all_fragments_and_then_changes_alone() -> None:
    page = Page()
    board = Board(page)
    with board.join() as (viewer, first):
        assert read(b"".join(first)) == [("part", "cards\n1"), ("part", "calls\na\nb")]
        page.parts = {**page.parts, "cards": "2"}
        board.tick()
        assert await heard(viewer) == [("part", "cards\n2")]
        board.tick()
        page.parts = {**page.parts, "cards": "3"}
        board.tick()
        assert await heard(viewer) == [("part", "cards\n3")]


async def test_a_tick_renders_once_however_many_watch_and_never_for_nobody() -> None:
    page = Page()
    board = Board(page)
    board.tick()
    assert page.renders == 0
    with board.join() as (one, _), board.join() as (other, _):
        before = page.renders
        page.parts = {"cards": "new"}
        board.tick()
        assert page.renders == before + 1
        assert await heard(one) == await heard(other) == [("part", "cards\nnew")]
    assert len(board) == 0


async def test_who_comes_later_has_what_the_others_have() -> None:
    page = Page()
    board = Board(page)
    with board.join():
        page.parts = {"cards": "unsent"}
        with board.join() as (late, first):
            assert read(b"".join(first)) == [("part", "cards\n1"), ("part", "calls\na\nb")]
            board.tick()
            assert await heard(late) == [("part", "cards\nunsent")]


async def test_what_a_slow_viewer_lost_comes_again() -> None:
    page = Page()
    board = Board(page)
    with board.join() as (viewer, _):
        for _ in range(WHOLE_EVERY):
            board.tick()
        assert len(await heard(viewer)) == 2


async def test_a_closed_board_ends_its_streams() -> None:
    board = Board(Page())
    with board.join() as (viewer, _):
        board.close()
        assert await viewer.next() is None
