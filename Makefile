# What a person types is what CI runs. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.SUFFIXES:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
ENGINE := sandbox/engine.sh
# Runs what follows with access to the engine, through `sg` for a new group member.
WITH_ENGINE := $(ENGINE) run
SOURCES := linara_agent tests
UV := 0.13.9
WORKERS ?= 2

# Packages of another environment must not leak into this one.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV PIP_REQUIRE_VIRTUALENV PIP_TARGET PIP_USER
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup environment engine toolbox test lint format bench fuzz chaos demo lock clean

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 18

setup: environment engine ## Python environment, packages and Docker engine

# Renewed when the lock changes, and when the checkout was moved, for the programs in a
# venv name its place. A change of pyproject.toml installs this package anew.
environment:
	@locked="$(CURDIR) $$(sha256sum <requirements.lock)"
	installed="$$(sha256sum <pyproject.toml)"
	if [[ $$(cat $(VENV)/locked 2>/dev/null) != "$$locked" ]] || ! $(BIN)/python -c ''; then
	  for name in "$${PYTHON:-python3}" python3.11 python3.12 python3.13 python3.14; do
	    if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
	      python=$$(command -v "$$name")
	      break
	    fi
	  done
	  if [[ -z $${python:-} ]]; then
	    echo "setup: Python 3.11 or newer is needed and was not found." >&2
	    echo "       Debian, Ubuntu: apt-get install python3 python3-venv" >&2
	    echo "       Elsewhere: make setup PYTHON=/path/to/python3.11" >&2
	    exit 1
	  fi
	  if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then
	    echo "setup: $$python comes without venv, which makes $(VENV)." >&2
	    echo "       Debian, Ubuntu: apt-get install python3-venv" >&2
	    exit 1
	  fi
	  echo "setup: Python environment $(VENV), by $$("$$python" --version)" >&2
	  rm -rf $(VENV)
	  "$$python" -m venv $(VENV)
	  echo "setup: $$(grep -c '==' requirements.lock) locked packages, their hashes checked" >&2
	  $(BIN)/python -m pip install --no-input --progress-bar off --require-hashes \
	      -r requirements.lock | sed -unE \
	      's/^Collecting ([^ ]+).*/       \1/p; s/^Installing.*/setup: installing them/p' >&2
	  echo "$$locked" >$(VENV)/locked
	fi
	if [[ $$(cat $(VENV)/installed 2>/dev/null) != "$$installed" ]]; then
	  echo "setup: linara-agent itself, from this directory" >&2
	  $(BIN)/python -m pip install --no-input --quiet --no-deps --no-build-isolation -e .
	  $(BIN)/python -m compileall -q linara_agent
	  echo "$$installed" >$(VENV)/installed
	fi

engine:
	@$(ENGINE) ensure

toolbox: setup ## the image for previews in a copy; without it their tests are skipped
	@$(WITH_ENGINE) $(BIN)/linara-agent sandbox build

# Without an engine its tests are skipped, unless LINARA_REQUIRE_DOCKER=1.
test: environment ## set up, then the whole suite (WORKERS=2, ARGS=... for pytest)
	@if ! $(ENGINE) ensure; then
	  if [[ $${LINARA_REQUIRE_DOCKER:-} == 1 ]]; then exit 1; fi
	  echo "test: going on without an engine; the tests that need one are skipped" >&2
	fi
	# Scratch space must lie on a disk, and some systems keep /tmp in memory.
	if [[ $$(stat -fc %T /tmp) == tmpfs ]]; then export PYTEST_DEBUG_TEMPROOT=/var/tmp; fi
	$(WITH_ENGINE) $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: environment ## ruff, mypy, import contracts, docstrings of the tests
	@set -x
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(SOURCES)
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet tests

format: environment ## let ruff put the sources in order
	@$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## the ratios of the speed goals
	@for script in tests/benchmarks/bench_*.py; do \
	    $(WITH_ENGINE) $(BIN)/python $$script || exit; \
	done

# LINARA_FUZZ_EXAMPLES=20000 tries so many for each, instead of 5000.
fuzz: setup ## the property tests, with many more examples
	@fuzz() {
	  $(WITH_ENGINE) $(BIN)/python -m pytest -n $(WORKERS) \
	      --hypothesis-profile=fuzz --timeout=0 -q $(ARGS) "$$@"
	}
	fuzz -m "not docker" tests
	fuzz -m docker tests/core

# As root: it starts an engine of its own, to be killed. ROUNDS=200 SEED=5 AT_ONCE=50
chaos: setup ## interrupted previews on an engine of its own, and many at once
	@$(BIN)/python -m tests.docker_sandbox.chaos $${ROUNDS:-200} $${SEED:-}
	$(WITH_ENGINE) $(BIN)/python -m tests.docker_sandbox.at_once $${AT_ONCE:-50}

demo: setup ## from a sentence to a reviewed change, in a directory made for it
	@$(WITH_ENGINE) sandbox/demo.sh $(CURDIR)/$(BIN)/linara-agent

lock: ## renew requirements.lock, with releases at least a week old
	@set -x
	test -x .cache/lock/bin/uv || python3 -m venv .cache/lock
	.cache/lock/bin/python -m pip install --quiet uv==$(UV)
	sed '/^[^#]/,$$d' requirements.lock >.cache/requirements.lock
	.cache/lock/bin/uv pip compile --quiet pyproject.toml --group dev --upgrade \
	    --exclude-newer '1 week' --universal --python-version 3.11 \
	    --generate-hashes --no-header >>.cache/requirements.lock
	mv .cache/requirements.lock requirements.lock
	git --no-pager diff --stat -- requirements.lock

clean: ## remove what setup and the tools made in this directory (not the engine)
	@rm -rf $(VENV) .cache build dist *.egg-info
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find linara_agent tests -name __pycache__ -type d -prune -exec rm -rf {} +
