# homarus: `make` lists what can be made. Everything lives in this folder and in HOMARUS_HOME (~/.homarus).
PYTHON ?= python3
RUN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help up down setup dev test check bench docs strings wheel lock clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: setup ## install what is needed, start the gateway, open the web chat
	@if [ "$$(id -u)" = 0 ]; then $(RUN)/homarus up --background --as-root; else $(RUN)/homarus up --background; fi

down: ## stop the gateway
	@if [ -x $(RUN)/homarus ]; then $(RUN)/homarus stop; else echo "Nothing is installed here, so nothing runs from here."; fi

setup: ## make the environment in .venv, nothing else
	@$(PYTHON) scripts/bootstrap.py

dev: ## make the environment with what tests and checks need
	@$(PYTHON) scripts/bootstrap.py --dev
	@$(PYTHON) scripts/system_packages.py

test: dev ## run all tests, installing what they need
	@$(RUN)/python -m pytest -n 2 --dist loadfile $(ARGS)

check: dev ## look at form, types, imports and dependencies
	@$(RUN)/ruff format --check . && $(RUN)/ruff check . && $(RUN)/basedpyright && $(RUN)/lint-imports && $(RUN)/deptry . && ! $(RUN)/vulture | grep -vE 'unused (variable|attribute)'

bench: dev ## measure, and print the table of budgets
	@$(RUN)/python -m benchmarks $(ARGS)

docs: dev ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(RUN)/mkdocs build --strict

strings: dev ## collect the sentences that people read, for translators
	@mkdir -p src/homarus/web/locales
	@$(RUN)/pybabel --quiet extract -F scripts/babel.cfg -k _ -k noted -k ngettext:1,2 --no-location --omit-header \
	  -o src/homarus/web/locales/homarus.pot src/homarus

wheel: dev ## build the wheel into dist/
	@$(RUN)/python scripts/build_wheel.py

lock: ## choose versions anew (requirements/*.lock)
	@sh scripts/lock.sh

clean: ## remove what was made here (not HOMARUS_HOME)
	@rm -rf .venv .make dist build site .pytest_cache .ruff_cache .hypothesis
