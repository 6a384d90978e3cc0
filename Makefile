# Everything that a developer runs. Each target sets up what it needs; a machine with Python 3.11 to 3.13 is enough.
#   make test PYTHON=python3.13 VENV=.venv-3.13    another Python, in an environment of its own
#   make test ARGS="tests/unit -x"                 arguments for the tool behind the target
# A full path to a folder serves as VENV too.

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV ?= .venv
# How many tests run at once: one more than the cores that tests are made for, since many of them wait.
JOBS ?= 3
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
RUNNABLE := $(VENV)/.runnable
AZURITE := tests/azurite/node_modules/.package-lock.json
AXE := tests/browser/node_modules/.package-lock.json
TYPESCRIPT := tests/e2e/typescript/node_modules/.package-lock.json
LIGHTHOUSE := bench/lighthouse/node_modules/.package-lock.json

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
ifndef PYTHON
PYTHON := $(shell for name in python3.13 python3.12 python3.11 python3; do \
	if $$name -c '$(SUPPORTED)' 2>/dev/null; then echo $$name; break; fi; done)
endif

LOCK := --universal --generate-hashes --no-emit-index-url -q
LOCK_APP := uv pip compile pyproject.toml $(LOCK) -o requirements.txt
LOCK_RUN := uv pip compile pyproject.toml --group run $(LOCK) -c requirements.txt -o requirements-run.txt
LOCK_DEV := uv pip compile pyproject.toml --group dev $(LOCK) -c requirements.txt -o requirements-dev.txt

define SET_UP
@if [ -z "$(PYTHON)" ]; then \
	echo "No Python from 3.11 to 3.13 was found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python" >&2; \
	exit 1; \
fi
@$(PYTHON) -c '$(SUPPORTED)' || { echo "$(PYTHON) is not a Python from 3.11 to 3.13." >&2; exit 1; }
test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile --require-hashes -r $(1)
endef

.PHONY: help run test check coverage mutants check-lock lock openapi package bench lighthouse nightly compare screenshots chaos clean install

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(firstword $(MAKEFILE_LIST)) | sort | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

install: $(INSTALLED) ## set up the virtual environment

run: $(RUNNABLE) ## start the facade and an emulated Microsoft Bookings on this machine
	@$(BIN)/python -m devtools.local_run $(ARGS)

test: $(INSTALLED) $(AZURITE) $(AXE) $(TYPESCRIPT) ## run every test that this machine can run, and say what was skipped
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: $(INSTALLED) check-lock coverage ## format, lint, types, layers, unused code, locks, coverage, the API description, infrastructure
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/python -m devtools.openapi --check
	$(BIN)/python -m devtools.openapi.changes
	infra/scripts/check-bicep.sh
	PYTHON=$(BIN)/python infra/scripts/check-others.sh

# The sweeps prove promises, and lines need no sweep: without them it takes half a minute.
coverage: $(INSTALLED) ## every branch of the domain and of the use cases, by the unit tests alone
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -q -n 0 tests/unit --ignore=tests/unit/booking/test_stepping.py
	$(BIN)/python -m coverage report

mutants: $(INSTALLED) ## change the engine in small ways, and see that the unit tests notice (ARGS=--all for everything)
	$(BIN)/python -m devtools.mutants $(ARGS)

# The locks are compiled again beside the old ones, which keep their versions: only pyproject.toml can make a difference.
check-lock: $(INSTALLED)
	@PATH="$(abspath $(BIN)):$$PATH"; copy=$$(mktemp -d); trap 'rm -rf "$$copy"' EXIT; \
	cp pyproject.toml requirements.txt requirements-run.txt requirements-dev.txt "$$copy"; \
	(cd "$$copy" && $(LOCK_APP) && $(LOCK_RUN) && $(LOCK_DEV)) || exit 1; \
	for lock in requirements.txt requirements-run.txt requirements-dev.txt; do \
		diff "$$lock" "$$copy/$$lock" || { echo "$$lock is not in step with pyproject.toml: run make lock" >&2; exit 1; }; \
	done; echo "The locks are in step with pyproject.toml."

