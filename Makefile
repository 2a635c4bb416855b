# Everything a person needs: `make run` serves, `make test` proves. Each sets up what it needs by itself.
# CITY=jining HOST=0.0.0.0 PORT=9000 change what `make run` serves; without them suda.toml and SUDA_… decide.

PYTHON ?= python3
BIN := .venv/bin
FLAGS = $(if $(CITY),--city $(CITY)) $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

.PHONY: help run operator test check unit training drill endurance bench-nlu bench-faq bench-desk photographs fit-faq format words lock clean system-packages

help: ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/base.stamp ## serve the chat, the desk and the sandbox on http://127.0.0.1:8080
	@exec $(BIN)/suda serve $(FLAGS)

operator: .venv/base.stamp ## add somebody to the desk: make operator NAME=wang [ROLE=admin]
	@$(BIN)/suda operator add $(or $(NAME),$(error say who: make operator NAME=wang)) $(if $(ROLE),--role $(ROLE))

test: check unit training ## format, lint, types, floors, tests with coverage, training

check: .venv/dev.stamp ## the gates that run nothing: format, lint, types, floors
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# They wait more than they work: three at once keep two cores busy.
unit: .venv/dev.stamp system-packages ## the tests and their coverage
	$(BIN)/python -m coverage erase
	$(BIN)/python -m pytest -n 3 --dist worksteal -m "not drill and not endurance and not training" --durations=15 --cov --cov-report=
	$(BIN)/python tests/coverage_gate.py

system-packages:
	@sh requirements/system-packages

training: .venv/train.stamp ## the tests that train small models; installs PyTorch
	$(BIN)/python -m pytest -n 2 -m training tests

# Without coverage, which would slow them by half; each drill keeps a core busy.
drill: .venv/dev.stamp system-packages ## the long drills: kills and restarts, malformed webhooks at full length
	$(BIN)/python -m pytest -n 2 -m drill tests

endurance: .venv/dev.stamp system-packages ## a quarter of an hour of chance: 500 cuts of a page, the desk's states in any order on each record
	$(BIN)/python -m pytest -n 2 -m endurance tests

BENCH = $(foreach name,LETTERS TRAIN GOLD CHAT TURNS MODEL,$(if $($(name)),--$(shell echo $(name) | tr A-Z a-z) $($(name))))
bench-nlu: .venv/bench.stamp ## understanding beside jieba, cpca and a support vector machine: make bench-nlu GOLD=rows.jsonl … (without files the cost alone)
	$(BIN)/python -m benchmarks.nlu $(BENCH) --out benchmarks/nlu.jsonl

FAQ =
bench-faq: .venv/bench.stamp ## curated answers beside BM25, SQLite and RapidFuzz: make bench-faq FAQ="base.jsonl,questions.jsonl …"
	$(BIN)/python -m benchmarks.faq --faq $(FAQ) --out benchmarks/faq.jsonl

bench-desk: .venv/dev.stamp system-packages ## how soon the desk's queue is usable and an event on the screen, with 10,000 conversations
	$(BIN)/python -m benchmarks.desk --out benchmarks/desk.jsonl

photographs: .venv/dev.stamp system-packages ## take the pictures of docs/desk-pages.md anew
	$(BIN)/python -m tests.flows.photographs docs/images/desk

fit-faq: .venv/base.stamp ## weigh the decision of curated answers anew, after the model changed: make fit-faq FAQ="base.jsonl,questions.jsonl …"
	$(BIN)/python -m benchmarks.fit_faq --write --faq $(FAQ)

format: .venv/dev.stamp ## put the code into its usual shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

WORDS = handoff/console/locale
PYBABEL = $(BIN)/python -m babel.messages.frontend -q
words: .venv/dev.stamp ## bring the desk's English catalogue in step with the code; what is new in it is yours to translate
	$(PYBABEL) extract -F $(WORDS)/babel.cfg -k "say later counted:1,1 apart:1c,2" --no-location -o $(WORDS)/desk.pot handoff bot/curation bot/desk bot/discretion.py bot/front_desk.py bot/operator_desk.py
	$(PYBABEL) update -i $(WORDS)/desk.pot -d $(WORDS) -D desk -w 120 --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@rm $(WORDS)/desk.pot

LOCK = uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml requirements/build.in
lock: ## pin the newest allowed dependencies; needs uv
	$(LOCK) --upgrade --output-file requirements/base.lock
	$(LOCK) --upgrade --output-file requirements/dev.lock --extra dev

.venv/base.stamp: requirements/base.lock pyproject.toml
	@sh requirements/make-environment $(PYTHON) base

.venv/dev.stamp: requirements/dev.lock pyproject.toml
	@sh requirements/make-environment $(PYTHON) dev

# PyTorch is not in the lock: which build fits depends on the machine.
.venv/train.stamp: .venv/dev.stamp
	@sh requirements/add-extra train

.venv/bench.stamp: .venv/train.stamp
	@sh requirements/add-extra bench

clean: ## remove the environment and what runs leave behind, but not ./var
	rm -rf .venv build htmlcov .coverage* *.egg-info
