# Everything from a fresh clone: `make run` to watch it work, `make test` to prove that it does.
# Needs Python >= 3.11 with venv; both fetch all else, into .venv/ and the lab's cache folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# ONCE=1 ends `make run` after its summary; SECONDS_OF_TRAFFIC says how long it plays.
ONCE ?=
BENCH ?=
COMPILED ?=
SECONDS_OF_TRAFFIC ?= 60
# Tests start hundreds of Pythons: none is to compile the sources anew.
unexport PYTHONDONTWRITEBYTECODE
# Where the tests marked `e2e` stand: to collect all others as well takes each worker half a minute.
E2E := tests/e2e tests/contract tests/unit/storage/central

.DEFAULT_GOAL := help
.PHONY: help run test check unit e2e browser bench compiled lock clean

help: ## Say what can be made
	@sed -n 's/^\([a-z0-9]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: $(READY) ## Watch the agent screen real calls on a real Asterisk until Ctrl-C (ONCE=1: end by itself)
	@$(BIN)/screener lab --seconds $(SECONDS_OF_TRAFFIC) $(if $(ONCE),--once)

test: check unit e2e ## Run every check and test, with a real Asterisk and real SIP calls

check: $(READY) ## Lint, types, layers
	@echo "== ruff"; $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "== mypy"; $(BIN)/mypy
	@echo "== layers"; $(BIN)/lint-imports

unit: $(READY) ## Tests that need nothing but this folder
	@echo "== unit tests"; $(BIN)/python -m pytest -q -m "not e2e" -n 2 --dist loadfile

# Two runs: what loads the machine goes first and alone, the rest mostly waits and shares it.
e2e: browser ## Tests against a real Asterisk and in a real browser (fetched at first use)
	@echo "== tests against a real Asterisk that load the machine, one at a time"
	@$(BIN)/python -m pytest -q -m "e2e and alone" tests/e2e
	@echo "== tests against a real Asterisk and in a real browser, side by side"
	@$(BIN)/python -m pytest -q -m "e2e and not alone" $(E2E) -n 3 --dist loadfile --no-loadscope-reorder

browser: $(READY) ## Find or fetch the Chromium that the web admin is tested with
	@echo "== browser"; $(BIN)/python -m tests.browser

bench: $(READY) ## Measure; prints ratios against peers run beside (BENCH="core sessions", COMPILED=1: the compiled agent)
	@$(if $(COMPILED),$(MAKE) --no-print-directory build/compiled/screener)
	@PYTHONPATH=$(if $(COMPILED),build/compiled:). $(BIN)/python -P -m tests.bench $(BENCH)

build/compiled/screener: $(shell git ls-files screener .ci/compiled.py .ci/compiled_records.py 2>/dev/null)
	@echo "== compiling the verdict path for the benchmarks (about two minutes)"
	@rm -rf build/compiled
	@HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 $(BIN)/python -m pip install -q --no-deps --no-build-isolation --target build/compiled .
	@touch $@

compiled: $(READY) ## A wheel into dist/ with the verdict path as machine code (needs a C compiler; 2 minutes)
	@echo "== compiling the verdict path (about two minutes)"
	@HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 $(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w dist .
	@ls dist/*-cp*.whl

lock: ## Renew requirements.lock (needs uv)
	uv export --quiet --no-emit-project --all-groups --format requirements-txt -o requirements.lock
	rm -f uv.lock

clean: ## Remove what was set up here (the lab's cache stays: `screener lab --where`)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build

$(READY): requirements.lock pyproject.toml
	@sh .ci/venv "$(PYTHON)" "$(VENV)"
