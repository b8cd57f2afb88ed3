# Every target sets up what it needs: a virtual environment, torch first (this pin brings the CPU build), then the rest.
PYTHON ?= python3
TORCH ?= torch==2.13.0
BIN = .venv/bin
READY = .venv/.ready
export HF_HUB_OFFLINE = 1
export LANGSMITH_TRACING = false
export TOKENIZERS_PARALLELISM = false

.PHONY: help setup demo test test-full check format bench bench-agent bench-trust bench-gpu clean

help:
	@echo "make demo         index a small corpus, ask two questions, show where the answers come from"
	@echo "make test         lint, types and tests (15 minutes at most on 2 cores)"
	@echo "make test-full    the same tests with their full counts (an hour at most); writes evals/results/test-full.json"
	@echo "make bench        retrieval quality, speed and memory against baselines; writes evals/results/"
	@echo "make bench-agent  the agent against one search; make bench-trust  the citation check against swapped facts"
	@echo "make bench-gpu    the same models on a GPU against the CPU"

setup: $(READY)

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet "$(TORCH)" --editable ".[dev]"
	touch $(READY)

demo: setup
	$(BIN)/python -m ui.demo

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

test-full: check
	FATHOM_FULL=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --timeout 3000

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(BIN)/python -m evals.bench

bench-agent: setup
	$(BIN)/python -m evals.bench_agent

bench-trust: setup
	$(BIN)/python -m evals.trust --write

bench-gpu: setup
	$(BIN)/python -m evals.gpu

clean:
	rm -rf .venv demo.index .pytest_cache .ruff_cache
