import json
import sys
from pathlib import Path

import pytest

from screener.cli.told import aside
from screener.storage.incident_book import INCIDENT_FILE, IncidentBook
from tests.unit.cli.command import run_here
from tests.unit.cli.logged import logged


def test_a_sentence_is_told_aside_with_a_line_end_of_its_own(
    capfd: pytest.CaptureFixture[str],
) -> None:
    sys.stdout.write("id,verdict\n")
    aside("the agent is away")
    said = capfd.readouterr()
    assert (said.out, said.err) == ("id,verdict\n", "screener: the agent is away\n")


def test_what_a_pipe_reads_stays_clean_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = {"id": "20261122-080012", "began": 1_795_334_412.0, "ended": 1_795_334_500.0}
    with logged(tmp_path) as site:
        IncidentBook(site.log.path.parent / INCIDENT_FILE).keep(kept)
        done = run_here(capsys, "incidents", "-o", "json", "--config", str(site.path))
    assert [one["id"] for one in json.loads(done.out)] == [kept["id"]]
    assert done.err.startswith("screener: ")
    assert done.err.endswith(": these are kept from before\n")
