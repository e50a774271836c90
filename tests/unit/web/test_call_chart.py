from screener.desk.score_steps import ScoreSteps, Step
from screener.web.call_chart import WIDTH, chart_of

STEPS = ScoreSteps(
    (
        Step("a", "four", 0.0, 4.0, "limits"),
        Step("b", "less", 4.0, -2.0, "history", counts=False),
        Step("cap", "why", -2.0, 0.0),
    ),
    4.0,
    0.0,
    5.0,
    14.0,
)


def test_bars_stand_between_their_ends_and_the_lines_where_the_thresholds_are() -> None:
    chart = chart_of(STEPS)
    first, second, cap = chart.bars[:3]
    assert first.x == chart.zero
    assert second.x < chart.zero < second.x + second.wide
    assert cap.x == second.x
    assert 0.0 <= second.x < chart.zero < chart.challenge < chart.drop <= WIDTH
    assert [one.kind for one in chart.bars] == ["against", "for", "cap", "sum", "sum"]


def test_every_number_of_the_drawing_stands_beside_it() -> None:
    chart = chart_of(STEPS)
    assert [(one.points, one.sum) for one in chart.bars] == [
        ("+4.00", "4.00"),
        ("-6.00", "-2.00"),
        ("+2.00", "0.00"),
        ("", "4.00"),
        ("", "0.00"),
    ]
    assert [one.counts for one in chart.bars] == [True, False, True, True, True]
    assert (chart.challenge_from, chart.drop_from) == ("5", "14")


def test_where_all_counted_there_is_one_sum_and_nothing_is_too_thin_to_see() -> None:
    chart = chart_of(ScoreSteps((), 0.0, 0.0, 0.0, 0.0))
    (only,) = chart.bars
    assert only.name == "Score of everything"
    assert only.wide > 0.0


def test_of_a_crowd_the_sum_without_it_is_drawn() -> None:
    chart = chart_of(ScoreSteps((), 10.0, 10.0, 5.0, 14.0, crowd=6.75))
    assert [(one.name[:7], one.sum) for one in chart.bars] == [
        ("Score o", "10.00"),
        ("Without", "3.25"),
    ]
