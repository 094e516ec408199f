# What a developer runs.  `make demo` and `make test` are all that a fresh machine needs; each target sets up the rest.
# A Python >= 3.11 is looked for; name another with `make PYTHON=/path/to/python3 test`.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
RUN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Run as a file: the package that it is in cannot be imported while its tables are broken.
COMPILE_GRAMMAR := $(RUN)/python -P sifcheck/definition/compile_grammar.py
TABLES := sifcheck/definition/tables.py

# The collected definition files that some tests and the bench read.  They are not part of the project.
SIFCHECK_CORPUS ?= $(wildcard ../shared/corpus)
export SIFCHECK_CORPUS

# How many random files `make integration` compares with the real parser; `make test` takes 200.
RANDOM_FILES ?= 2000

FLAWED := $(filter-out examples/good.def,$(sort $(wildcard examples/*.def) $(wildcard examples/jobs/*-flawed.sh)))

.PHONY: help
help:
	@echo "make demo         check the files in examples/: good ones and flawed ones"
	echo "make test         all tests that this machine can run, on all cores"
	echo "make test-fast    those without child processes and collected files, in under a minute"
	echo "make lint         form, types, architecture, freshness of what is generated"
	echo "make matrix       a part of the tests with each Python from 3.11 to 3.14 that is installed"
	echo "make integration  install the real parts, as root, and compare with them ($(RANDOM_FILES) random files)"
	echo "make bench        CPU, start-up, path look-ups and the language server, as tables"
	echo "make quality      how often each rule speaks over the collected files and its cost, kept in bench/standing.toml"
	echo "make docs         the documentation"
	echo "make release-check  build sdist and wheel, look into them, install the wheel elsewhere and use it"
	echo "make grammar      the parser's tables from sifcheck/definition/grammar.lark"

# The environment is made once, and brought up to date when pyproject.toml has changed.
$(INSTALLED): pyproject.toml
	@python=""
	for candidate in "$(PYTHON)" python3 python3.14 python3.13 python3.12 python3.11; do
	  if [ -n "$$candidate" ] && "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
	    python=$$candidate; break
	  fi
	done
	if [ -z "$$python" ] && [ ! -x $(RUN)/python ]; then
	  echo "No Python >= 3.11 was found: install one, or name it with PYTHON=..." >&2; exit 1
	fi
	if [ -x $(RUN)/python ]; then
	  echo "Bringing $(VENV) up to date ..."
	else
	  echo "Setting up $(VENV) with $$("$$python" --version) ..."
	  "$$python" -m venv $(VENV)
	fi
	$(RUN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

.PHONY: demo
demo: $(INSTALLED)
	@# A good file ends with 0, a flawed one with 1; anything else fails the demo.
	check() {
	  printf '\n$$ sifcheck check %s\n' "$$2"
	  status=0; $(RUN)/sifcheck check "$$2" || status=$$?
	  [ "$$status" = "$$1" ] || { echo "exit code $$status, expected $$1" >&2; exit 1; }
	}
	for file in $(FLAWED); do check 1 "$$file"; done
	check 0 examples/good.def
	check 0 examples/jobs/fugaku.sh

# All cores for all tests; one process for what TESTS names.
WORKERS ?= $(if $(TESTS),-n 0,-n logical --dist worksteal)

.PHONY: test
test: $(INSTALLED)
	@$(RUN)/python -m pytest $(WORKERS) $(TESTS)

# What a test leaves open that was cut short is no fault here; `make test` looks at that.
.PHONY: test-fast
test-fast: $(INSTALLED)
	@$(RUN)/python -m pytest --quick -rfE -p no:unraisableexception -p no:threadexception $(WORKERS) $(TESTS)

.PHONY: lint
lint: $(INSTALLED)
	@failed=0
	check() {
	  name=$$1; shift
	  if output=$$("$$@" 2>&1); then
	    printf '%-14s ok\n' "$$name"
	  else
	    printf '%-14s FAILED\n%s\n\n' "$$name" "$$output"; failed=1
	  fi
	}
	check "ruff check"   $(RUN)/ruff check --quiet --output-format concise .
	check "ruff format"  $(RUN)/ruff format --check --output-format concise .
	check "mypy"         $(RUN)/mypy
	check "mypy tests"   $(RUN)/mypy --config-file tests/mypy.ini
	check "architecture" env PYTHONPATH=tests $(RUN)/python -m architecture
	check "tables"       $(RUN)/python -m pytest tests/definition/test_syntax.py -k tables_are_fresh
	check "docs"         $(RUN)/python docs/build.py --check
	exit $$failed

.PHONY: matrix
matrix:
	@bash .ci/matrix

.PHONY: release-check
release-check: $(INSTALLED)
	@PYTHON="$$PWD/$(RUN)/python" bash .ci/release-check $(DIST)

.PHONY: integration
integration: $(INSTALLED)
	@bash tests/integration/install-runtime || echo "Going on without: what needs it is left out below."
	seed=$${SIFCHECK_RANDOM_SEED:-$$RANDOM}
	echo "$(RANDOM_FILES) random files, SIFCHECK_RANDOM_SEED=$$seed"
	SIFCHECK_RANDOM_FILES=$(RANDOM_FILES) SIFCHECK_RANDOM_SEED=$$seed SIFCHECK_INTERRUPTIONS=200 SIFCHECK_WRITE_TABLE=1 $(RUN)/python -m pytest -m integration tests

.PHONY: bench
bench: $(INSTALLED)
	@$(RUN)/python bench/run.py
	$(RUN)/python bench/editor.py

.PHONY: quality
quality: $(INSTALLED)
	@$(RUN)/python bench/quality.py

.PHONY: docs
docs: $(INSTALLED)
	@if [ -e docs/build.py ]; then
	  $(RUN)/python docs/build.py
	else
	  echo "docs/build.py is not there: there is nothing that makes the documentation yet." >&2; exit 1
	fi

.PHONY: grammar
grammar: $(INSTALLED)
	@$(COMPILE_GRAMMAR) >$(VENV)/tables.py
	mv $(VENV)/tables.py $(TABLES)
