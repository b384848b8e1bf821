# Two commands do everything on a fresh machine: `make leaderboard` and `make test`.

VENV   := .venv
PYTHON := $(VENV)/bin/python
HOPGYM := $(VENV)/bin/hopgym
STAMP  := $(VENV)/.installed

# Compiled modules make every later start faster, and no test or run may reach for a hub.
unexport PYTHONDONTWRITEBYTECODE
export HF_HUB_OFFLINE = 1
# uv does not read pip's configuration; hand it what a machine's pip was told.
export UV_SYSTEM_CERTS ?= 1
ifndef UV_FIND_LINKS
export UV_FIND_LINKS := $(shell python3 -m pip config get global.find-links 2>/dev/null)
endif

.PHONY: help install leaderboard test test-slow lint format bench-speed bench-rollout bench-ppo bench-grpo bench-drag bench-retrieval bench-context bench-report docs docs-site audit fuzz-servers clean

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install: $(STAMP)  ## .venv with the package and everything the tests need

$(STAMP): pyproject.toml constraints.txt
	test -x $(PYTHON) || python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check uv || true
	$(PYTHON) -m uv pip install --quiet --python $(PYTHON) --constraint constraints.txt --editable ".[dev]" || \
		$(PYTHON) -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

leaderboard: install  ## play 300 questions in four environments; results/leaderboard.html
	$(HOPGYM) bench --suite quick --num-envs 32 --out results/quick
	$(HOPGYM) leaderboard results/quick --html results/leaderboard.html --md results/leaderboard.md --json results/leaderboard.json

test: install  ## the tests
	$(PYTHON) -m pytest -n 2 --dist worksteal -q

test-slow: install  ## those that take minutes
	$(PYTHON) -m pytest -m slow -q
	$(PYTHON) -m pytest -q --hypothesis-profile=thorough tests/envs/grammars tests/envs/test_plan_properties.py

lint: install  ## ruff and mypy
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: install  ## let ruff mend what it can
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

bench-speed: install  ## steps a second, side by side
	$(PYTHON) -m hopgym.benchmarks.speed.env_steps
	$(PYTHON) -m hopgym.benchmarks.speed.dag
	$(PYTHON) -m hopgym.benchmarks.speed.kg

bench-rollout: install  ## a language model's tokens a second, beside bare model.generate
	$(PYTHON) -m hopgym.benchmarks.speed.rollout

bench-ppo: install  ## an update of PPO, beside a bare forward and backward pass
	$(PYTHON) -m hopgym.benchmarks.speed.ppo

bench-grpo: install  ## a step of GRPO, beside TRL's own of a single turn
	$(PYTHON) -m hopgym.benchmarks.speed.grpo

bench-drag: install  ## questions a second in phase 1 of D-RAG, in batches and graph by graph
	$(PYTHON) -m hopgym.benchmarks.speed.drag --threads 1 2 --samples 2048

bench-retrieval: install  ## queries a second, beside the bare libraries; half an hour
	$(PYTHON) -m hopgym.benchmarks.speed.retrieval

bench-context: install  ## first token and memory against 1k to 16k tokens; a quarter of an hour
	$(PYTHON) -m hopgym.benchmarks.speed.context --svg docs/context.svg

bench-report: install  ## how fast the report page opens with 10,000 trajectories; needs Chromium
	$(PYTHON) -m hopgym.benchmarks.speed.report_page

docs: install  ## run what the docs show
	$(PYTHON) -m pytest -q tests/test_docs.py

docs-site: install  ## the docs as a site, in site/; any warning is an error
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

# Asks for advisories over the network: PyPI, or AUDIT_FLAGS="--vulnerability-service osv --osv-url URL"
# for a mirror. A version that could not be looked up is a failure, never a pass (--strict).
audit: install  ## dependencies against advisories, and the rules of the house; needs a network
	$(PYTHON) -m pip check
	$(PYTHON) -m uv pip install --quiet --python $(PYTHON) --constraint constraints.txt "pip-audit>=2.10"
	$(PYTHON) -m pip_audit --strict --disable-pip --no-deps --requirement constraints.txt $(AUDIT_FLAGS)
	$(PYTHON) -m pytest -q tests/test_house_rules.py tests/test_safe_reading.py tests/test_hostile.py tests/test_packaging.py

fuzz-servers: install  ## the server under two fuzzers, SECONDS each (60)
	$(PYTHON) -m uv pip install --quiet --python $(PYTHON) --constraint constraints.txt "schemathesis>=4.32"
	$(PYTHON) -m hopgym.benchmarks.server_fuzz --seconds $(or $(SECONDS),60)

clean:  ## remove .venv and caches
	rm -rf $(VENV) build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache
