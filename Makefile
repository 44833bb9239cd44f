# make run    the server with its sample, from nothing        PORT=8080  DATA=data
# make test   all tests
# make check  format, lint, types, import contracts, tests: what CI runs
# make lock   requirements.lock anew from pyproject.toml, and requirements-run.lock: what of it a server needs

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
DATA ?= data
STAMP := $(VENV)/.installed
COMPILE = $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

unexport PYTHONDONTWRITEBYTECODE  # modules are compiled once, not by every process anew

# The tests' databases stand in memory where there is such a place: thousands of fsyncs are waiting, not testing.
SHM := $(if $(wildcard /dev/shm),TMPDIR=/dev/shm)

.PHONY: run test check lock clean

run: $(STAMP)
	@$(BIN)/karvan --data "$(DATA)" languages install starter > /dev/null
	@exec $(BIN)/karvan --data "$(DATA)" serve --sample --port $(PORT)

test: $(STAMP)
	@$(SHM) $(BIN)/pytest --numprocesses 3 --dist worksteal

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

lock:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet pip-tools
	$(COMPILE) --upgrade --extra dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --all-build-deps --constraint requirements.lock --output-file requirements-run.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

$(STAMP): requirements.lock pyproject.toml
	@echo "Installing the locked dependencies into $(VENV) (once, about 500 MB, a minute or two)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Karvan needs Python 3.11 or newer")'
	@$(PYTHON) -m venv $(VENV)
	@test -t 1 || quiet=--quiet; \
	  $(BIN)/pip install $$quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
