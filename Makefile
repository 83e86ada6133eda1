# Everything runs in a virtual environment of its own; PYTHON chooses the interpreter (3.11 to 3.13).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# More intra-op threads than cores only slow small networks down.
THREADS ?= $(shell nproc 2>/dev/null || echo 2)
# Tests run in as many processes, of one thread each; a file stays in one process, as its tests share what they built.
WORKERS ?= $(THREADS)
PYTEST = OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder

# Cases of damaged, hostile and odd input; another SEED gives others.
CASES ?= 100000
SEED ?= 0

.PHONY: help install demo test quick attack check format bench docs docs-serve clean

help: ## show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.runtime: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "gradunc needs Python 3.11 to 3.13, this is " + sys.version.split()[0] + "; say make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

install: $(VENV)/.dev ## make the virtual environment with everything for development

demo: $(VENV)/.runtime ## train on rendered stereo pairs, evaluate with gradient uncertainty, print the result
	OMP_NUM_THREADS=$(THREADS) $(BIN)/python train.py experiment=demo

test: $(VENV)/.dev check ## all checks, then all tests and doctests
	$(PYTEST)

quick: $(VENV)/.dev ## tests and doctests without the long proofs
	$(PYTEST) -m 'not slow'

attack: $(VENV)/.dev ## a hundred thousand damaged and hostile inputs against everything that reads
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.attack --cases $(CASES) --seed $(SEED) --workers $(WORKERS)

check: $(VENV)/.dev ## ruff, pyright, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## let ruff format and mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.runtime ## cost of the gradient estimate in plain forward passes
	OMP_NUM_THREADS=$(THREADS) $(BIN)/python benchmarks/gradient_cost.py

MKDOCS = NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs

docs: $(VENV)/.dev ## the documentation as a website in build/site; a broken link is an error
	$(MKDOCS) build --strict --config-file docs/website/mkdocs.yml

docs-serve: $(VENV)/.dev ## the same at 127.0.0.1:8000, made anew when a page changes
	$(MKDOCS) serve --config-file docs/website/mkdocs.yml

clean: ## remove the environment, caches and build results, not the runs
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .hypothesis .cache *.egg-info
