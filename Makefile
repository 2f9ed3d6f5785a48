# `make` lists the targets. Each creates .venv and installs into it by itself; the stamps below make a second call quick.

PYTHON ?= python3
ONLY ?= $(wildcard book/*.ipynb)
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
PEERS_STAMP := $(VENV)/installed-peers
BENCHMARK_STAMP := $(VENV)/installed-benchmarks
MUTANTS_STAMP := $(VENV)/installed-mutants

# PEERS=1 adds the libraries that the tests compare with; any other value leaves them out.
NEEDS := $(STAMP) $(if $(filter 1,$(PEERS)),$(PEERS_STAMP))

# Stored outputs are compared word for word where they were made; elsewhere the cells need only run.
NBVAL ?= $(if $(filter Linux,$(shell uname -s)),--nbval,--nbval-lax)

BENCHMARKS := $(filter-out benchmarks/_%,$(wildcard benchmarks/*.py))

.DEFAULT_GOAL := help
.PHONY: help book pdf test notebooks bare figures lint benchmark conformance mutants clean

help: ## list the targets
	@echo "Usage: make <target>"
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  %-11s %s\n", $$1, $$2}' Makefile

book: $(STAMP) ## build the book from the stored outputs: _build/html/index.html
	$(BIN)/jupyter-book build -W -n --keep-going --quiet .
	@echo "The book: $(CURDIR)/_build/html/index.html"

pdf: book ## print the book, with solutions as an appendix: _build/pdf/book.pdf (needs Chromium)
	$(BIN)/python book/pdf.py
	$(BIN)/python -m pytest -q tests/book/test_printed.py

# The tests come last, so that their summary is the last line of a run that passed.
test: $(NEEDS) lint ## check everything: code, tests, notebooks, book (PEERS=1 compares with PyTorch too)
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile \
		$(NBVAL) --nbval-current-env --nbval-sanitize-with tests/nbval_sanitize.cfg \
		tests $(wildcard book/*.ipynb)

notebooks: $(STAMP) ## execute all notebooks and store their outputs (ONLY=book/operators.ipynb: just that one)
	$(BIN)/python book/execute.py $(ONLY)

bare: $(STAMP) ## run each notebook alone in an empty folder, in a bare environment (minutes)
	$(BIN)/python tests/book/bare.py $(ONLY)

figures: $(STAMP) ## draw the pictures of the README anew
	$(BIN)/python book/figures.py

lint: $(STAMP) ## check style, types and spelling
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(BIN)/codespell $(shell git ls-files 2>/dev/null)

benchmark: $(BENCHMARK_STAMP) ## measure every published number anew (installs PyTorch, TensorFlow and JAX)
	@set -e; for script in $(BENCHMARKS); do echo "$$script"; $(BIN)/python $$script; done
	$(BIN)/python benchmarks/_readme.py

conformance: $(BENCHMARK_STAMP) ## compare every operator with PyTorch, and random programs with JAX (minutes)
	$(BIN)/python tests/conformance/run.py

mutants: $(MUTANTS_STAMP) ## change the library in thousands of places, and see that a test fails each time (an hour)
	$(BIN)/python tests/mutants/campaign.py --workers $(WORKERS)

clean: ## remove what was built and cached; .venv stays
	rm -rf _build build dist .mutants .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name .venv -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints -o -name '*.egg-info' \) \
		-type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "autodiff needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name a newer one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# An interrupted installation leaves no stamp and is repeated.
$(STAMP): requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(PEERS_STAMP): requirements-peers.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-peers.txt
	@touch $@

$(BENCHMARK_STAMP): requirements-benchmarks.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-benchmarks.txt
	@touch $@

$(MUTANTS_STAMP): requirements-mutants.txt $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-mutants.txt
	@touch $@
