# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup run demo test test-quick test-oracle test-statistics test-year test-fortnight test-chaos lint format types check bench bench-order bench-intake bench-permit bench-cadence lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16

setup: $(STAMP) ## Make the environment in .venv/ from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (make PYTHON=python3.12 …)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

run: setup ## Start the database, the simulated carrier and the service with the sample account
	$(BIN)/speedtolead serve --sample

demo: setup ## As run, with a live stream of synthetic leads
	$(BIN)/speedtolead demo

test: setup ## Run the whole suite
	$(BIN)/python -m pytest

test-quick: setup ## Run only the tests that need no database
	$(BIN)/python -m pytest -n 0 tests/unit

test-oracle: setup ## Hold the permit against a slow, independent oracle: 100,000 leads and moments (minutes)
	PYTHONPATH=tests $(BIN)/python tests/unit/permit_pairs.py --pairs 100000 --moments 5000

test-statistics: setup ## Hold intervals and the experiment's test against known truths, twenty times as long (minutes)
	STATISTICS_LONGER=20 $(BIN)/python -m pytest -n 0 --timeout 1200 tests/unit/test_statistics.py

test-year: setup ## Live through a year with 10,000 leads and judge every call (YEAR_LEADS=N for fewer; half an hour and more)
	$(BIN)/python -m pytest -n 0 -s tests/long/test_year.py

test-chaos: setup ## Live through 500 bad days and look whether anything is lost, doubled or stuck (CHAOS_SEEDS="7 19-40"; half an hour)
	$(BIN)/python -m pytest -n 4 tests/long/test_bad_days.py

test-fortnight: setup ## Live through two weeks of a cadence with restarts, an outage and a change of clocks (FORTNIGHT_LEADS=N)
	$(BIN)/python -m pytest -n 0 -s tests/long/test_fortnight.py

lint: setup ## Check style, format and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: setup ## Format the code and fix what can be fixed by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: setup ## Check types
	$(BIN)/mypy

check: lint types test ## lint, types and test

bench: setup ## Measure the way to the call beside a floor, in one run; then bench-order and what a permit costs
	$(BIN)/python tests/benchmarks/spine.py
	$(BIN)/python tests/benchmarks/order.py
	$(BIN)/python tests/benchmarks/permit.py

bench-order: setup ## Simulate in which order to call when agents are scarce, beside the best possible (seconds)
	$(BIN)/python tests/benchmarks/order.py

bench-intake: setup ## Measure the intake: answers beside a floor, a burst, 5,000,000 leads (about 15 minutes)
	$(BIN)/python tests/benchmarks/intake.py

bench-permit: setup ## Measure the permit: decisions in a second, one process; previews over HTTP in lists of 1,000
	$(BIN)/python tests/benchmarks/permit.py
	$(BIN)/python tests/benchmarks/permit_preview.py

bench-cadence: setup ## Find and claim the next due text among 1,000,000 leads, and texts a second (some minutes)
	$(BIN)/python tests/benchmarks/cadence.py

lock: setup ## Pin the newest versions that pyproject.toml allows (hashes, no addresses)
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --upgrade --quiet -o requirements.lock

clean: ## Remove the environment and what tools have cached (never the data folder)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
