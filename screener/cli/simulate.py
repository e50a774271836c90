"""`screener simulate`: what a configuration does to people and to an attack, before the day.

Puts sites, scenarios, seeds and what plays against them together; one play is `simulate_play`'s,
the cores `simulate_cores`'s, the figures `simulate_figures`'s.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from screener.cli.arguments import Form, RowsForm
from screener.cli.progress import progress
from screener.cli.simulate_contenders import Kind, contenders_of, read_kinds
from screener.cli.simulate_cores import cores, on_cores
from screener.cli.simulate_figures import Plan
from screener.cli.simulate_play import Play, Played, play_one
from screener.cli.simulate_text import report_text
from screener.config.simulation import load_play, scenario_names
from screener.errors import UsageError
from screener.sim.model import CenterSite, Scenario

DEFAULT_SCENARIOS = ("bank-morning", "fresh-numbers")
DEFAULT_DEFENCES = "none,policy,truth"
MOST_SEEDS = 1_000


def simulate(  # noqa: PLR0913, PLR0917 - typer makes an option of each
    site: Annotated[
        str | None, typer.Option(help="A site's name or file, in place of the scenarios' own.")
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option(help="A scenario's name or file; may be given again.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="All of a set: quiet, named, open or held-out.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All scenarios there are.")] = False,  # noqa: FBT002 - typer makes a flag of it
    config: Annotated[
        list[Path] | None,
        typer.Option("--config", "-c", help="A configuration; several are set side by side."),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(help="Two configurations, the one in force and the candidate."),
    ] = None,
    defences: Annotated[
        str,
        typer.Option(help=f"Columns, with commas, of: {', '.join(Kind)}."),
    ] = DEFAULT_DEFENCES,
    without: Annotated[
        list[str] | None,
        typer.Option(help="A column without this part, signal or limit; may be given again."),
    ] = None,
    ablation: Annotated[  # noqa: FBT002 - typer makes a flag of it
        bool, typer.Option(help="A column without each part of the policy.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The first seed of chance.", min=0)] = 1,
    seeds: Annotated[int, typer.Option(help="How many seeds.", min=1, max=MOST_SEEDS)] = 1,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw the policy's day into this SVG file, of each scenario."),
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Plays at once; else all cores.", min=1)] = None,
    output: RowsForm = Form.TABLE,
) -> None:
    """Play call centers under attack, and show who is served under which defence.

    Without options: a quiet morning and a flood at a bank's call center, with no defence, with the
    default configuration, and with one that knows the truth. The same seed gives the same figures.
    """
    plan = Plan(
        scenarios_of(scenario or [], split, site, everything=everything),
        contenders_of(
            read_kinds(defences),
            [*(compare or ()), *(config or ())],
            without or [],
            ablation=ablation,
        ),
        tuple(range(seed, seed + seeds)),
    )
    tasks = plan.tasks(plot=plot is not None)
    results = played(tasks, jobs or cores())
    if plot is not None:
        for path, svg in pictures(plot, tasks, results):
            path.write_text(svg, encoding="utf-8")
            typer.echo(f"plot: {path}", err=True)
    typer.echo(report_text(output, plan.reports(results)), nl=False)


def scenarios_of(
    named: Sequence[str], split: str | None, site: str | None, *, everything: bool
) -> tuple[tuple[CenterSite, Scenario], ...]:
    """Return the scenarios asked for, each with its site; raises as `load_play` does."""
    if sum((bool(named), split is not None, everything)) > 1:
        raise UsageError("of --scenario, --split and --all only one can be given")
    names = tuple(named) or DEFAULT_SCENARIOS
    if everything or split is not None:
        names = scenario_names(split)
    return tuple(load_play(name, site) for name in names)


def played(tasks: Sequence[Play], jobs: int) -> list[Played]:
    """Play all of them, the longest first, and return what they came to in their own order."""
    order = sorted(range(len(tasks)), key=lambda at: -_weight(tasks[at]))
    with progress("simulating", len(tasks)) as done:
        results = on_cores(play_one, [tasks[at] for at in order], jobs, done)
    return [
        result for _, result in sorted(zip(order, results, strict=True), key=lambda one: one[0])
    ]


def pictures(
    wanted: Path, tasks: Sequence[Play], results: Sequence[Played]
) -> list[tuple[Path, str]]:
    """Return each picture with its file: that of the option where there is one, else like it."""
    drawn = [(task, one.svg) for task, one in zip(tasks, results, strict=True) if one.svg]
    policies = [(task, svg) for task, svg in drawn if task.contender.kind is Kind.POLICY]
    drawn = policies or drawn
    scenarios = {task.scenario.name for task, _ in drawn}
    contenders = {task.contender.name for task, _ in drawn}
    found = []
    for task, svg in drawn:
        more = [task.scenario.name] * (len(scenarios) > 1)
        more += [task.contender.name] * (len(contenders) > 1)
        end = "".join("-" + re.sub(r"[^A-Za-z0-9._]+", "-", one) for one in more)
        found.append((wanted.with_name(wanted.stem + end + (wanted.suffix or ".svg")), svg))
    return found


def _weight(task: Play) -> float:
    """Return roughly how many calls a play has."""
    of_people = sum(task.site.hourly) / len(task.site.hourly) * task.scenario.lasts
    return of_people + sum(one.wave.per_hour * one.wave.lasts for one in task.scenario.attacks)
