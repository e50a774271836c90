"""Promises about the project itself: every module tested, every word and command explained."""

import ast
import fnmatch
import importlib
import re
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
import typer

from screener.cli.main import COMMANDS, build

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "screener").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LOG_METHODS = {"debug", "info", "warning", "error", "exception", "critical"}
LOG_WORD = re.compile(r"[A-Z]{2,}(?:-[A-Z]+)*(?= |$)")

WITHOUT_TEST = {
    "core/tables.py": "declarations; tests/contract/test_tables.py holds its stores to it",
    "ports.py": "protocols; mypy holds the services and adapters to them",
    "web/guard.py": "a protocol and its record; mypy holds the accounts to it",
    "config/options.py": "records; config/test_service_sections.py compares their defaults",
}
"""Modules of declarations only, each with what covers it instead."""

TOP_LEVEL = {
    *(".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md"),
    *("asterisk", "config", "docs", "pyproject.toml", "requirements.lock", "screener", "tests"),
}


def in_package(path: Path) -> str:
    return path.relative_to(ROOT / "screener").as_posix()


def modules_to_test() -> list[str]:
    plain = {"__init__.py", "__main__.py"}
    return [in_package(path) for path in MODULES if path.name not in plain]


def test_every_module_has_its_test_at_the_same_place() -> None:
    tests = {
        module: ROOT / "tests/unit" / Path(module).with_name(f"test_{Path(module).name}")
        for module in modules_to_test()
        if module not in WITHOUT_TEST
    }
    assert tests
    assert [module for module, test in tests.items() if not test.is_file()] == []


def test_every_test_that_needs_a_real_server_stands_where_make_looks_for_it() -> None:
    (folders,) = re.findall(r"^E2E := (.*)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    looked_at = {one for folder in folders.split() for one in (ROOT / folder).rglob("*.py")}
    marked, alone = (
        {path for path in TESTS if f"pytest.mark.{name}" in path.read_text()}
        for name in ("e2e", "alone")
    )
    assert marked
    assert marked <= looked_at
    assert {path.parent for path in alone} == {ROOT / "tests/e2e"}


def test_the_modules_without_a_test_are_there_and_declare_only() -> None:
    for module in WITHOUT_TEST:
        tree = ast.parse((ROOT / "screener" / module).read_text())
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assert all(_says_nothing(function) for function in functions), module
        test = ROOT / "tests/unit" / Path(module).with_name(f"test_{Path(module).name}")
        assert not test.exists(), f"{module} has a test: take it off the list"


def _says_nothing(function: ast.FunctionDef) -> bool:
    """Whether a function is a declaration: a docstring and nothing done."""
    return all(
        (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))
        or ast.unparse(step) == "raise NotImplementedError"
        for step in function.body
    )


def test_our_folder_asterisk_holds_no_python() -> None:
    held = [path.name for path in (ROOT / "asterisk").rglob("*")]
    assert held
    assert [name for name in held if name.endswith((".py", ".pyc")) or name == "__pycache__"] == []


def test_the_name_asterisk_is_pyst2_even_from_this_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    for name in [name for name in sys.modules if name.partition(".")[0] == "asterisk"]:
        monkeypatch.delitem(sys.modules, name)
    found = importlib.import_module("asterisk.agi")
    assert found.__file__ is not None
    assert "site-packages" in Path(found.__file__).parts
    assert hasattr(found, "AGI")


def log_words() -> set[str]:
    """Every word that begins a line of the log, wherever `screener` writes one."""
    words: set[str] = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            for text in _said(node):
                if word := LOG_WORD.match(text):
                    words.add(word[0])
    return words


def _said(node: ast.AST) -> list[str]:
    """Return what a piece of code writes to the log, or puts together to be written."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        first = node.value if node.targets[0].id in {"line", "VERDICT"} else None
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        said = node.args[1:] if node.func.attr == "log" else node.args
        first = said[0] if said and node.func.attr in {*LOG_METHODS, "log"} else None
    else:
        return []
    return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def documented_words() -> set[str]:
    section = _section(ROOT / "docs/operating.md", "## Log words")
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return set(chain.from_iterable(re.findall(r"`([A-Z-]+)`", row.split("|")[1]) for row in rows))


def _section(path: Path, heading: str) -> str:
    return path.read_text().partition(f"{heading}\n")[2].partition("\n## ")[0]


def test_every_word_of_the_log_is_explained_and_every_explained_word_is_written() -> None:
    assert "VERDICT" in log_words()
    assert log_words() == documented_words()


def test_every_command_is_shown_where_people_look() -> None:
    shown = (ROOT / "README.md").read_text() + (ROOT / "docs/operating.md").read_text()
    names = set(typer.main.get_command(build()).commands)  # type: ignore[attr-defined]  # a group has
    assert names == set(COMMANDS)
    assert {name for name in names if f"screener {name}" not in shown} == set()


def variables_set() -> set[str]:
    tree = ast.parse((ROOT / "screener/service/answer.py").read_text())
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return {
        text for text in texts if isinstance(text, str) and re.fullmatch(r"SCREENER_[A-Z]+", text)
    }


def test_every_variable_that_carries_a_verdict_is_explained() -> None:
    page = (ROOT / "docs/dialplan.md").read_text()
    assert "SCREENER_VERDICT" in variables_set()
    assert {name for name in variables_set() if not re.search(rf"\b{name}\b", page)} == set()


def test_every_variable_that_carries_a_verdict_is_emptied_before_asking() -> None:
    text = (ROOT / "asterisk/screener.conf").read_text()
    asking = text.partition("[screener]\n")[2].partition("AGI(")[0]
    emptied = set(re.findall(r"(SCREENER_\w+)=[,)]", asking))
    assert variables_set() - emptied == set()


def requirements() -> Iterator[str]:
    """Each requirement of the lock file with its hashes, as one line."""
    text = (ROOT / "requirements.lock").read_text().replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line


def test_every_locked_requirement_is_pinned_by_hash_and_none_by_address() -> None:
    locked = list(requirements())
    assert len(locked) > 10
    pinned = re.compile(r"[a-z0-9._-]+==\S+(?: ;[^\\]+?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert [line[:60] for line in locked if not pinned.fullmatch(line)] == []
    text = (ROOT / "requirements.lock").read_text()
    assert "://" not in text
    assert "--index-url" not in text


def test_no_module_and_no_function_outgrows_a_reader() -> None:
    long = []
    for path in (*MODULES, *TESTS):
        text, name = path.read_text(), path.relative_to(ROOT)
        if len(text.splitlines()) > 400:
            long.append(str(name))
        long += [
            f"{name}:{node.lineno}: {node.name}"
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (node.end_lineno or node.lineno) - node.lineno + 1 > 65
        ]
    assert long == []


def test_half_of_the_modules_are_short() -> None:
    lengths = sorted(len(path.read_text().splitlines()) for path in MODULES)
    assert lengths[len(lengths) // 2] <= 150


def test_the_top_folder_holds_what_was_agreed_and_nothing_else() -> None:
    ignored = (ROOT / ".gitignore").read_text().split("\n")
    patterns = [line.rstrip("/") for line in ignored if line and not line.startswith("#")]
    found = {
        path.name
        for path in ROOT.iterdir()
        if path.name != ".git" and not any(fnmatch.fnmatch(path.name, one) for one in patterns)
    }
    assert found == TOP_LEVEL
