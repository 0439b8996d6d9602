# Works on a machine with only Python, git and make: everything else goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PRETTIER := prettier@3.10.1 --print-width 120 --log-level warn
JAVASCRIPT := 'sparkq_http/**/*.js'

.PHONY: demo test prove soak check format docs screenshots bench mcpb clean

demo: $(READY)
	@$(BIN)/sparkq demo

test: $(READY)
	@sh tests/harness/install_browser.sh
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest  # otherwise four processes compile every test, in each run

prove: $(READY)
	@$(BIN)/python -m tests.proof prove

soak: $(READY)
	@$(BIN)/python -m tests.proof soak

check: $(READY)
	@$(BIN)/ruff format --check .
	@if npx --offline --yes $(PRETTIER) --version >/dev/null 2>&1; then npx --offline --yes $(PRETTIER) --check $(JAVASCRIPT); \
	else echo "JavaScript: format not checked, which needs npx and one run of make format"; fi
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python docs/generate.py --check

format: $(READY)
	@$(BIN)/ruff format .
	@if command -v npx >/dev/null; then npx --yes $(PRETTIER) --write $(JAVASCRIPT); \
	else echo "JavaScript: not formatted, which needs npx (Node.js)"; fi
	@$(BIN)/ruff check --fix .

docs: $(READY)
	@$(BIN)/python docs/generate.py

screenshots: $(READY)
	@$(BIN)/python docs/screenshots.py

bench: $(READY)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m bench  # otherwise each start of a command compiles it

mcpb: $(READY)
	@$(BIN)/python mcpb/build.py

clean:
	rm -rf $(VENV) .build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	@echo "Setting up $(VENV) (a minute, once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "SparkQ needs Python 3.11 or newer: make PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