lock: $(INSTALLED) ## compile the locks anew (ARGS=--upgrade moves to the newest versions)
	PATH="$(abspath $(BIN)):$$PATH"; $(LOCK_APP) $(ARGS) && $(LOCK_RUN) $(ARGS) && $(LOCK_DEV) $(ARGS)

package: $(INSTALLED) ## build dist/app.zip, ready to deploy
	$(BIN)/python -m devtools.package $(ARGS)

bench: $(INSTALLED) ## measure, and compare with the kept baselines
	$(BIN)/python -m bench $(ARGS)

lighthouse: $(INSTALLED) $(LIGHTHOUSE) ## every step of the booking page on Lighthouse's slow telephone, and its size
	$(BIN)/python -m bench.lighthouse

nightly: $(INSTALLED) $(AZURITE) $(AXE) ## hours of random businesses, stops, hostile requests, chaos and mutants
	BOOKABLE_EXAMPLES=10000 $(BIN)/python -m pytest tests/e2e/test_offered_is_bookable.py
	STEPPING=60 STEPPING_SEED=$${SEED:-$$(date +%Y%m%d)} $(BIN)/python -m pytest tests/unit/booking/test_stepping.py
	HOSTILE_REQUESTS=10000 HOSTILE_SEED=$${SEED:-$$(date +%Y%m%d)} $(BIN)/python -m pytest tests/api/test_hostile_requests.py
	TEXT_EXAMPLES=3000 $(BIN)/python -m pytest tests/api/test_any_text.py
	PAGE_LANGUAGES="ar de en es fr it nl pt" $(BIN)/python -m pytest tests/browser/test_states.py
	FACADE_CONTRACT_REQUESTS=3000 $(BIN)/python -m pytest tests/contract/test_facade_contract.py
	$(MAKE) chaos SEED=$${SEED:-$$(date +%Y%m%d)} N=20000
	$(MAKE) mutants ARGS=--all

openapi: $(INSTALLED) ## write docs/openapi.json anew
	@$(BIN)/python -m devtools.openapi

screenshots: $(INSTALLED) ## photograph the booking page for the README, in Chromium
	@$(BIN)/python -m devtools.screenshots $(ARGS)

compare: $(INSTALLED) ## the same races and lost answers for the facade and for the plain way of Microsoft's documentation
	@$(BIN)/python -m devtools.compare $(ARGS)

chaos: $(INSTALLED) $(AZURITE) ## book under bad weather, stops and edits by hand, then audit every booking
	$(BIN)/python -m devtools.chaos $(if $(SEED),--seed $(SEED)) $(if $(N),--intents $(N)) $(ARGS)

clean: ## remove everything that make has made
	rm -rf .venv .venv-[0-9]* .venv-bicep .venv-checkers tests/azurite/node_modules tests/browser/node_modules tests/e2e/typescript/node_modules bench/lighthouse/node_modules dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage mutants
	find bench devtools shared tests -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment for running has less in it than one for working on the code, which serves for both.
$(RUNNABLE): requirements-run.txt
	$(call SET_UP,requirements-run.txt)
	@touch $@

$(INSTALLED): requirements-dev.txt
	$(call SET_UP,requirements-dev.txt)
	@touch $(RUNNABLE) $@

$(TYPESCRIPT): tests/e2e/typescript/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
		cd tests/e2e/typescript && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json; \
	else \
		echo "npm was not found: the test of a generated TypeScript client will be skipped."; \
	fi

$(AZURITE): tests/azurite/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
		cd tests/azurite && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json; \
	else \
		echo "npm was not found: the tests that need Azurite will be skipped."; \
	fi

$(AXE): tests/browser/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
		cd tests/browser && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json; \
	else \
		echo "npm was not found: the tests by axe and html-validate will be skipped."; \
	fi

$(LIGHTHOUSE): bench/lighthouse/package-lock.json
	cd bench/lighthouse && npm ci --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json
