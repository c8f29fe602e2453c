# make setup | demo | test | lint | bench | fuzz; see README.md
VENV := .venv
BIN := $(VENV)/bin

.PHONY: setup demo test lint bench fuzz clean

setup:
	@sh docs/setup.sh

demo: setup
	@$(BIN)/konbini demo

# the tests start some hundred processes: Python's bytecode is kept for them, whatever the environment says
test: export PYTHONDONTWRITEBYTECODE =
test: export PYTHONPYCACHEPREFIX = $(CURDIR)/.konbini/bytecode
test: setup
	@QT_QPA_PLATFORM=offscreen $(BIN)/pytest -n 2 --dist loadgroup

lint: setup
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports && $(BIN)/python -m tests.kind_names

bench: setup
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.bench $(ONLY)

# at random, whole, and every test of which `make test` runs a part: those know it by tests/long.py
fuzz: setup
	@QT_QPA_PLATFORM=offscreen KONBINI_LONG=1 $(BIN)/pytest --hypothesis-profile=fuzz --timeout=0 \
		tests/cards/test_fuzz.py tests/flow/test_any_way.py tests/scenarios/test_features.py \
		$$(grep -rl --include='test_*.py' 'tests\.long' tests | sort)

clean:
	rm -rf .konbini evidence gallery paper-review .pytest_cache .mypy_cache .ruff_cache
