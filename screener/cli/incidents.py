"""`screener incidents`: the attacks that were noticed, by the running agent and by those before."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from screener.cli.arguments import ConfigFile, Form, RowsForm
from screener.cli.printing import printed
from screener.cli.told import aside
from screener.config.load import load_config
from screener.desk.incidents import known_incidents
from screener.desk.moments import utc
from screener.errors import MissingPartError

COLUMNS = (
    *("id", "began", "ended", "calls", "unwanted", "peak_per_minute"),
    *("admit", "challenge", "busy", "refuse", "passed", "marks", "done"),
)
"""What a table and a CSV show of an incident; JSON shows all that is known."""

Last = Annotated[int, typer.Option(min=1, max=1_000, help="So many at most, the newest first.")]


def incidents(config: ConfigFile = None, last: Last = 10, output: RowsForm = Form.TABLE) -> None:
    """Show which attacks were noticed, what marks them, what is done about them."""
    known = known_incidents(load_config(config), last)
    found = list(known.incidents)
    if known.away:
        if not found:
            raise MissingPartError(known.away)
        aside(f"{known.away}: these are kept from before")
    title = f"Incidents: {len(found)}, newest first"
    text = printed(
        output, COLUMNS, map(row, found), found, title if found else "No incident so far"
    )
    typer.echo(text, nl=False)


def row(incident: Mapping[str, object]) -> Sequence[object]:
    """Return an incident's `COLUMNS`."""
    verdicts, challenges = _part(incident, "verdicts"), _part(incident, "challenges")
    began, ended = incident.get("began"), incident.get("ended")
    return (
        incident.get("id"),
        utc(began) if isinstance(began, float) else "",
        utc(ended) if isinstance(ended, float) else "goes on",
        *(incident.get(name) for name in ("calls", "unwanted", "peak_per_minute")),
        *(verdicts.get(name, 0) for name in ("admit", "challenge", "busy", "refuse")),
        challenges.get("challenge_passed", 0),
        "; ".join(_mark(one) for one in _list(incident, "marks")),
        "; ".join(str(one) for one in _list(incident, "done")),
    )


def _mark(mark: object) -> str:
    if not isinstance(mark, Mapping):
        return ""
    share, cadence = mark.get("share"), mark.get("cadence")
    part = f"{share:.0%}" if isinstance(share, float) else ""
    if cadence:
        part += f", cadence {cadence}"
    kind = "" if mark.get("kind") == "callers" else f"{mark.get('kind')} "
    return f"{kind}{mark.get('what')} ({part})"


def _part(incident: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = incident.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(incident: Mapping[str, object], name: str) -> list[object]:
    value = incident.get(name)
    return value if isinstance(value, list) else []
