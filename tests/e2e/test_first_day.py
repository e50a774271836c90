"""The day of installation: what a real Asterisk wrote of its calls is brought in and replayed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from screener.lab.asterisk import Asterisk
from screener.lab.root import LabRoot
from screener.lab.samples import LabSettings
from screener.lab.sipp import Load, Sipp
from tests.e2e.screened_site import ScreenedSite, numbers, rows, until
from tests.unit.cli.command import screener

pytestmark = pytest.mark.e2e

CDR = """\
[general]
enable = yes
[csv]
usegmtime = yes
loguniqueid = yes
loguserfield = yes
"""
CUSTOMERS = numbers(12, start=800)
CONFIG = "version: 1\nmode: {mode}\nstorage: {{folder: {folder}/state, keys: {folder}/keys.json}}\n"


@pytest.fixture(scope="module")
def kept_calls(lab_root: LabRoot, lab_folder: Path) -> Iterator[Asterisk]:
    """Return a site without a screener that writes call records; 12 people were served."""
    folder = lab_folder / "records"
    etc = folder / "asterisk/etc"
    etc.mkdir(parents=True)
    (folder / "asterisk/log/cdr-csv").mkdir(parents=True)
    (etc / "cdr.conf").write_text(CDR)
    with Asterisk(lab_root, folder / "asterisk", settings=LabSettings(operators=6)) as running:
        running.rx("module load cdr_csv.so")
        load = Load(hold_ms=1_200)
        phones = folder / "operators"
        with Sipp(lab_root, phones, "operator.xml", load, port=running.ports.operators):
            site = ScreenedSite(lab_root, running, folder)
            try:
                site.called("people", rows(CUSTOMERS), rate=4.0)
                assert site.is_quiet()
                yield running
            finally:
                site.close()


def test_a_sites_own_records_make_a_first_replay(kept_calls: Asterisk, tmp_path: Path) -> None:
    logs = kept_calls.folder / "log"
    master, queue_log = logs / "cdr-csv/Master.csv", logs / "queue_log"
    assert until(lambda: master.is_file() and len(master.read_text().splitlines()) >= 12)
    config, candidate = tmp_path / "screener.yaml", tmp_path / "candidate.yaml"
    config.write_text(CONFIG.format(mode="observe", folder=tmp_path) + "site: {operators: 500}\n")
    words: tuple[str, ...] = (
        "import",
        "--cdr",
        str(master),
        "--queue-log",
        str(queue_log),
        "--timezone",
        "UTC",
    )
    asked = screener(*words, "--config", str(config))
    assert (asked.returncode, "screened: 12" in asked.stderr) == (1, True)
    assert not (tmp_path / "state").exists() or not any((tmp_path / "state").iterdir())
    words = (*words, "--context", "screened")
    done = screener(*words, "--config", str(config))
    assert done.returncode == 0, done.stderr
    again = screener(*words, "--config", str(config))
    assert again.returncode == 0, again.stderr

    log = screener("log", "-o", "json", "--config", str(config))
    calls = json.loads(log.stdout)
    assert len(calls) == len(CUSTOMERS)
    assert {one["mode"] for one in calls} == {"imported"}
    assert {event["event"] for one in calls for event in one["outcomes"]} == {"answered"}
    assert not any(number in log.stdout for number in CUSTOMERS)

    candidate.write_text(
        CONFIG.format(mode="enforce", folder=tmp_path)
        + "site: {operators: 500}\n"
        + "policy:\n  thresholds: {calm: {challenge: 0.1, drop: 0.5},"
        + " rising: {challenge: 0.1, drop: 0.5}, full: {challenge: 0.1, drop: 0.5}}\n"
    )
    what_if = screener("replay", "--config", str(candidate), "--current", str(config), "-o", "json")
    assert what_if.returncode == 0, what_if.stderr
    told = json.loads(what_if.stdout)
    assert (told["window"]["calls"], told["window"]["imported"]) == (len(CUSTOMERS),) * 2
    assert told["current"]["verdicts"]["admit"] == len(CUSTOMERS)
    assert told["candidate"]["verdicts"]["drop"] == len(CUSTOMERS)
