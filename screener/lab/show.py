"""How a trial looks in a terminal: a live table, and the summary at its end."""

import shutil
import sys
from contextlib import suppress
from pathlib import Path

from rich import box
from rich.table import Table
from rich.text import Text

from screener.lab.groups import Group
from screener.lab.stage import Stage
from screener.lab.watch import BY_HAND, GroupCount, Watch

_LEVEL_STYLE = {"calm": "green", "rising": "yellow", "full": "bold red"}


def live_table(groups: tuple[Group, ...], watch: Watch, elapsed: float, seconds: float) -> Table:
    """Return the table of the calls so far."""
    left = max(seconds - elapsed, 0.0)
    title = Text.assemble(
        f"{watch.all.calls} calls, {left:.0f} s of traffic left, pressure ",
        (watch.pressure, _LEVEL_STYLE.get(watch.pressure, "")),
    )
    return _table(title, groups, watch)


def summary_table(groups: tuple[Group, ...], watch: Watch) -> Table:
    """Return the table of all calls of the trial."""
    title = Text("What became of the calls (ms: from Asterisk's question to the verdict)")
    return _table(title, groups, watch)


def by_hand(stage: Stage, known: str) -> Text:
    """Return the lines to type for calling in by hand and for looking closer.

    Print it with `soft_wrap`, so that a long line can be copied whole.
    """
    ours, config = own_command(), stage.agent.config
    lines = (
        "Watch, review and tune in a browser. There is nobody who may yet: make an admin at",
        f"  {stage.web.address}/setup",
        f"with this secret, which works once:  {stage.web.secret}",
        "Call in with any softphone on this machine; it need not register, and the user name it",
        "calls by is the caller id. The line to call, and one to type where baresip is installed:",
        f"  sip:+16515392200@127.0.0.1:{stage.ports.sip}",
        f"  baresip -e '/dial sip:+16515392200@127.0.0.1:{stage.ports.sip}'",
        "Look, and ask why of any call by its id:",
        f"  {ours} log --verdict drop --config {config}",
        f"  {ours} stats --by reason --config {config}",
        f"  {ours} explain '{known}' --config {config}",
        "Let everybody in for a while, and see it in the log that follows:",
        f"  {ours} pause 2m --config {config}",
        f"  {ours} log -f --config {config}",
        f"Edit a copy of {config}, see what it would have done, put it in force:",
        f"  {ours} replay --config COPY --current {config}",
        f"  {ours} apply COPY --config {config}",
        f"Asterisk's console:  {stage.asterisk.console}",
        f"The agent's log:     {stage.agent.log}",
    )
    return Text.assemble(("Still up, until Ctrl-C\n", "bold"), "\n".join(lines))


def own_command() -> str:
    """Return how to type our command here: by its name where that is found, else by its path."""
    program = Path(sys.argv[0])
    if program.name != "screener":
        return "screener"
    if shutil.which("screener") == str(program.absolute()):
        return "screener"
    with suppress(ValueError):
        return str(program.absolute().relative_to(Path.cwd()))
    return str(program.absolute())


def _table(title: Text, groups: tuple[Group, ...], watch: Watch) -> Table:
    # As narrow as this, so that nothing is cut in a terminal of 80 columns.
    plain = box.SIMPLE
    table = Table(
        title=title, title_justify="left", title_style="", box=plain, show_edge=False, padding=0
    )
    table.add_column("who called", no_wrap=True)
    for name in ("calls", "admit", "chall.", "passed", "busy", "refuse", "p50 ms", "p99 ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for group in groups:
        style = "red" if group.unwanted else "green"
        table.add_row(Text(group.title, style=style), *_figures(watch.groups[group.key]))
    if watch.groups[BY_HAND].calls:
        table.add_row("by hand", *_figures(watch.groups[BY_HAND]))
    table.add_section()
    table.add_row("all", *_figures(watch.all))
    return table


def _figures(count: GroupCount) -> list[str]:
    return [
        str(count.calls),
        str(count.verdicts["admit"]),
        str(count.verdicts["challenge"]),
        str(count.outcomes["challenge_passed"]),
        str(count.treatments["busy"]),
        str(count.verdicts["drop"] - count.treatments["busy"]),
        f"{count.latency_ms(50):.2f}",
        f"{count.latency_ms(99):.2f}",
    ]
