"""`screener explain`: why a recorded call was decided so, or what would decide a caller's call now.

A call's id is explained from the log (`call_in_words`), with what the running agent would say
of that caller now; a number from what the agent knows, or from the configuration alone.
"""

import json
import time
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from screener.adapters.control_client import ask
from screener.cli.arguments import Central, ConfigFile, Output, OutputForm, control_socket
from screener.cli.explain_recorded import explain_recorded
from screener.config.load import load_config
from screener.core.call import Facts
from screener.core.engine import Engine
from screener.desk.finding import is_call_id
from screener.errors import MissingPartError, UsageError
from screener.service.explaining import explain as explain_call
from screener.storage.new_memory import new_memory


def explain(  # noqa: PLR0913, PLR0917 - typer makes an option of each: a fact of the call
    number: Annotated[
        str, typer.Argument(help="A call's id, or a caller's number in any writing, quoted.")
    ],
    config: ConfigFile = None,
    name: Annotated[str, typer.Option(help="The caller's name.")] = "",
    did: Annotated[str, typer.Option(help="The called number.")] = "",
    trunk: Annotated[str, typer.Option(help="The Asterisk endpoint it came in by.")] = "",
    attestation: Annotated[str, typer.Option(help="A, B, C or failed; verified by Asterisk.")] = "",
    presentation: Annotated[str, typer.Option(help="allowed, prohib or unavailable.")] = "allowed",
    output: OutputForm = Output.TABLE,
    *,
    central: Central = False,
) -> None:
    """Explain a recorded call, or the verdict on a number: the agent's or the configuration's."""
    if is_call_id(number):
        explain_recorded(number, config, output, central=central)
        return
    if central:
        raise UsageError("--central goes with the id of a recorded call")
    failed = attestation == "failed"
    facts = Facts(
        number=number,
        presentation=presentation,
        name=name,
        did=did,
        trunk=trunk,
        attestation="" if failed else attestation,
        verification="failed" if failed else "success" if attestation else "",
    )
    told: dict[str, Any]
    try:
        told = dict(ask(control_socket(config), {"op": "explain", "facts": asdict(facts)}))
        source = "the running agent, with what it has learned"
    except MissingPartError:
        settings = load_config(config).settings
        engine = Engine(settings, new_memory(settings))
        told = explain_call(engine, facts, time.time())  # noqa: TID251 - the command's own now
        source = "the configuration alone (no agent answers)"
    if output is Output.JSON:
        typer.echo(json.dumps({"source": source, **told}, indent=2))
        return
    _print(Console(markup=False, emoji=False), told, source)


def _print(console: Console, told: dict[str, Any], source: str) -> None:
    console.print(f"Caller {told['caller']} ({told['caller_class']}), as seen by {source}.")
    signals = Table("signal", "group", "points", "counts", "reason", title="Signals")
    for part in told["signals"]:
        counts = "yes" if part["counts"] else "observed"
        signals.add_row(
            part["name"], part["group"], f"{part['points']:+.2f}", counts, part["reason"]
        )
    console.print(signals)
    others = ", ".join(f"{name} {points:+g}" for name, points in told["not_found"].items())
    console.print(f"Not found: {others}.")
    site = told["site"]
    if site["state"] == "closed":
        console.print(f"The site is closed; it opens {site['opens']}.")
    if site.get("usual_calls"):
        console.print(f"Usual at this time: {site['usual_calls']:g} calls a quarter-hour.")
    console.print(f"Verdict now: {told['verdict']}, because of {', '.join(told['reasons'])}.")
    console.print(
        f"Score {told['score']:.2f} of what takes effect, {told['would_score']:.2f} of everything "
        f"(groups capped); mode {told['mode']}, config {told['config']}."
    )
    if told["never_challenged"]:
        console.print(f"Never challenged: on the list {told['never_challenged']}.")
    levels = Table(
        "pressure", "challenge from", "drop from", "verdict", "if all were enforced", "priority"
    )
    for level, at in told["at_level"].items():
        treatment = f" ({at['treatment']})" if at["treatment"] else ""
        marker = " (now)" if level == told["pressure"] else ""
        levels.add_row(
            level + marker,
            f"{at['challenge_from']:g}",
            f"{at['drop_from']:g}",
            at["verdict"] + treatment,
            at["would"],
            str(at["priority"]),
        )
    console.print(levels)
