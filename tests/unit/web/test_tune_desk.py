from pathlib import Path

import pytest

from screener.config.history import History
from screener.desk.drafts import fingerprint
from screener.errors import MissingPartError, ScreenerError
from screener.storage.web_drafts import Draft, WebDrafts
from screener.web.site import Site
from screener.web.tune_desk import discard, file_of, keep, said, standing, take, tuning_of
from tests.builders import NOW
from tests.unit.web.signed_in import a_site

CALM = "policy.thresholds.calm.challenge"


def test_a_person_stands_at_the_file_until_something_differs(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    path = file_of(site)
    text = path.read_text()
    at = standing(site, "ann")
    assert (at.draft, at.content, at.base, at.text) == (None, text.encode(), text.encode(), text)
    print_of = fingerprint(text.encode())
    taken = take(site, "ann", text + "# x\n", print_of, {CALM: "4"})
    assert taken.text.startswith(text + "# x\n") or "challenge: 4" in taken.text
    assert standing(site, "ann").content == taken.content
    assert standing(site, "bob").draft is None
    take(site, "ann", text, print_of, {})
    assert standing(site, "ann").draft is None


def test_what_a_draft_began_from_is_found_again_on_the_disk_or_in_the_history(
    tmp_path: Path,
) -> None:
    site = a_site(tmp_path)
    path = file_of(site)
    old = path.read_bytes()
    History(site.folder).keep(old, who="bob", at=NOW, source=path)
    path.write_bytes(b"# theirs\n" + old)
    at = take(site, "ann", old.decode() + "# mine\n", fingerprint(old), {})
    assert (at.base, at.conflict) == (old, True)
    at = take(site, "ann", old.decode(), fingerprint(path.read_bytes()), {})
    assert (at.base, at.conflict) == (path.read_bytes(), False)
    at = take(site, "ann", old.decode(), "unknown", {})
    assert (at.base, at.conflict) == (b"", True)


def test_edits_that_were_put_aside_stay_until_the_draft_goes(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    disk = file_of(site).read_bytes()
    keep(site, "ann", Draft(disk, disk, NOW, b"# mine"))
    at = take(site, "ann", disk.decode(), fingerprint(disk), {})
    assert at.draft is not None
    assert at.draft.aside == b"# mine"
    discard(site, "ann")
    assert WebDrafts(site.folder).of("ann") is None


def test_without_a_file_or_with_one_that_cannot_be_read_it_is_told(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    file_of(site).unlink()
    with pytest.raises(ScreenerError, match="cannot be read"):
        standing(site, "ann")
    site.path = None
    with pytest.raises(MissingPartError, match="embedded defaults"):
        file_of(site)


def test_each_site_has_its_own_replays(tmp_path: Path) -> None:
    one = a_site(tmp_path)
    assert tuning_of(one) is tuning_of(one)
    assert tuning_of(one) is not tuning_of(Site(one.path, lambda: NOW))


def test_values_are_said_so_that_nothing_steers_the_page() -> None:
    assert (said(None), said(""), said([]), said(4.5)) == ("none", "none", "none", "4.5")
    assert said(["a", 1]) == "a, 1"
    assert "\u202e" not in said("\u202e")
