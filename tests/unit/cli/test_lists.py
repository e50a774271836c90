import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.core.lists import ListAction
from tests.unit.cli.reviewing_agent import ALICE, BOB, Site, a_site


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with a_site(tmp_path, capsys) as made:
        yield made


def a_file(site: Site, content: str) -> str:
    path = site.folder / "block.csv"
    path.write_text(content)
    return str(path)


def bring_in(site: Site, content: str, *words: str) -> list[str]:
    return site.lines("lists", "import", a_file(site, content), "--action", "deny", *words)


def shown(site: Site, *words: str) -> dict[str, list[dict[str, object]]]:
    found = json.loads("\n".join(site.lines("lists", "show", "-o", "json", *words)))
    assert isinstance(found, dict)
    return found


def test_an_imported_list_is_in_force_at_once_and_undone_as_one(site: Site) -> None:
    with site.agent():
        said = bring_in(
            site, f"number,description\n{ALICE},rude\n{BOB},\n{ALICE},\n", "--name", "b"
        )
        hit = site.decide(ALICE).list_hit
        assert hit is not None
        assert (hit.list_name, hit.action) == ("b", ListAction.DENY)
        assert site.lines("undo")[0].startswith("undone: review 1, import of 2 entries")
        assert site.decide(ALICE).list_hit is None
    assert said[0] == "review 1: deny 2 entries on the list b for ever"
    assert said[1] == "1 stand in the file more than once"


def test_the_same_list_again_adds_nothing_but_with_replace(site: Site) -> None:
    bring_in(site, f"{ALICE}\n{BOB}\n")
    again = bring_in(site, f"{ALICE}\n")
    assert again[:2] == [
        "nothing new: all of it is on the list already",
        "1 were on it already and stay as they are",
    ]
    replaced = bring_in(site, f"{ALICE}\n", "--replace")
    assert replaced[1] == "2 that were on it before are taken back"
    assert shown(site)["lists"] == [{"list": "imported", "action": "deny", "entries": 1}]


def test_exempt_lists_stand_in_the_configuration_and_none_is_imported(site: Site) -> None:
    said = site.refused("lists", "import", a_file(site, f"{ALICE}\n"), "--action", "exempt")
    assert "lists of exempt callers stand in the configuration" in said
    assert shown(site)["entries"] == []
    rows = a_file(site, f"number,description,action\n{ALICE},,exempt\n")
    assert "says exempt in its column action" in site.refused(
        "lists", "import", rows, "--action", "allow"
    )


def test_one_bad_row_and_nothing_is_imported(site: Site) -> None:
    text = f"{ALICE}\nx{BOB}\n911\n"
    said = site.refused("lists", "import", a_file(site, text), "--action", "deny")
    lines = said.splitlines()
    assert "block.csv:2: is no number" in lines[0]
    assert "block.csv:3: an emergency number" in lines[1]
    assert lines[2] == "nothing was imported; --skip-bad leaves these rows out"
    assert shown(site)["entries"] == []
    done = site.run("lists", "import", a_file(site, text), "--action", "deny", "--skip-bad")
    assert done.status == 0
    assert "2 rows are bad and left out" in done.out
    assert "block.csv:2:" in done.err
    assert len(shown(site)["entries"]) == 1


@pytest.mark.parametrize("text", ["", "# nothing\n", "number,description\n"])
def test_an_empty_file_is_no_list(site: Site, text: str) -> None:
    said = site.refused("lists", "import", a_file(site, text), "--action", "deny", "--skip-bad")
    assert "holds no numbers" in said


def test_what_was_skipped_is_remarked(site: Site) -> None:
    text = f"/blacklist/blocked : 1\n/blacklist/{ALICE} : 1\n"
    done = site.run("lists", "import", a_file(site, text), "--action", "deny")
    assert done.status == 0
    assert "block.csv:1: is FreePBX's setting" in done.err


def test_a_list_is_shown_masked_by_whom_and_until_when(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "anna")
    bring_in(site, f"{ALICE}\n+1900*\n", "--for", "30d", "--reason", "=cmd|x \x1b[2J")
    site.lines("pause", "5m")
    for form in ("table", "json", "csv"):
        said = "\n".join(site.lines("lists", "show", "-o", form))
        assert "5550142" not in said
        assert "\x1b" not in said
        assert "anna" in said
        assert "+1900*" in said
    rows = list(csv.reader(io.StringIO("\n".join(site.lines("lists", "show", "-o", "csv")))))
    assert rows[1][-1] == "'=cmd|x ?[2J"
    assert site.lines("lists", "show")[0].startswith("every call is let in until 20")
    assert site.lines("lists", "show")[1] == "list imported: deny 2"


def test_undone_ones_are_shown_to_who_asks(site: Site) -> None:
    bring_in(site, f"{ALICE}\n")
    site.lines("undo")
    assert shown(site)["entries"] == []
    assert str(shown(site, "--all")["entries"][0]["state"]).startswith("undone by ")


def test_of_several_reviews_of_a_caller_only_the_newest_is_shown_in_force(site: Site) -> None:
    site.lines("deny", ALICE)
    site.lines("deny", BOB)
    site.lines("allow", ALICE)
    states = ["in force", "in force", "a newer one speaks"]
    assert [one["state"] for one in shown(site)["entries"]] == states
    site.lines("undo")
    assert [one["state"] for one in shown(site)["entries"]] == ["in force", "in force"]


def exported(site: Site, name: str) -> list[list[str]]:
    done = site.run("lists", "export", "--list", name, "--reason", "moving house")
    assert done.status == 0
    return list(csv.reader(io.StringIO(done.out)))


def test_an_export_is_safe_to_open_and_can_be_imported_again(site: Site) -> None:
    written = {(ALICE, "Bob"), (f"{BOB};ext=12", "=cmd"), ("+1900*", "x"), ("5551212", "'quoted")}
    text = "\n".join(["number,description", *(f"'{one},'{why}" for one, why in written)])
    bring_in(site, text.replace("'5", "5") + "\n", "--name", "one")
    site.lines("deny", "_1900X.", "--list", "one", "--for", "1h", "--reason", "x")
    rows = exported(site, "one")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert [f"'{ALICE}", "Bob", "deny", "one", ""] in rows
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    bring_in(site, out.getvalue(), "--name", "two")
    assert {tuple(row[:2]) for row in exported(site, "two")} == {tuple(row[:2]) for row in rows}


def test_an_export_for_asterisk_leaves_out_what_its_database_cannot_hold(site: Site) -> None:
    bring_in(site, f"{ALICE},Bob\n+1900*\n")
    done = site.run("lists", "export", "--format", "astdb", "--reason", "the old box")
    assert done.out.split() == [f"/blacklist/{ALICE}", ":", "Bob"]
    assert "1 entries hold many numbers" in done.err


def test_an_export_needs_a_reason_and_a_list_that_there_is(site: Site) -> None:
    assert site.run("lists", "export").status == 2
    assert "the audit needs one" in site.refused("lists", "export", "--reason", " ")
    assert "no such list" in site.refused("lists", "export", "--reason", "x", "--list", "none")


def test_a_list_that_there_never_was_is_not_shown_as_empty(site: Site) -> None:
    assert "no such list" in site.refused("lists", "show", "--list", "none")
    assert shown(site, "--list", "reviewed")["entries"] == []


def test_names_of_the_configuration_s_lists_are_taken(site: Site) -> None:
    said = site.refused(
        "lists", "import", a_file(site, ALICE + "\n"), "--action", "deny", "--name", "partners"
    )
    assert "is a list of the configuration" in said
