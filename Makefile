# What there is to do, in order of need. Everything is installed into .venv; nothing needs root.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.PHONY: help install install-dev demo compare up test test-ui lint bench soak simulate doctor clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.runtime: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing (a minute or two) ..."
	@$(PIP) --require-hashes --no-deps -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "installing what tests need ..."
	@$(PIP) --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

install: $(VENV)/.runtime ## install what running needs
install-dev: $(VENV)/.dev ## install what tests and benchmarks need

demo: install ## load three days of a simulated organisation, print a summary, end [WAREHOUSE=postgres]
	@$(BIN)/genesys-assets demo $(if $(WAREHOUSE),--warehouse $(WAREHOUSE))

compare: install ## do the demos with and without PostgreSQL hold the same rows?
	@$(BIN)/genesys-assets compare .genesys/warehouse.duckdb postgres

up: install ## the Dagster UI on http://127.0.0.1:3000, schedules and sensors on [INSTANCE=postgres WAREHOUSE=postgres]
	@$(BIN)/genesys-assets up $(if $(INSTANCE),--instance $(INSTANCE)) $(if $(WAREHOUSE),--warehouse $(WAREHOUSE))

simulate: install ## a simulated organisation on http://127.0.0.1:8090
	@$(BIN)/genesys-assets simulate

doctor: install ## is the connection to Genesys Cloud in order?
	@$(BIN)/genesys-assets doctor

lint: install-dev ## ruff, basedpyright, the import contract
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/basedpyright
	@$(BIN)/basedpyright -p genesys_assets_tests
	@$(BIN)/lint-imports

test: install-dev lint ## every test that needs no browser
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not ui and not soak and not bench"

test-ui: install-dev ## drive a real Chromium through the Dagster UI
	@$(BIN)/python -m pytest -m "ui and not soak" genesys_assets_tests/ui

bench: install-dev ## speed, memory, use of the request budget, beside peers
	@$(BIN)/python -m genesys_assets_tests.bench

soak: install-dev ## long scenarios, also in the browser
	@$(BIN)/python -m pytest -m soak

clean: ## remove the environment and everything that was loaded
	@rm -rf $(VENV) .genesys .dagster .tmp_dagster_home_* postgres/logs postgres/.logs_queue
