# Every target sets up what it needs; `make` alone lists them.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export PYTHONUNBUFFERED := 1
unexport PYTHONDONTWRITEBYTECODE # or each of the hundred services that tests start compiles our modules again

.DEFAULT_GOAL := help
.PHONY: help setup demo console test test-all coverage lint style style-core test-core types audit format bench bench-console bench-llm screenshots faults model pins clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 14

# The native core is built where there is a Rust compiler; all else works without it. cargo reads core/.cargo in core/ alone.
CARGO := $(shell command -v cargo)
export PCRE2_SYS_STATIC := 1
export CFLAGS += -DLINK_SIZE=3

setup: $(VENV)/.ready $(if $(CARGO),$(VENV)/.core,without-core)  ## build .venv for development from the pinned, hashed requirements, and the native core where cargo is there

.PHONY: without-core
without-core:
	@echo "cargo is not on the PATH: the native core is not built, and Python does its work, more slowly (docs/native_core.md)"

$(VENV)/.core: core/Cargo.lock core/Cargo.toml core/pyproject.toml core/.cargo/config.toml $(wildcard core/src/*.rs) $(VENV)/.ready
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --quiet --release --locked --uv --manifest-path core/Cargo.toml
	touch $@

# .venv holds either what serving needs (.base), or that and all of development (.ready). The second never shrinks to the first.
$(VENV)/.base: requirements.txt pyproject.toml
	$(install)

$(VENV)/.ready: requirements-dev.txt pyproject.toml
	@rm -f $(VENV)/.base $(VENV)/.core
	$(install)

define install
@command -v $(PYTHON) >/dev/null || { echo "logsluice needs Python 3.11: $(PYTHON) is not on the PATH (set PYTHON=...)"; exit 1; }
test -x $(BIN)/uv || { $(PYTHON) -m venv $(VENV) && $(BIN)/pip install --quiet uv; }
$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python $<
$(BIN)/uv pip install --quiet --no-deps --python $(BIN)/python --editable .
touch $@
endef

demo: $(if $(wildcard $(VENV)/.ready),$(VENV)/.ready,$(VENV)/.base)  ## label a sample stream on an embedded broker
	$(BIN)/logsluice demo

console: setup  ## the same with the console in a browser, until Ctrl-C
	$(BIN)/logsluice demo --console

# More processes than a small machine has cores: half of the time a test waits for a broker or a service.
WORKERS ?= 3

test: setup  ## run the suite, without the long scenarios; on real Kafka too where a JDK and Maven are there
	$(BIN)/pytest --numprocesses $(WORKERS) --no-loadscope-reorder $(TESTS)

test-all: setup  ## run the suite with the long scenarios
	$(BIN)/pytest --numprocesses $(WORKERS) --no-loadscope-reorder --long $(TESTS)

coverage: setup  ## run the suite and print which lines and branches it reaches, those of the services included
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses $(WORKERS) --no-loadscope-reorder $(TESTS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: style types style-core  ## check format, lint, words, workflows and types

style-core:
ifneq ($(CARGO),)
	cargo fmt --check --manifest-path core/Cargo.toml
	cargo clippy --quiet --locked --all-targets --manifest-path core/Cargo.toml -- -D warnings
else
	@test -z "$$CI" || { echo "CI needs cargo on the PATH: the native core may not be left unchecked here"; exit 1; }
	@echo "cargo is not on the PATH: the native core is not checked"
endif

CORE_TESTS ?= tests/consumer/lanes tests/consumer/records tests/consumer/kafka tests/consumer/test_run.py tests/files tests/logsluice/test_classify_cores.py
CORES ?= native python

test-core: setup  ## run the tests of the native core, and the records and lanes with it and without
	cargo test --quiet --locked --no-default-features --manifest-path core/Cargo.toml
	for core in $(CORES); do LOGSLUICE_CORE=$$core $(BIN)/pytest --numprocesses $(WORKERS) --no-loadscope-reorder $(CORE_TESTS) || exit 1; done

types: setup
	$(BIN)/mypy

style: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python .ci/words.py
	$(BIN)/codespell
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema custom.github-workflows-require-timeout .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/label.yml

audit: setup  ## look the pinned dependencies up in an advisory database, where one can be reached
	$(BIN)/python .ci/audit.py

format: setup  ## format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

model: setup  ## train the built-in bundle from models/corpus
	$(BIN)/logsluice train --corpus --fine-tune --precision 0.86 --output models/default

bench: setup .venv-bench/.ready  ## measure throughput, latency and start-up on a real Kafka
	$(BIN)/python -m benchmarks $(BENCH)

bench-console: setup .venv-bench/.ready  ## measure requests a second and memory of the console, with 50 users
	$(BIN)/python -m benchmarks.console_load

bench-llm: setup  ## measure what an LLM costs, and that the fast lane does not wait for it
	$(BIN)/python -m benchmarks.llm

screenshots: setup  ## take the pictures of the console that the README shows, with a Chromium
	$(BIN)/python -m benchmarks.screenshots

faults: setup  ## kills, restarts, rebalances, hostile input; what became of every event
	$(BIN)/python -m faults $(FAULTS)

.venv-bench/.ready: benchmarks/requirements.txt $(VENV)/.ready
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-bench
	$(BIN)/uv pip sync --quiet --compile-bytecode --python .venv-bench/bin/python benchmarks/requirements.txt
	touch $@

COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-emit-index-url --python-version 3.11

pins: setup  ## compile both files of pinned requirements again from pyproject.toml
	$(COMPILE) --upgrade --extra dev --output-file requirements-dev.txt
	$(COMPILE) --upgrade --group weights --constraint requirements-dev.txt --output-file requirements.txt

clean:  ## remove what the other targets made
	rm -rf $(VENV) .venv-bench .cache core/target core/fuzz/target dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
