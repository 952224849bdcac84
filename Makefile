# Everything runs from .venv, which every target installs first; python >= 3.11 and make suffice.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint bench lock histories clean

demo: .venv/installed
	$(BIN)/postroad demo

# Most tests wait for servers more than they compute: one process more than there are cores.
test: .venv/installed
	$(BIN)/pytest --numprocesses $$(($$(getconf _NPROCESSORS_ONLN) + 1))

lint: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: .venv/installed
	$(BIN)/python -m benchmarks

# Record new workflow histories after a deliberate change: see docs/workflows.md.
histories: .venv/installed
	$(BIN)/python -m tests.histories.record

# Pin every dependency again, with hashes.
lock: .venv/installed
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --extra dev \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header \
		--output-file requirements.txt pyproject.toml

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

clean:
	rm -rf .venv
