import psycopg
import pytest
from psycopg import errors

from screener.storage.central.driver import told_errors
from screener.storage.central.error import CentralAwayError, CentralError


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (psycopg.OperationalError("connection refused"), True),
        (errors.AdminShutdown(), True),
        (errors.CannotConnectNow(), True),
        (errors.TooManyConnections(), True),
        (errors.QueryCanceled(), False),
        (errors.InsufficientPrivilege(), False),
        (errors.UndefinedTable(), False),
    ],
)
def test_a_server_that_is_away_is_told_apart_from_what_another_try_would_not_mend(
    error: psycopg.Error, away: bool
) -> None:
    with pytest.raises(CentralError) as caught, told_errors():
        raise error
    assert isinstance(caught.value, CentralAwayError) is away
