import pytest

from screener.config.problems import in_order, validated, written
from screener.config.schema import Document
from screener.config.sections import MOST_TOLD
from screener.config.yaml_tree import Path, read_tree
from screener.errors import Place


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((), "the configuration"),
        (("site",), "site"),
        (("limits", 0, "windows", 1, "per"), "limits[0].windows[1].per"),
        (("a\x1b[31m",), "a?[31m"),
    ],
)
def test_a_path_is_written_as_people_point_at_it(path: Path, name: str) -> None:
    assert written(path) == name


def test_problems_are_told_by_place_the_own_file_first_and_each_once() -> None:
    late, early, other = Place("f", 9, 1), Place("f", 2, 7), Place("a-list", 1, 1)
    told = in_order([(other, "c"), (late, "b"), (early, "a"), (late, "b")], "f")
    assert told == [(early, "a"), (late, "b"), (other, "c")]


def test_a_flood_of_problems_is_cut_short() -> None:
    told = in_order([(Place("f", line, 1), "x") for line in range(1, 5_000)], "f")
    assert len(told) == MOST_TOLD + 1
    assert told[-1] == (Place("f"), "only the first 100 problems are shown")


def test_a_good_document_has_no_problems() -> None:
    document, problems = validated(read_tree("version: 1\n", "f"), Document)
    assert document is not None
    assert problems == []


def test_a_hundred_thousand_unknown_keys_are_refused_in_bounded_words() -> None:
    text = "version: 1\n" + "".join(f"key{number}: 1\n" for number in range(20_000))
    document, problems = validated(read_tree(text, "f"), Document)
    assert document is None
    assert len(problems) <= 10 * MOST_TOLD
