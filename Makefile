# The words of this project: run, test, check, fix, bench.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m uv pip install --quiet --python $(BIN)/python -c constraints.txt

.PHONY: run test check fix bench clean

run: $(VENV)/run.stamp  ## environment, install, serve on 127.0.0.1:8000
	$(BIN)/stentor serve

test: $(VENV)/test.stamp $(VENV)/runpod.stamp  ## everything the tests need, then all tests
	./scripts/test-tools
	$(BIN)/python -m pytest $(TESTS)

check: $(VENV)/test.stamp $(VENV)/check.stamp  ## format, lint, types, layers, freshness of the docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports
	$(BIN)/python scripts/reference.py --check

fix: $(VENV)/test.stamp $(VENV)/check.stamp  ## what machines can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python scripts/reference.py

bench: $(VENV)/test.stamp  ## the figures in docs/performance.md
	$(BIN)/python -m bench $(BENCH)

clean:
	rm -rf $(VENV) build dist

$(VENV)/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "Stentor needs Python 3.11, 3.12 or 3.13; say which: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV) \
		|| { echo "Python's venv is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv -c constraints.txt
	@touch $@

$(VENV)/run.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt
	$(INSTALL) --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	$(INSTALL) --editable . --group test
	@touch $@

# RunPod's SDK brings a hundred packages, so it stands alone; its workers are what some tests speak with.
$(VENV)/runpod.stamp: $(VENV)/python.stamp tests/e2e/runpod/requirements.txt
	$(BIN)/python -m uv venv --quiet --clear --python $(BIN)/python $(VENV)/runpod
	$(BIN)/python -m uv pip install --quiet --python $(VENV)/runpod/bin/python -r tests/e2e/runpod/requirements.txt \
		&& touch $@ || echo "RunPod's SDK could not be installed; the tests of its workers are skipped."

$(VENV)/check.stamp: $(VENV)/run.stamp
	$(INSTALL) --group check
	@touch $@
