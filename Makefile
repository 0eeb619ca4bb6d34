# Everything a developer or a county needs, one word each. `make help` lists it.
# Needs make and Python 3.11 or newer; all else is installed into .venv.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 5000
ROWS ?= 100000
VENV := .venv
BIN := $(VENV)/bin
FLASK := $(BIN)/flask --app app
ROOMS := admin api cli desk engine field forms jobs models portal queries services shell
CODE := $(wildcard app.py config.py $(ROOMS) tools bench tests migrations)
TYPED := $(wildcard app.py config.py $(ROOMS) tools bench tests migrations/env.py)

# A stamp carries the checksum of its lock: a changed lock installs again, an unchanged one costs nothing.
sum = $(shell cat $(1) 2>/dev/null | cksum | tr ' ' '-')
RUN_STAMP := $(VENV)/.run-$(call sum,requirements.txt)
DEV_STAMP := $(VENV)/.dev-$(call sum,requirements.txt requirements-dev.txt)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# Of the tests: one more than two processors, as one of them always waits for a server, a browser or a disk.
WORKERS ?= 3
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard translations/*/LC_MESSAGES/*.po))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

##@ Use
.PHONY: help
help: ## list these words
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@/ {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: $(RUN_STAMP) $(CATALOGUES) ## install, migrate, seed the demo when empty, serve at http://127.0.0.1:5000 (PORT=)
	@exec $(FLASK) serve --prepare --host $(HOST) --port $(PORT)

.PHONY: install
install: $(RUN_STAMP) $(CATALOGUES) ## only install and compile, for servers that start by other means
	@:

.PHONY: demo
demo: $(RUN_STAMP) $(CATALOGUES) ## fill an empty database with the demo county
	@$(FLASK) db upgrade && $(FLASK) demo

##@ Check
.PHONY: test
test: ## everything below and every test, on SQLite and PostgreSQL
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target ready check
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal

.PHONY: ready
ready: $(DEV_STAMP) $(CATALOGUES) browser  # a browser is fetched while pip installs, the rest is checked while mypy reads
	@:

.PHONY: sure
sure: check ## before a commit: all checks, and the tests that need no server and no browser
	$(BIN)/pytest -q -n $(WORKERS) tests/unit tests/structure

.PHONY: check
check: layers types messages-check lint
	$(BIN)/ruff format --check $(CODE)

.PHONY: format
format: $(DEV_STAMP) ## rewrite the code the one way
	$(BIN)/ruff check --fix-only --quiet $(CODE)
	$(BIN)/ruff format $(CODE)

.PHONY: lint
lint: $(DEV_STAMP) ## ruff and djlint
	$(BIN)/ruff check $(CODE)
	$(BIN)/djlint --lint --quiet templates

.PHONY: types
types: $(DEV_STAMP) ## mypy --strict
	$(BIN)/mypy $(TYPED)

.PHONY: layers
layers: $(DEV_STAMP) ## which room may import which
	$(BIN)/lint-imports

.PHONY: browser
browser:
	@if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then \
	  :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null; \
	else \
	  echo '!!! NO CHROMIUM HERE: ALL BROWSER TESTS WILL BE SKIPPED (install chromium and fonts-noto-cjk) !!!'; \
	fi
	@if [ "$$(id -u)" = 0 ] && command -v fc-list >/dev/null && command -v apt-get >/dev/null && [ -z "$$(fc-list :lang=zh)" ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq fonts-noto-cjk >/dev/null; \
	fi

##@ Messages
.PHONY: messages
messages: $(DEV_STAMP) ## extract the messages from the code and update the catalogues
	$(BIN)/python -m tools.messages update

.PHONY: messages-check
messages-check: $(DEV_STAMP) ## catalogues not stale, nothing untranslated or fuzzy, everything compiles
	$(BIN)/python -m tools.messages check

translations/%.mo: translations/%.po | $(RUN_STAMP)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

##@ Make and measure
.PHONY: db-migration
db-migration: $(DEV_STAMP) ## write a migration from the models (NAME="what it does")
	@test -n '$(NAME)' || { echo 'Say what it does: make db-migration NAME="add the visit table"'; exit 2; }
	$(FLASK) db migrate --message '$(NAME)'

.PHONY: bench
bench: $(DEV_STAMP) $(CATALOGUES) ## measure pages over real HTTP (ROWS=100000)
	$(BIN)/python -m bench --rows $(ROWS)

.PHONY: bench-ledger
bench-ledger: $(DEV_STAMP) ## measure the coin ledger against bare statements (ENGINE=sqlite)
	$(BIN)/python -m bench.ledger --engine $(or $(ENGINE),sqlite)

.PHONY: screenshots
screenshots: $(DEV_STAMP) $(CATALOGUES) browser ## take the pictures of README and the manual
	$(BIN)/python -m tools.screenshots

.PHONY: lock
lock: $(DEV_STAMP) ## resolve requirements*.in into hashed locks
	$(BIN)/uv pip compile $(LOCK_OPTIONS) requirements.in --output-file requirements.txt
	$(BIN)/uv pip compile $(LOCK_OPTIONS) requirements-dev.in --output-file requirements-dev.txt

LOCK_OPTIONS := --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock'

# The environment.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Zhiye needs Python 3.11 or newer. Name one: make run PYTHON=python3.12'; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): | $(VENV)/bin/python
	@echo 'Installing what runs (once)...'
	@$(PIP_INSTALL) -r requirements.txt
	@rm -f $(VENV)/.run-* && touch $@

$(DEV_STAMP): | $(RUN_STAMP)
	@echo 'Installing what checks (once)...'
	@$(PIP_INSTALL) -r requirements-dev.txt
	@rm -f $(VENV)/.dev-* && touch $@
