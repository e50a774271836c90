"""Schemathesis against the API: what it makes up from the document, a real web admin answers.

Needs no Asterisk, but a whole agent with calls of its own, and half a minute.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from screener.web.api.pages import PAGES
from tests.unit.agents import an_agent
from tests.unit.web.served import served

pytestmark = pytest.mark.e2e

PATIENCE_S = 600.0
EXAMPLES = 2
"""Made up for each operation, beside those at the edges of the document."""

SETTINGS = """\
[[operations]]
# A span that ends before it begins, and what is no number: no schema can say so.
include-name = ["GET /api/v1/calls", "GET /api/v1/stats", "POST /api/v1/reviews"]
checks.positive_data_acceptance.expected-statuses = ["2xx", 401, 403, 404, 422]
"""


def test_what_the_document_promises_is_what_the_api_does(tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    with an_agent(tmp_path) as agent:
        for place in range(30):
            facts = f"num=%2B1651555{place % 7:04d}&did=%2B16515392200&trunk=trunk-a"
            agent.ask({"op": "screen", "facts": facts})
        with served(agent.config, PAGES) as at:
            done = subprocess.run(
                [
                    *(sys.executable, "-m", "schemathesis.cli", "run"),
                    f"{at.url}/api/v1/openapi.json",
                    *("--header", f"Authorization: {at.headers('admin')['Authorization']}"),
                    *("--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES)),
                    *("--generation-deterministic", "--no-color", "--workers", "1"),
                ],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
                check=False,
            )
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    # The document's own route is not tried by the tool that reads it.
    assert f"{len(PAGES) - 1} selected" in done.stdout
