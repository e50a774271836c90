import sqlite3
from contextlib import closing
from importlib.resources import files

from screener.storage.sql_script import statements

SCRIPT = """-- a comment; with a semicolon
CREATE TABLE one (a TEXT, b TEXT DEFAULT ';');
CREATE TRIGGER t BEFORE DELETE ON one
BEGIN
    SELECT RAISE(ABORT, 'no; never');
END;
INSERT INTO one VALUES ('x;
y', '');
"""


def test_each_statement_comes_whole_and_in_its_order() -> None:
    found = list(statements(SCRIPT))
    assert len(found) == 3
    assert "".join(found) == SCRIPT
    assert all(sqlite3.complete_statement(one) for one in found)


def test_a_statement_that_is_not_ended_is_none() -> None:
    assert list(statements("SELECT 1;\nSELECT 2")) == ["SELECT 1;\n"]
    assert list(statements("")) == []


def test_our_scripts_run_statement_by_statement_in_one_transaction() -> None:
    for name in ("review_schema.sql", "web_schema.sql"):
        script = files("screener.storage").joinpath(name).read_text("utf-8")
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            connection.execute("BEGIN")
            for statement in statements(script):
                connection.execute(statement)
            assert connection.in_transaction
