from pathlib import Path

import pytest

from screener.config.list_sources import first_columns, gather_entries
from screener.config.yaml_tree import read_tree
from screener.core.number import NumberPlan

PLAN = NumberPlan("US")


def gather(folder: Path, text: str) -> tuple[dict[int, tuple[str, ...]], list[str]]:
    gathered = gather_entries(read_tree(text, "f.yaml"), PLAN, folder)
    told = [f"{place}: {told}".replace(str(folder), "D") for place, told in gathered.problems]
    return gathered.of_files, told


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("+16515550142", "+16515550142"),
        ("  +16515550142  ", "+16515550142"),
        ("+16515550142,Smith,since 2026", "+16515550142"),
        ("+16515550142;Smith", "+16515550142"),
        ("+16515550142\tSmith", "+16515550142"),
        ('"+1 651 555 0142",Smith', "+1 651 555 0142"),
        ("+16515550142\r", "+16515550142"),
    ],
)
def test_the_first_column_of_a_line_is_the_entry(line: str, entry: str) -> None:
    assert [found for _, _, found in first_columns(line)] == [entry]


def test_comments_and_empty_lines_are_skipped_but_counted() -> None:
    text = "# head\n\n+16515550142\n   # more\n\t911\n"
    assert list(first_columns(text)) == [(3, 1, "+16515550142"), (5, 2, "911")]


def test_a_list_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("+16515550142\n+1900*\n", "utf-8")
    assert gather(tmp_path, "lists: [{file: n.txt}]") == ({0: ("+16515550142", "+1900*")}, [])


def test_each_wrong_line_is_told_by_file_and_line_without_repeating_it(tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("+16515550142\nhello\n ,x\n", "utf-8")
    _, told = gather(tmp_path, "lists: [{file: n.txt}]")
    assert [line.split(" ")[0] for line in told] == ["D/n.txt:2:1:", "D/n.txt:3:2:"]
    assert "hello" not in "".join(told)


def test_a_file_that_cannot_be_read_is_told_where_it_is_named(tmp_path: Path) -> None:
    _, told = gather(tmp_path, "lists:\n  - file: n.txt\n")
    assert told == ["f.yaml:2:11: lists[0].file: D/n.txt cannot be read: No such file or directory"]


def test_a_file_of_nonsense_is_given_up_early(tmp_path: Path) -> None:
    (tmp_path / "n.txt").write_text("hello\n" * 100_000, "utf-8")
    _, told = gather(tmp_path, "lists: [{file: n.txt}]")
    assert 100 < len(told) < 1_000


@pytest.mark.parametrize(
    "text", ["", "5", "lists: 5", "lists: [5]", "lists: [{entries: 5, file: 6}]"]
)
def test_what_is_no_list_is_left_to_the_schema(tmp_path: Path, text: str) -> None:
    assert gather(tmp_path, text) == ({}, [])
