# Gordon's front door for chores. CI calls the same targets.
# On a new machine with git, make and Python 3.11 or newer: "make run" shows Gordon, "make test" proves it.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
DESK ?= deploy/desks/demo
SOURCES := gordon ingest classify route store deploy tests bench
BENCHES := $(filter-out __init__ processes,$(basename $(notdir $(wildcard bench/*.py))))

.PHONY: help install run test check format types lint imports docs freeze bench chaos lock sbom wheel clean

help: ## Show what make can do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 20

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Gordon needs Python 3.11 or newer with venv; on Debian: apt install python3-venv"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) (about a minute the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(VENV)/.installed ## Build .venv with the gordon command in it

run: install ## Run everything on this machine: the demo desk, or yours with DESK=path
	@$(BIN)/gordon up --desk $(DESK)

check: install lint types imports ## Lint, types and import rules

lint: install
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

types: install
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases deploy/*.py deploy/grafana/*.py

imports: install
	$(BIN)/lint-imports --no-cache

format: install ## Format the code and mend what can be mended
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

test: check ## Everything that CI runs
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=worksteal --cov --cov-report=term:skip-covered

docs: install ## Write anew what is generated: schemas, AsyncAPI, dashboards
	$(BIN)/python -m gordon.contracts docs
	$(BIN)/python -m deploy.grafana.build

freeze: install ## Release the event contract under the version in gordon/__init__.py, unless it breaks the last one
	$(BIN)/python -m gordon.contracts freeze docs

bench: install ## Measure; BENCH=name for one of bench/*.py
	@for b in $(or $(BENCH),$(BENCHES)); do echo "== $$b"; $(BIN)/python -m bench.$$b || exit 1; done

chaos: install ## Prove that nothing is lost or doubled under faults; MINUTES=2 SEED=random KIND=both OUT=build/chaos
	@$(BIN)/python -m tests.chaos --minutes $(or $(MINUTES),2) --kind $(or $(KIND),both) --out $(or $(OUT),build/chaos) \
	  $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE))

lock: install ## Resolve the dependencies anew
	@rm -rf .cache/uv && $(PYTHON) -m venv .cache/uv && .cache/uv/bin/pip install --quiet uv
	.cache/uv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --upgrade --no-emit-index-url \
	  --no-emit-find-links --quiet --group dev --custom-compile-command "make lock" -o requirements.lock pyproject.toml
	.cache/uv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-emit-find-links --quiet -c requirements.lock --custom-compile-command "make lock" \
	  -o requirements-run.lock pyproject.toml

sbom: install ## Write what Gordon is made of: build/sbom.cdx.json and build/licences.md
	$(BIN)/python deploy/sbom.py requirements-run.lock build

wheel: install ## Build the wheel of the last commit into build/; the same commit gives the same bytes
	$(BIN)/python deploy/wheel.py build

clean: ## Remove .venv, caches and the demo's data
	rm -rf $(VENV) .cache .mypy_cache .pytest_cache .ruff_cache .coverage build *.egg-info deploy/desks/demo/data
