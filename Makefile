# Every command of the project. `make` alone lists them.
# Each one prepares .venv by itself: only Python 3.11 or newer and make are needed.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help notebooks test lab check site bench lock clean

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
WARM := $(PY) -m warmkernel
export JUPYTER_PLATFORM_DIRS := 1
export PYTHONHASHSEED := 0
export OPENBLAS_NUM_THREADS := 1

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | \
	  while IFS="$$(printf '\t')" read -r name what; do printf 'make %-10s %s\n' "$$name" "$$what"; done

# An environment knows the folder it was made in: in a folder moved or renamed since, it is made anew.
MADE_IN := $(shell cat $(READY) 2>/dev/null)
ifneq ($(MADE_IN),)
ifneq ($(MADE_IN),$(CURDIR))
.PHONY: $(READY)
endif
endif

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "claimbook needs Python 3.11 or newer; none was found. Install one, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Preparing $(VENV) (once; about two minutes)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@printf '%s\n' "$(CURDIR)" > $@

notebooks: $(READY) ## execute every notebook from top to bottom and save its outputs
	@$(WARM) --code -- $(PY) -m claimbook run

test: $(READY) ## run the library's tests and validate every notebook against its saved outputs
	@$(PY) -m ruff check --quiet lib tests
	@$(WARM) --code -- $(PY) -m pytest -q -rs -p warmkernel.pytest_plugin --nbval -n 2 --dist loadscope tests notebooks

# Jupyter refuses root unless told; in a container root is the usual user, and the server answers localhost with a token only.
lab: $(READY) ## open the notebooks in JupyterLab; LAB="--no-browser --port 9000" passes options on
	@$(WARM) -- $(PY) -m jupyter lab --KernelManager.transport_encryption=auto $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB) notebooks

check: $(READY) ## check ledger, quotations, evidence, tables and notebooks in seconds
	@$(PY) -m claimbook check

site: $(READY) ## build the reading copy with its exports into build/site
	@$(PY) -m claimbook site

bench: $(READY) ## measure time and memory; BENCH="screen --rows 10000000 100000000" chooses
	@$(PY) -m benchmarks $(BENCH)

COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-annotate -q

# requirements-spark.lock is what the extra `spark` needs on top of requirements.lock.
lock: ## resolve requirements.lock, requirements-spark.lock and environment.yml anew (needs uv)
	$(COMPILE) --extra test --extra site --no-header -o requirements.lock
	$(COMPILE) --extra spark --constraint requirements.lock --custom-compile-command "make lock" \
	  $$(sed -n 's/^\([^= ]*\)==.*/--no-emit-package \1/p' requirements.lock | sort -u) -o requirements-spark.lock
	$(PY) -m claimbook.environment

clean: ## remove everything that was made and is not committed
	rm -rf $(VENV) build .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
