"""What a replay found, as tables for people and as CSV rows; JSON is `WhatIf.told` itself."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from screener.core.settings import SEVERITY, Action, Mode
from screener.desk.cells import csv_text, shown
from screener.desk.moments import utc
from screener.desk.playing import Played
from screener.service.what_if import CAVEAT, Changed, Fate, WhatIf, largest

WIDTH = 120
MOST_ROWS = 8
"""Rows of a group that a table shows; CSV and JSON show more."""

COLUMNS = ("part", "value", "from", "to", "calls", "good_outcome", "callers", "share", "samples")

_TITLES = {
    "reason": "the candidate's leading reason",
    "caller_class": "class of the number",
    "history": "what is known of the caller now",
    "attestation": "attestation",
    "trunk": "trunk",
    "did": "called number",
    "hour": "hour of the day, UTC",
}


def print_what_if(console: Console, played: Played) -> None:
    """Print everything as tables; the console must not read markup."""
    found = played.what_if
    for line in _opening(played):
        console.print(line)
    console.print(_verdicts(found))
    console.print(_people(found))
    if found.changes:
        console.print(_changes(found))
        for name, held in found.groups.items():
            console.print(_group(_TITLES[name], held))
    else:
        console.print("No verdict changes.")
    console.print(_captcha(found))
    for line in _closing(found):
        console.print(line)


def _opening(played: Played) -> Iterator[str]:
    found = played.what_if
    imported = f" ({found.imported} imported)" if found.imported else ""
    yield (
        f"{found.calls} calls{imported}, {utc(found.first or 0.0)} to {utc(found.last or 0.0)}, "
        f"{found.good} with a good outcome."
    )
    yield (
        f"Current config {found.current.config_hash} (mode {found.current.mode}), candidate "
        f"{found.candidate.config_hash} (mode {found.candidate.mode})."
    )
    yield from _modes(found)
    if played.unopened:
        yield (
            f"The numbers of {played.unopened} calls are sealed with other keys: their callers "
            "count as unknown."
        )


def _modes(found: WhatIf) -> Iterator[str]:
    asked, dropped = (found.candidate.verdicts[one] for one in (Action.CHALLENGE, Action.DROP))
    match found.current.mode, found.candidate.mode:
        case (Mode.OBSERVE, Mode.ENFORCE):
            yield (
                "THE MODE CHANGES FROM OBSERVE TO ENFORCE: until now every call is let in; the "
                f"candidate would challenge {asked} of these calls and drop {dropped}."
            )
        case (Mode.ENFORCE, Mode.OBSERVE):
            yield "THE MODE CHANGES FROM ENFORCE TO OBSERVE: every call would be let in."
        case (Mode.OBSERVE, _):
            yield "Both only observe: nothing takes effect. Compared is what enforcing would do."


def _verdicts(found: WhatIf) -> Table:
    table = Table("verdict, if enforced", "current", "candidate", "difference", box=None)
    for action in SEVERITY:
        before, after = found.current.verdicts[action], found.candidate.verdicts[action]
        table.add_row(action.value, str(before), str(after), f"{after - before:+d}")
    return table


def _people(found: WhatIf) -> Table:
    title = f"People: calls with a good outcome ({found.good}), and their distinct callers"
    table = Table("would be", "current", "candidate", "newly", title=title, box=None)
    for name, pair, new in (
        ("refused", (found.current.refused, found.candidate.refused), found.newly_refused),
        (
            "challenged",
            (found.current.challenged, found.candidate.challenged),
            found.newly_challenged,
        ),
    ):
        table.add_row(
            name, *("{calls} calls, {callers} callers".format(**one.told()) for one in (*pair, new))
        )
    return table


def _changes(found: WhatIf) -> Table:
    table = Table(
        *("change", "calls", "share", "good outcome", "some of them: screener explain ID"),
        title="Verdicts that change",
        box=None,
    )
    for (before, after), changed in largest(found.changes):
        table.add_row(
            f"{before} -> {after}",
            str(changed.calls),
            f"{changed.calls / found.calls:.2%}",
            str(changed.good),
            " ".join(changed.samples),
        )
    return table


def _group(title: str, held: dict[tuple[str, tuple[Action, Action]], Changed]) -> Table:
    table = Table("", "change", "calls", "good outcome", title=f"By {title}", box=None)
    for (value, (before, after)), changed in largest(held)[:MOST_ROWS]:
        table.add_row(
            shown(value) or "-",
            f"{before} -> {after}",
            str(changed.calls),
            str(changed.good),
        )
    if len(held) > MOST_ROWS:
        table.add_row(f"... {len(held) - MOST_ROWS} more", "", "", "")
    return table


def _captcha(found: WhatIf) -> Table:
    title = "Captcha: channels needed if nobody were turned away"
    table = Table("", "asked", "at peak", "when", "places", "turned away", title=title, box=None)
    for name, fate in (("current", found.current), ("candidate", found.candidate)):
        lane = fate.captcha
        table.add_row(
            name,
            str(lane.asked),
            str(lane.peak),
            utc(lane.peak_at) if lane.peak_at is not None else "-",
            str(lane.places),
            str(lane.turned_away),
        )
    return table


def _closing(found: WhatIf) -> Iterator[str]:
    fidelity = found.fidelity
    if fidelity.share is None:
        yield "Fidelity: none of these calls was judged by us before; there is nothing to compare."
    else:
        yield (
            f"Fidelity: the current configuration says again what was said of "
            f"{fidelity.agreeing} of {fidelity.compared} calls ({fidelity.share:.2%}); "
            f"{fidelity.other_config} were judged under another configuration."
        )
    for was, now, reason, calls in fidelity.differing():
        yield f"  {calls} calls: recorded {was}, replayed {now} ({reason})"
    yield CAVEAT


def csv_of(played: Played) -> str:
    """Return every figure as CSV that a spreadsheet shows and does not run."""
    rows = ([row.get(name) for name in COLUMNS] for row in _rows(played))
    return csv_text([COLUMNS, *rows])


def _rows(played: Played) -> Iterator[dict[str, object]]:
    found = played.what_if
    yield {"part": "calls", "calls": found.calls, "good_outcome": found.good}
    yield {"part": "imported", "calls": found.imported}
    yield {"part": "number not to be opened", "calls": played.unopened}
    for name, fate in (("current", found.current), ("candidate", found.candidate)):
        yield from _rows_of(name, fate)
    for name, people in (("refused", found.newly_refused), ("challenged", found.newly_challenged)):
        yield {"part": f"good outcome, newly {name}", **people.told()}
    for change, changed in largest(found.changes):
        yield _row("change", "", change, changed) | {
            "share": f"{changed.calls / found.calls:.6f}",
            "samples": " ".join(changed.samples),
        }
    for name, held in found.groups.items():
        for (value, change), changed in largest(held):
            yield _row(f"change by {name}", value, change, changed)
    fidelity = found.fidelity
    share = "" if fidelity.share is None else f"{fidelity.share:.6f}"
    yield {"part": "fidelity", "calls": fidelity.compared, "share": share}


def _rows_of(name: str, fate: Fate) -> Iterator[dict[str, object]]:
    for action in SEVERITY:
        yield {"part": f"verdict of {name}", "value": action.value, "calls": fate.verdicts[action]}
    yield {"part": f"good outcome, refused by {name}", **fate.refused.told()}
    yield {"part": f"good outcome, challenged by {name}", **fate.challenged.told()}
    lane = fate.captcha
    peak_at = utc(lane.peak_at) if lane.peak_at is not None else ""
    yield {"part": f"captcha peak of {name}", "value": peak_at, "calls": lane.peak}
    yield {"part": f"captcha, turned away by {name}", "calls": lane.turned_away}


def _row(
    part: str, value: str, change: tuple[Action, Action], changed: Changed
) -> dict[str, object]:
    before, after = change
    return {
        "part": part,
        "value": value,
        "from": before.value,
        "to": after.value,
        "calls": changed.calls,
        "good_outcome": changed.good,
    }
