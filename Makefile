# Every target sets up what it needs: a virtual environment, torch first (this pin brings the CPU build), then the rest.
PYTHON ?= python3
TORCH ?= torch==2.13.0
BIN = .venv/bin
READY = .venv/.ready
BROWSER = .venv/.browser
export HF_HUB_OFFLINE = 1
export LANGSMITH_TRACING = false
export TOKENIZERS_PARALLELISM = false

.PHONY: help setup demo ui test test-browser test-full check format bench bench-agent bench-trust bench-gpu bench-ui bench-eval clean

help:
	@echo "make demo         index a small corpus, ask two questions, show where the answers come from"
	@echo "make ui           the chat in a browser, on the same corpus"
	@echo "make test         lint, types and tests, those in a browser among them (15 minutes at most on 2 cores)"
	@echo "make test-browser the browser tests alone (Chromium; skipped, and said so, where there is none)"
	@echo "make test-full    the same tests with their full counts (an hour at most); writes evals/results/test-full.json"
	@echo "make bench        retrieval quality, speed and memory against baselines; writes evals/results/"
	@echo "make bench-agent  the agent against one search; make bench-trust  the citation check against swapped facts"
	@echo "make bench-gpu    the same models on a GPU against the CPU"
	@echo "make bench-eval   what the evaluation itself costs: scoring, the runner, a comparison"
	@echo "make bench-ui     how soon the chat's pages, steps and answers are there"

setup: $(READY)

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet "$(TORCH)" --editable ".[dev]"
	touch $(READY)

# The browser of the browser tests: Debian's own, where this may be installed. Without it they are skipped, and say so.
$(BROWSER): $(READY)
	@if command -v chromium > /dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  echo "installing chromium for the browser tests"; \
	  ( timeout 600 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 900 \
	    apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core ) > .venv/browser.log 2>&1 \
	  || echo "chromium could not be installed (.venv/browser.log): the browser tests will be skipped"; \
	else echo "no chromium, and no right to install it: the browser tests will be skipped"; fi
	@touch $(BROWSER)

demo: setup
	$(BIN)/python -m ui.demo

ui: setup
	@test -f demo.index/CURRENT || $(BIN)/fathom index evals/demo/articles --out demo.index
	$(BIN)/fathom ui --index demo.index

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

test: check $(BROWSER)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

test-browser: setup $(BROWSER)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/browser

test-full: check $(BROWSER)
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

bench-eval: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m evals.bench_eval

bench-ui: setup $(BROWSER)
	$(BIN)/python -m ui.bench

clean:
	rm -rf .venv demo.index .pytest_cache .ruff_cache
