from screener.cli.status import WIDTH, status_text

TOLD = {
    "ready": True,
    "up_since": 1795333722.5,
    "pressure": {"level": "rising", "value": 0.4, "queue": 0.0, "channels": 0.0, "arrivals": 0.4},
    "lost_log_lines": 0,
    "decision_log": {"rows": 4, "queued": 0, "not_durable": 0, "not_recorded": 0},
    "queue_feed": {"state": "off"},
    "captchas": {"asking": 0, "most": 3, "passed": 1, "failed": 0},
    "ari": {
        "state": "down",
        "why": "the login was refused",
        "asking": 0,
        "reclaimed": 0,
        "missing_sounds": [f"fr:screener/{digit}" for digit in range(10)],
    },
    "site": {"state": "open", "usual_calls": 0.0},
    "paused_until": 0.0,
    "verdicts": {"admit": 1, "drop": 2},
    "faults": {},
}


def rows_of(told: dict[str, object]) -> dict[str, str]:
    lines = status_text(told).splitlines()
    cells = [line.strip().split("  ", 1) for line in lines if "  " in line.strip()]
    return {cell[0].strip(): cell[1].strip() for cell in cells}


def test_each_part_has_its_state_on_a_line_and_what_is_within_below_it() -> None:
    lines = [line.strip() for line in status_text(TOLD).splitlines()]
    at = lines.index(next(line for line in lines if line.startswith("captchas over ARI")))
    assert lines[at].endswith("down")
    assert lines[at + 1].split("  ")[0] == "why"
    assert lines[at + 1].endswith("the login was refused")
    assert lines[at + 2].split("  ")[0] == "asking"
    assert lines[at + 3].startswith("missing sounds")
    assert not any(line.startswith("reclaimed") for line in lines)


def test_no_line_is_wider_than_a_terminal_and_a_long_list_is_cut() -> None:
    text = status_text(TOLD)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "and 5 more" in text
    assert "[" not in text


def test_figures_and_words_stand_for_themselves() -> None:
    told = rows_of(TOLD)
    assert told["ready"] == "yes"
    assert told["running since"] == "2026-11-22T07:48:42Z"
    assert told["pressure"] == "rising"
    assert told["arrivals"] == "0.4"
    assert told["queue feed"] == "off"
    assert told["decision log"] == "rows 4, queued 0, not durable 0, not recorded 0"
    assert told["usual calls a quarter-hour"] == "0.0"
    assert told["paused until"] == "not paused"
    assert told["verdicts"] == "admit 1, drop 2"
    assert told["faults"] == "none"


def test_what_edges_share_has_words_of_its_own_and_a_double_is_told() -> None:
    sharing: dict[str, object] = {
        "edge": "north",
        "state": "alone",
        "why": "Connection refused",
        "namesakes": ["pbx-2, pid 4711"],
        "reviews": {"sent": 1, "trouble": ""},
    }
    told = rows_of({"sharing": sharing, "reviews": 7})
    assert told["shared with other edges"] == "alone"
    assert told["why"] == "Connection refused"
    assert told["another agent has its name"] == "pbx-2, pid 4711"
    assert told["reviews exchanged"] == "sent 1"
    assert told["reviews in force"] == "7"
    assert "another agent" not in status_text({"sharing": {**sharing, "namesakes": []}})


def test_a_part_that_is_not_there_and_what_a_peer_said_do_no_harm() -> None:
    assert rows_of({"decision_log": None})["decision log"] == "none"
    assert "\x1b" not in status_text({"ari": {"state": "down", "why": "\x1b[2J"}})
