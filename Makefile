# Everything starts here: `make` lists what there is. Needs Python 3.11 with venv, Node 20, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
# Rooms whose tests go through the database, but for those that look at it through a browser; of these rooms, what reaches
# no database is left out the second time (tests/conftest.py).
ON_A_DATABASE := tests/kernel tests/areas tests/organisations tests/dispatch tests/intake tests/aid tests/conversations \
	tests/incidents tests/trust tests/pages tests/journeys --ignore-glob=tests/journeys/test_phone* \
	--ignore-glob=tests/journeys/test_console* --ignore=tests/journeys/test_barriers.py --ignore=tests/journeys/test_pages.py
DEBIAN := /usr/lib/postgresql/15/bin/postgres
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

# uv takes 3 s where pip takes 60, but it does not read pip's configuration: pip steps in where it fails.
export UV_LINK_MODE := copy

.DEFAULT_GOAL := help
PWA := pwa/dist/release.json
PWA_SOURCES := $(shell find pwa/src pwa/public pwa/scripts -type f -not -path 'pwa/src/generated/*' 2>/dev/null) pwa/vite.config.ts pwa/vite.console.config.ts

.PHONY: help install pwa demo test check bench chaos lock clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

install: $(STAMP) ## Make .venv with every package at its locked version and hash

$(STAMP): pyproject.toml requirements/install.txt requirements/all.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/install.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/all.txt \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements/all.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
	touch $@

pwa: $(PWA) ## Build the phone page

# `npm install` keeps to the lock file too, and bears it that a registry lacks the programs of other platforms.
pwa/node_modules/.installed: pwa/package-lock.json
	cd pwa && npm install --no-save --ignore-scripts --silent --no-progress
	touch $@

$(PWA): $(STAMP) pwa/node_modules/.installed $(PWA_SOURCES)
	cd pwa && npm run --silent build

demo: install pwa ## Run two invented cities on http://localhost:8000
	$(BIN)/linli demo

test: install pwa ## Run every test, then those of the quick ones again on Debian's PostgreSQL 15 where it is
	cd pwa && npm run --silent check && npm test --silent
	$(PYTEST) -m "not bench"
	@if [ -x $(DEBIAN) ]; then \
		echo "Again on Debian's PostgreSQL 15"; \
		LINLI_TEST_POSTGRES=debian $(PYTEST) -m "not bench and not slow" $(ON_A_DATABASE); \
	else \
		echo "Debian's PostgreSQL 15 is not here: tested on the embedded one alone"; \
	fi

check: install pwa ## Format, lint, types, walls between rooms, and the quick tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd pwa && npm run --silent check && npm test --silent
	$(PYTEST) -m "not bench and not slow"

bench: install pwa ## Measure
	$(BIN)/python -m tests.bench

chaos: install ## Kill, cut, fill, poison and restore, for hours, and count what was lost
	$(BIN)/python -m tests.chaos

lock: install ## Choose the newest versions that fit pyproject.toml, and lock them with hashes
	printf 'setuptools>=75\nuv\n' | $(LOCK) --upgrade - -o requirements/install.txt
	$(LOCK) --upgrade pyproject.toml -o requirements/runtime.txt
	$(LOCK) --upgrade --group dev pyproject.toml -o requirements/all.txt

clean: ## Remove what was made, but no data
	rm -rf $(VENV) pwa/node_modules pwa/dist pwa/src/generated build *.egg-info .mypy_cache .ruff_cache .hypothesis .import_linter_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
