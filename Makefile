# studiod: `make run` is all a newcomer needs; `make help` names the rest.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# Sums of tests are small; and after a fork numpy would start its workers anew in the middle of one.
export OPENBLAS_NUM_THREADS := 1

# libportaudio2 brings libasound2 under whatever name this Debian gives it; rtmidi's wheel needs that one too.
RUN_PACKAGES := build-essential python3-dev python3-venv libportaudio2
TEST_PACKAGES := jackd2 jack-capture libasound2-plugins sox ffmpeg flac socat avahi-daemon avahi-utils dbus iproute2 \
	ardour-data \
	e2fsprogs xfsprogs \
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static systemd udev
# What the benches measure studiod beside; each skips, and names, what is not installed.
BENCH_PACKAGES := supercollider-server valgrind ecasound swh-plugins ardour
LAB_PACKAGES := qemu-system-x86 mmdebstrap cpio e2fsprogs

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
STAMPS := $(VENV)/.stamps
GENERATED := $(patsubst %.pyx,%.c,$(wildcard ext/*.pyx))
SOURCES := $(filter-out $(GENERATED),$(shell find setup.py ext -type f 2>/dev/null))
# Tests that meet real servers come last, one at a time: tests/conftest.py.
WORKERS := $(shell cores=$$(nproc); echo $$((cores < 4 ? cores : 4)))
COMPILED := studiod.link._block studiod.link._events studiod.engine._engine studiod.engine._generators studiod.engine._meters studiod.tape._tape studiod.engine._limiter studiod.ports._jack_midi
CHECKS := check-format check-lint check-types check-stubs check-cython check-layers check-spelling check-docs
# Each writes files that follow from the code, and with --check fails when they are stale.
GENERATORS := studiod.app.docs studiod.app.config.export studiod.app.control.docs studiod.app.surface_pages
BENCHES := $(filter-out _%,$(basename $(notdir $(wildcard tests/bench/*.py))))

.PHONY: help setup run test check $(CHECKS) soak lab cross bench docs clean run-packages test-packages bench-packages lab-packages

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

setup: $(STAMPS)/built ## Debian packages, .venv, the compiled extension; only what is missing or has changed

run: setup ## start studiod with config/studiod.yaml; options: make run ARGS="--host virtual"
	@$(BIN)/studiod run --config config/studiod.yaml $(ARGS)

test: setup test-packages ## the tests, without the hour-long ones and the lab; options: make test ARGS="-k hub"
	@$(BIN)/pytest --numprocesses $(WORKERS) --no-loadscope-reorder $(ARGS)

check: setup test-packages ## format, lint, types, layers, spelling, generated pages
	@$(MAKE) --keep-going $(CHECKS)

soak: setup test-packages ## the long tests
	@$(BIN)/pytest -m soak -o timeout=0 $(ARGS)

lab: setup lab-packages ## a virtual machine with sound cards, USB and systemd (root)
	@$(BIN)/pytest -m lab -o timeout=900 tests/lab $(ARGS)

cross: setup test-packages ## the NEON variant under qemu-aarch64
	@$(BIN)/pytest -m cross $(ARGS)
	@$(PYTHON) -m tests.cross.build_arm64

bench: setup test-packages bench-packages ## measure: one JSON object a bench
	@for bench in $(BENCHES); do echo "== $$bench"; $(PYTHON) -m tests.bench.$$bench --json; done

docs: setup ## write the generated pages of docs/ and config/
	@for module in $(GENERATORS); do $(PYTHON) -m $$module; done

clean: ## what was built; .venv stays
	@rm -rf build dist *.egg-info .cache $(STAMPS) $(GENERATED)
	@find studiod -name '*.so' -delete
	@find studiod tests -name __pycache__ -prune -exec rm -rf {} +

# -- set-up ------------------------------------------------------------------------------------------------------------

run-packages:
	@.ci/packages $(RUN_PACKAGES)

test-packages:
	@.ci/packages $(TEST_PACKAGES)

bench-packages:
	@.ci/packages $(BENCH_PACKAGES)

lab-packages:
	@.ci/packages $(LAB_PACKAGES)

$(PYTHON): | run-packages
	@.ci/venv $(VENV)

# The editable install compiles everything, from the sources as they are when it begins.
$(STAMPS)/installed: pyproject.toml | $(PYTHON)
	@mkdir -p $(STAMPS) && touch $(STAMPS)/begun
	@.ci/step install $(PYTHON) -m pip install --editable ".[dev]"
	@mv $(STAMPS)/begun $(STAMPS)/compiled && touch $@

$(STAMPS)/built: $(SOURCES) $(STAMPS)/installed
	@if [ ! -e $(STAMPS)/compiled ] || [ -n "$$(find $(SOURCES) -newer $(STAMPS)/compiled)" ]; then \
		touch $(STAMPS)/begun; .ci/step compile $(PYTHON) setup.py build_ext --inplace; \
		mv $(STAMPS)/begun $(STAMPS)/compiled; fi
	@touch $@

# -- gates: each prints one line, and its findings when it fails --------------------------------------------------------

check-format:
	@.ci/step $@ $(BIN)/ruff format --check .

check-lint:
	@.ci/step $@ $(BIN)/ruff check --output-format concise .

check-types:
	@.ci/step $@ $(BIN)/mypy

# A compiled module without a .pyi is found by check-types (it cannot be imported there).
check-stubs:
	@stubbed=(); for module in $(COMPILED); do \
		if [ -e "$${module//.//}.pyi" ]; then stubbed+=("$$module"); fi; done; \
	if [ $${#stubbed[@]} -gt 0 ]; then .ci/step $@ $(BIN)/stubtest --mypy-config-file pyproject.toml \
		--allowlist tests/architecture/stubtest-allowlist.txt --ignore-unused-allowlist "$${stubbed[@]}"; fi

# cython-lint calls pycodestyle from PATH.
check-cython:
	@PATH="$(CURDIR)/$(BIN):$$PATH" .ci/step $@ $(BIN)/cython-lint ext

check-layers:
	@.ci/step $@ $(BIN)/lint-imports

check-spelling:
	@.ci/step $@ $(BIN)/codespell

check-docs:
	@.ci/step $@ bash -ec 'for module in $(GENERATORS); do $(PYTHON) -m $$module --check; done'
