# vtb-train: `make help` lists every target. Nothing but Python 3.10 to 3.13 is needed for setup, demo, test, lint, bench.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& { command -v $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made-from-pyproject
EXTRAS := generate,curate,prepare,train-vlm,train-image,eval,launch,dev

MODEL ?=
STORE ?= demo-out$(if $(MODEL),-$(notdir $(abspath $(MODEL))))
LEARN ?= learn-out
TAUGHT := puzzles curated dataset untrained taught answers-taught scores-taught
ON ?= local
IMAGES ?=
WHEELS ?=
BASE_IMAGE ?=
REGISTRY ?=
ARCHIVE ?= build/images.tar
TESTS ?= tests
JOBS ?= 2
ATTACKS ?= 50
SEED ?= $(shell date +%s)
PYTEST_ARGS ?=

##@ Use
demo: setup  ## Generate, curate, prepare, train, predict and judge on tiny models; MODEL=path takes a real one
	@test -z "$(MODEL)" || test -f "$(MODEL)/config.json" || { echo "make: $(MODEL) is no model folder" >&2; exit 4; }
	@$(BIN)/vtb run k8s/pipelines/demo.yaml --on $(ON) --store $(STORE) $(if $(MODEL),--set model=$(abspath $(MODEL)))
	@echo "Report: $(STORE)/scores/report.html"
	@test -n "$(MODEL)" || $(MAKE) --no-print-directory demo-learns

# The first part of learn.yaml: a later `make learn LEARN=$(STORE)/learn` goes on from it.
demo-learns:
	@echo "The tiny model is random and hardly trained: that nearly all its answers are wrong, and many cut off, is as it should be."
	@echo "Now a small one learns something that it can, from nothing:"
	@$(BIN)/vtb run k8s/pipelines/learn.yaml --on $(ON) --store $(STORE)/learn $(TAUGHT:%=--only %)
	@$(BIN)/vtb show $(STORE)/learn/scores-taught
	@echo "Report: $(STORE)/learn/scores-taught/report.html"

learn: setup  ## Teach a small model overlapping squares from nothing, on the CPU, and judge it before and after training
	@$(BIN)/vtb run k8s/pipelines/learn.yaml --on $(ON) --store $(LEARN)
	@for step in scores-untrained scores-taught scores; do echo "$$step:"; $(BIN)/vtb show $(LEARN)/$$step; done
	@echo "Report: $(LEARN)/scores/report.html"

learn-image: setup  ## Teach a small editor to draw the way through mazes from nothing, on the CPU: half an hour
	@$(BIN)/vtb run k8s/pipelines/learn-image.yaml --on $(ON) --store $(LEARN)-image
	@$(BIN)/vtb show $(LEARN)-image/scores
	@echo "Curve: $(LEARN)-image/taught/curves.png; report: $(LEARN)-image/scores/report.html"

##@ Develop
setup: $(STAMP)  ## Make .venv with everything in it, or bring it up to date

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.10 to 3.13 found: install one, or give PYTHON=path" >&2; exit 4; }
	$(PYTHON) -m venv $(VENV)
	@echo "installing everything into $(VENV); the first time this takes minutes"
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]'
	@touch $@

test: setup  ## Run the whole test suite in JOBS=2 processes; TESTS=path runs a part
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder --durations 20 $(TESTS) $(PYTEST_ARGS)

test-slow: setup  ## Run the tests that take minutes each and that `make test` leaves out
	VTB_SLOW_TESTS=1 $(BIN)/python -m pytest -m slow $(TESTS) $(PYTEST_ARGS)

lint: setup check-generated  ## Check style, types, Dockerfiles and everything that is generated
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy shared/vtb stages/*/ images perf tests
	$(BIN)/hadolint images/*/Dockerfile

check-generated: setup  ## Check that option tables and lock files agree with what they come from
	$(BIN)/vtb render --check
	$(BIN)/python images/build.py lock --check

attacks: setup  ## Kill every data stage and break its store ATTACKS=50 times each, from SEED=random; the tests do it twice
	VTB_ATTACKS=$(ATTACKS) VTB_ATTACKS_SEED=$(SEED) $(BIN)/python -m pytest --numprocesses $(JOBS) tests/attacks $(PYTEST_ARGS)

bench: setup  ## Measure every speed target, one JSON line each
	@$(BIN)/python -m perf

##@ Images
image-base-local:  ## Build vtb/local-base with debootstrap, where no image registry can be reached (needs root)
	images/base/make_local_base.sh

BUILD = $(BIN)/python images/build.py
BUILD_FROM = $(if $(WHEELS),--wheels $(WHEELS)) $(if $(BASE_IMAGE),--base-image $(BASE_IMAGE))

images: setup  ## Build the images; IMAGES="gen-maze curate" some of them, WHEELS=dir from wheels, BASE_IMAGE=vtb/local-base
	$(BUILD) $(IMAGES) $(BUILD_FROM)

image/%: setup  ## Build one image and what it starts from
	$(BUILD) $* $(BUILD_FROM)

test-image/%: setup  ## Try one built image: its help and a small real run as a random user on a read-only root
	$(BUILD) test $*

push: setup  ## Push built images to REGISTRY/vtb/NAME:VERSION; IMAGES="gen-maze curate" some of them
	@test -n "$(REGISTRY)" || { echo "make: say where to: make push REGISTRY=registry.example.org/team" >&2; exit 2; }
	$(BUILD) push --registry $(REGISTRY) $(IMAGES)

images-archive: setup  ## Write built images into ARCHIVE=build/images.tar, for nodes that cannot pull; IMAGES="..." some
	$(BUILD) archive $(ARCHIVE) $(IMAGES)

##@ Other
clean:  ## Remove what the targets above have made, but not the images
	rm -rf $(VENV) demo-out demo-out-* learn-out learn-out-image build .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## Show this list
	@awk 'BEGIN {FS = ":.*##"; print "make TARGET [NAME=value]"} \
		/^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z%\/-]+:.*##/ {sub("%", "NAME", $$1); printf "  %-18s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo demo-learns learn learn-image setup test test-slow lint check-generated attacks bench image-base-local images push images-archive clean help
