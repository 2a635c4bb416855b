# Everything a person needs: `make run` serves, `make test` proves. Each sets up what it needs by itself.
# CITY=jining HOST=0.0.0.0 PORT=9000 change what `make run` serves; without them suda.toml and SUDA_… decide.

PYTHON ?= python3
BIN := .venv/bin
FLAGS = $(if $(CITY),--city $(CITY)) $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

.PHONY: help run operator test check unit drill format lock clean system-packages

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/base.stamp ## serve the chat, the desk and the sandbox on http://127.0.0.1:8080
	@exec $(BIN)/suda serve $(FLAGS)

operator: .venv/base.stamp ## add somebody to the desk: make operator NAME=wang
	@$(BIN)/suda operator add $(or $(NAME),$(error say who: make operator NAME=wang))

test: check unit drill ## all gates: format, lint, types, floors, tests with coverage, drills

check: .venv/dev.stamp ## the gates that run nothing: format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/dev.stamp system-packages ## the tests and their coverage
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -n 2 -m "not drill" --durations=15 --cov --cov-report=
	$(BIN)/python tests/coverage_gate.py

system-packages:
	@sh requirements/system-packages

# Without coverage, which would slow them by half; each drill keeps a core busy.
drill: .venv/dev.stamp system-packages ## the long drills: kills and restarts, malformed webhooks at full length
	$(BIN)/python -m pytest -n 2 -m drill tests

format: .venv/dev.stamp ## put the code into its usual shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

LOCK = uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml requirements/build.in
lock: ## pin the newest allowed dependencies; needs uv
	$(LOCK) --upgrade --output-file requirements/base.lock
	$(LOCK) --upgrade --output-file requirements/dev.lock --extra dev

.venv/base.stamp: requirements/base.lock pyproject.toml
	@sh requirements/make-environment $(PYTHON) base

.venv/dev.stamp: requirements/dev.lock pyproject.toml
	@sh requirements/make-environment $(PYTHON) dev

clean: ## remove the environment and what runs leave behind, but not ./var
	rm -rf .venv build htmlcov .coverage* *.egg-info
