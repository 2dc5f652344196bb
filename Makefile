# Everything that a developer and CI do. Needs make and Python 3.11 or newer; the rest is set up on first use.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
SERVERS := $(BIN)/python -m tests.servers run
# More than there are cores: tests of whole processes wait most of the time.
JOBS ?= 3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup check test demo bench chaos format lock clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do \
		printf '%-14s %s\n' "$$name" "$$text"; done

setup: $(READY) ## Create .venv with all that the other targets need

$(READY): requirements/dev.txt requirements/runtime.in pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=...")'
	@sh scripts/venv $(PYTHON)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

check: setup ## Lint, types, architecture, migrations and contracts up to date
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/fortnox-pipeline db check
	$(BIN)/python -m fortnox_pipeline.contracts --check

test: setup ## Run all tests, on real servers (a part: make test ARGS=tests/unit)
	$(SERVERS) -- $(BIN)/pytest -n $(JOBS) --dist loadfile $(ARGS)

demo: setup ## Run the main job from start to end on the embedded default
	$(BIN)/fortnox-pipeline demo

bench: setup ## Measure against the targets, into build/bench.json (a part: make bench ONLY=import)
	$(SERVERS) --durable -- $(BIN)/python -m tests.bench

chaos: setup ## Kill things while work goes on, into build/chaos.json (a part: ONLY=export; again: SEED=7)
	$(SERVERS) --durable -- $(BIN)/python -m tests.chaos

format: setup ## Format the code and sort its imports
	$(BIN)/ruff check --select I --fix --quiet
	$(BIN)/ruff format

lock: setup ## Recompile requirements/*.txt from requirements/*.in (newer versions: make lock ARGS=--upgrade)
	sh scripts/lock $(ARGS)

clean: ## Remove .venv and everything that was built
	rm -rf .venv build data *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

export ONLY SEED
