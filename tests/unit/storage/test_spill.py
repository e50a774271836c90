import resource
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from screener.storage.spill import Place, Spill, spill_base


@contextmanager
def a_spill(folder: Path, per_file: int = 3) -> Iterator[Spill]:
    spill = Spill(spill_base(folder / "decisions.db"), per_file)
    yield spill
    spill.close()


def held(folder: Path) -> bytes:
    """Return all lines of all files, sorted, without what was blanked."""
    lines = b"\n".join(one.read_bytes() for one in folder.glob("*.waiting-*")).split(b"\n")
    return b" ".join(sorted(line for line in lines if line.strip()))


def test_a_line_is_in_a_file_of_this_user_alone_as_long_as_it_waits(tmp_path: Path) -> None:
    with a_spill(tmp_path / "made") as spill:
        one, two = spill.keep(b"one\n"), spill.keep(b"two\n")
        assert one is not None
        assert two is not None
        (file,) = (tmp_path / "made").iterdir()
        assert file.name.startswith("decisions.db.waiting-")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_bytes() == b"one\ntwo\n"
        spill.drop([one])
        assert (file.read_bytes(), spill.held) == (b"   \ntwo\n", 1)
        spill.drop([two])
        assert (file.read_bytes(), spill.held) == (b"", 0)
        spill.keep(b"three\n")
        assert file.read_bytes() == b"three\n"


def test_files_go_when_their_last_line_goes(tmp_path: Path) -> None:
    with a_spill(tmp_path) as spill:
        places = [spill.keep(b"%d\n" % number) for number in range(8)]
        assert len(list(tmp_path.iterdir())) == 3
        for place in places[:7]:
            assert place is not None
            spill.drop([place])
        assert held(tmp_path) == b"7"
        assert len(list(tmp_path.iterdir())) == 1


def test_closed_it_leaves_what_waits_and_nothing_else(tmp_path: Path) -> None:
    with a_spill(tmp_path) as spill:
        place = spill.keep(b"done\n")
        assert place is not None
        spill.drop([place])
    assert list(tmp_path.iterdir()) == []
    with a_spill(tmp_path) as spill:
        spill.keep(b"waits\n")
    assert held(tmp_path) == b"waits"


def test_lines_in_a_file_that_others_took_away_are_not_held(tmp_path: Path) -> None:
    with a_spill(tmp_path) as spill:
        place = spill.keep(b"lost\n")
        assert place is not None
        next(tmp_path.iterdir()).rename(tmp_path / "elsewhere")
        spill.look()
        assert (spill.held, place.lost) == (0, True)
        spill.keep(b"next\n")
        assert (spill.held, held(tmp_path)) == (1, b"next")
        spill.drop([place])
        assert spill.held == 1


def test_what_a_full_disk_cuts_is_not_kept_and_written_over(tmp_path: Path) -> None:
    with a_spill(tmp_path, per_file=100) as spill:
        spill.keep(b"first\n")
        unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
        # A file that may not grow: a write stops in the middle, as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, unlimited[1]))
        try:
            assert spill.keep(b"a long line that ends too early\n") is None
            assert spill.keep(b"no\n") is not None
            assert spill.keep(b"none\n") is None
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
        spill.keep(b"last\n")
        assert held(tmp_path) == b"first last no"
        assert spill.held == 3


def test_where_no_file_can_be_made_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("a file where the folder should be")
    with a_spill(tmp_path / "folder") as spill:
        assert spill.keep(b"one\n") is None
        assert spill.held == 0


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(st.one_of(st.none(), st.integers(0, 99)), max_size=60))
def test_whatever_is_kept_and_dropped_the_files_hold_just_what_waits(
    steps: list[int | None],
) -> None:
    with tempfile.TemporaryDirectory() as name, a_spill(Path(name)) as spill:
        waiting: dict[bytes, Place | None] = {}
        number = 0
        for step in steps:
            if step is None or not waiting:
                number += 1
                waiting[b"line-%04d" % number] = spill.keep(b"line-%04d\n" % number)
            else:
                place = waiting.pop(sorted(waiting)[step % len(waiting)])
                assert place is not None
                spill.drop([place])
        assert held(Path(name)) == b" ".join(sorted(waiting))
        assert spill.held == len(waiting)
        assert len(list(Path(name).iterdir())) <= len(waiting) + 1


def test_lines_of_several_files_go_at_once(tmp_path: Path) -> None:
    with a_spill(tmp_path) as spill:
        places = [spill.keep(b"%d\n" % number) for number in range(8)]
        spill.drop([place for place in places[1:7] if place is not None])
        assert (held(tmp_path), spill.held, len(list(tmp_path.iterdir()))) == (b"0 7", 2, 2)
        spill.drop([place for place in (places[0], places[7]) if place is not None])
        assert (held(tmp_path), spill.held, len(list(tmp_path.iterdir()))) == (b"", 0, 1)
