import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screener.config.yaml_tree import MAX_DEPTH, read_tree
from screener.errors import ConfigError


def refusals(text: str) -> list[str]:
    try:
        tree = read_tree(text, "f")
    except ConfigError as error:
        return [f"{place}: {told}" for place, told in error.problems]
    return [f"{place}: {told}" for place, told in tree.problems]


def test_a_document_becomes_plain_data_with_places() -> None:
    tree = read_tree("a:\n  - b: 1\n    c: 'x'\nd: null\n", "f.yaml")
    assert tree.value == {"a": [{"b": 1, "c": "x"}], "d": None}
    assert tree.problems == []
    assert str(tree.place(("a", 0, "c"))) == "f.yaml:3:8"
    assert str(tree.place(("a", 0, "c"), key=True)) == "f.yaml:3:5"
    assert str(tree.place(("a", 0))) == "f.yaml:2:5"
    assert str(tree.place(("d",), key=True)) == "f.yaml:4:1"


def test_a_missing_value_is_placed_at_what_should_hold_it() -> None:
    tree = read_tree("a:\n  b: 1\n", "f.yaml")
    assert str(tree.place(("a", "nope"))) == "f.yaml:2:3"
    assert str(tree.place(("a", "b", "deeper"))) == "f.yaml:2:6"


def test_an_empty_text_is_nothing_at_no_line() -> None:
    tree = read_tree("# only a comment\n", "f.yaml")
    assert tree.value is None
    assert str(tree.place(("version",))) == "f.yaml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", 'f:3:1: key "a" stands here again; first at f:1:1'),
        ("a: &x 1\n", "f:1:4: anchors (&name) are not allowed; write the value out"),
        ("a: *x\n", "f:1:4: aliases (*name) are not allowed; write the value out"),
        ("<<: {a: 1}\n", "f:1:1: merge keys (<<) are not allowed; write the values out"),
        ("a: !!str 1\n", "f:1:4: tags (!name) are not allowed"),
        ("a: !x [1]\n", "f:1:4: tags (!name) are not allowed"),
        ("%YAML 1.1\n---\na: 1\n", "f:1:1: directives (%YAML, %TAG) are not allowed"),
        ("a: 1\n---\nb: 1\n", "f:2:1: a second document; one file holds one"),
        ("1: a\n", "f:1:1: a key must be a text"),
        ("? [a]\n: b\n", "f:1:3: a key must be a text"),
        ("no: a\n", "f:1:1: write true or false; put it in quotes if it is a text"),
        (
            "a: 2016-11-01\n",
            "f:1:4: YAML reads this as something else than a text; put it in quotes",
        ),
        (
            "a: b\x01\n",
            "f:1:5: a control character; only printable text, tabs and line ends are allowed",
        ),
        ("a: b: c\n", "f:1:5: not valid YAML: mapping values are not allowed in this context"),
    ],
)
def test_what_is_not_allowed_is_refused_at_its_place(text: str, expected: str) -> None:
    assert refusals(text) == [expected]


def test_every_trap_of_a_file_is_told_at_once() -> None:
    assert len(refusals("a: 0x1F\nb: [NO, 1_000, 5]\nc: 22:00\n")) == 4


def test_quoted_words_are_texts_whatever_they_look_like() -> None:
    tree = read_tree("a: ['+15551234567', \"0015551234\", 'no', '']\n", "f")
    assert tree.value == {"a": ["+15551234567", "0015551234", "no", ""]}
    assert tree.problems == []


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_before_it_is_built(opening: str) -> None:
    assert any(
        f"nested deeper than {MAX_DEPTH} levels" in line for line in refusals(opening * 200_000)
    )


def test_nesting_up_to_the_limit_is_read() -> None:
    text = "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1)
    assert refusals(text) == []
    assert refusals(f"[{text}]") != []


@given(st.text(alphabet="ab01:-?&*!%@`|>'\"#[]{},\n\t .~<\\é\x00\u2028", max_size=60))
@settings(max_examples=300)
def test_any_text_is_read_or_refused(text: str) -> None:
    refusals(text)


@given(st.text(max_size=40))
def test_any_unicode_text_is_read_or_refused(text: str) -> None:
    refusals(text)
