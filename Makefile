# Everything a person needs: `make run` serves, `make test` proves. Each sets up what it needs by itself.

PYTHON ?= python3
CITY ?= anshan
HOST ?= 127.0.0.1
PORT ?= 8080
BIN := .venv/bin

.PHONY: help run test check unit drill format lock clean system-packages

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: .venv/base.stamp ## serve the chat, the desk and the sandbox on http://127.0.0.1:8080
	@exec $(BIN)/suda serve --city $(CITY) --host $(HOST) --port $(PORT)

test: check unit ## all gates: format, lint, types, floors, tests, coverage

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/dev.stamp system-packages
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=
	$(BIN)/python tests/coverage_gate.py

system-packages:
	@sh requirements/system-packages

drill: .venv/dev.stamp ## the long drills: kills and restarts, malformed webhooks at full length
	$(BIN)/python -m pytest -m drill tests

format: .venv/dev.stamp ## put the code into its usual shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/base.stamp: requirements/base.lock pyproject.toml
	@sh requirements/make-environment $(PYTHON) base

.venv/dev.stamp: requirements/dev.lock pyproject.toml
	@sh requirements/make-environment $(PYTHON) dev

clean: ## remove the environment and what runs leave behind
	rm -rf .venv build htmlcov .coverage* *.egg-info
