import pytest

from screener.config.schema import Document, Entry
from screener.config.sections import Section
from screener.core import settings as core


def test_only_the_version_is_required() -> None:
    document = Document.model_validate({"version": 1})
    assert document.model_fields_set == {"version"}


def test_a_document_is_frozen() -> None:
    document = Document.model_validate({"version": 1})
    with pytest.raises(ValueError, match="frozen"):
        document.mode = core.Mode.ENFORCE  # type: ignore[misc] # that it cannot be set is the point


@pytest.mark.parametrize(
    "name", ["site", "reputation", "pressure", "policy", "captcha", "crowds", "tables"]
)
def test_a_section_has_the_keys_of_its_settings(name: str) -> None:
    section = getattr(Document.model_validate({"version": 1}), name)
    assert isinstance(section, Section)
    fields = getattr(core.Settings(), name).__dataclass_fields__
    assert list(type(section).model_fields) == list(fields)


@pytest.mark.parametrize("entry", ["911", "+1900*", "x" * 100])
def test_an_entry_is_a_text_left_to_the_rules(entry: str) -> None:
    assert Entry().read(entry) == entry


@pytest.mark.parametrize("entry", ["", "x" * 101, "a\nb", "\u202e911", 911, 9.11, True, None, []])
def test_anything_else_is_no_entry(entry: object) -> None:
    with pytest.raises(ValueError, match=r"is no entry|quotes"):
        Entry().read(entry)
