import pytest

from screener.errors import (
    ConfigError,
    MissingPartError,
    Place,
    RemoteProtocolError,
    ScreenerError,
    UsageError,
)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("screener.yaml", 12, 5), "screener.yaml:12:5"),
        (Place("screener.yaml"), "screener.yaml"),
    ],
)
def test_a_place_is_written_as_editors_jump_to_it(place: Place, text: str) -> None:
    assert str(place) == text


def test_a_refused_configuration_tells_every_problem_on_a_line_of_its_own() -> None:
    error = ConfigError([(Place("a.yaml", 1, 2), "is wrong"), (Place("a.yaml"), "is empty")])
    assert str(error) == "a.yaml:1:2: is wrong\na.yaml: is empty"
    assert error.problems == ((Place("a.yaml", 1, 2), "is wrong"), (Place("a.yaml"), "is empty"))


def test_the_problems_are_the_errors_own_and_not_its_callers_list() -> None:
    found = [(Place("a.yaml", 1, 2), "is wrong")]
    error = ConfigError(found)
    found.clear()
    assert len(error.problems) == 1


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ScreenerError("x"), 1),
        (RemoteProtocolError("x"), 1),
        (UsageError("x"), 2),
        (ConfigError([]), 3),
        (MissingPartError("x"), 4),
    ],
)
def test_each_kind_of_error_has_the_exit_status_that_is_promised(
    error: ScreenerError, status: int
) -> None:
    assert error.exit_status == status
