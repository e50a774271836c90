"""The incidents' pages: the list, and one incident."""

from pathlib import Path

from screener.storage.incident_book import INCIDENT_FILE, IncidentBook
from screener.web import incident_pages
from tests.builders import NOW
from tests.unit.web.signed_in import SignedIn, a_site, signed_in

INCIDENT: dict[str, object] = {
    "id": "20261122-080012",
    "began": NOW - 300.0,
    "ended": NOW - 60.0,
    "calls": 1_200,
    "unwanted": 1_100,
    "limited": 3,
    "peak_per_minute": 300,
    "verdicts": {"admit": 10, "challenge": 900, "busy": 290, "refuse": 0},
    "would": {"admit": 10, "challenge": 900, "drop": 290},
    "challenges": {"challenge_passed": 12, "challenge_failed": 800},
    "marks": [
        {"kind": "callers", "what": "<i>new</i> numbers", "share": 0.9, "cadence": "even"},
        {"kind": "called", "what": "+16515392200", "share": 1.0, "cadence": ""},
    ],
    "done": ["asks a captcha of new numbers: 900 calls"],
}


def kept(folder: Path, *incidents: dict[str, object]) -> None:
    (folder / "state").mkdir(exist_ok=True)
    for one in incidents:
        IncidentBook(folder / "state" / INCIDENT_FILE).keep(one)


async def page_of(at: SignedIn, path: str) -> str:
    answer = await at.viewer.get(path)
    assert answer.status == 200
    return answer.text


async def test_the_list_leads_to_each_and_one_says_all_that_is_known(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    kept(tmp_path, INCIDENT, {**INCIDENT, "id": "20261121-080012", "began": NOW - 9e4})
    async with signed_in(tmp_path, incident_pages.PAGES, site=site) as at:
        listed = await page_of(at, "/incidents")
        assert listed.index("20261122-080012") < listed.index("20261121-080012")
        assert "No agent runs" in listed
        one = await page_of(at, "/incidents/20261122-080012")
    for text in ("4 min", "1,200", "1,100", "90%", "even", "asks a captcha of new numbers"):
        assert text in one
    assert "<i>new" not in one
    assert "&lt;i&gt;new" in one


async def test_without_any_and_without_an_agent_the_page_works(tmp_path: Path) -> None:
    async with signed_in(tmp_path, incident_pages.PAGES) as at:
        assert "No incident so far" in await page_of(at, "/incidents")


async def test_an_unknown_one_is_not_found(tmp_path: Path) -> None:
    async with signed_in(tmp_path, incident_pages.PAGES) as at:
        assert (await at.viewer.get("/incidents/20261122-080012")).status == 404
        assert (await at.viewer.get("/incidents/nonsense")).status == 404
        assert (await at.nobody.get("/incidents")).status == 303
