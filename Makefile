# Entry points. Each sets up what it needs; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WAYPOST_HOME ?= .waypost
export WAYPOST_HOME
export WAYPOST_DOWNLOADS ?= $(CURDIR)/.waypost/downloads

PYTEST := timeout --kill-after=30 3600 $(BIN)/python -m pytest
SOURCES := schemas services deploy

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Install the locked dependencies into .venv and fetch Kafka
	@$(BIN)/python -m deploy.local.kafka.jars

# A virtual environment that was made with another Python or moved is made again.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Waypost needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.11"; exit 1; }
	@$(BIN)/python -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) \
		|| { echo "Python's venv is missing (Debian: apt-get install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: run
run: $(READY) ## Start everything with a simulated shop and show it live; Ctrl-C stops all of it
	@$(BIN)/waypost run

.PHONY: up
up: $(READY) ## Start everything in the background, until all is ready
	@$(BIN)/waypost up

.PHONY: down
down: $(READY) ## Stop what `make up` started
	@$(BIN)/waypost down

.PHONY: clean
clean: $(READY) ## Stop it and remove its data (what was downloaded stays)
	@$(BIN)/waypost down
	@if [ -d "$(WAYPOST_HOME)" ]; then find "$(WAYPOST_HOME)" -mindepth 1 -maxdepth 1 ! -name downloads -exec rm -rf {} +; fi

.PHONY: check
check: $(READY) ## Format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	timeout 600 $(BIN)/mypy --strict $(SOURCES)
	timeout 300 $(BIN)/lint-imports --no-logo

.PHONY: test
test: setup ## Every test but chaos, slow and soak; ARGS='-k word' chooses
	$(PYTEST) -m 'not chaos and not slow and not soak' $(ARGS)

.PHONY: slow
slow: setup ## The laws on thousands of generated shops, 20,000 simulated journeys
	$(BIN)/python -m pytest -m 'slow and not chaos and not soak' --timeout 7200 $(ARGS)

.PHONY: chaos
chaos: setup ## Kills and outages under load
	$(PYTEST) -m 'chaos and not soak' --timeout 900 $(ARGS)

.PHONY: chaos-sample
chaos-sample: setup ## The chaos tests that every CI run includes
	$(PYTEST) -m 'chaos and sample' --timeout 600

.PHONY: bench
bench: setup ## Benchmarks; writes down what it measures
	$(BIN)/python -m benchmarks

COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --python-version 3.11 --python-platform linux \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

.PHONY: lock
lock: $(READY) ## Renew both lock files from pyproject.toml; the image's is a part of the other
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(COMPILE) --upgrade --all-extras --output-file requirements.lock
	$(COMPILE) --upgrade --constraint requirements.lock --output-file requirements.runtime.lock
