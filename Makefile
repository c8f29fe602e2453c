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

fuzz: setup
	@QT_QPA_PLATFORM=offscreen KONBINI_LONG=1 $(BIN)/pytest --hypothesis-profile=fuzz --timeout=0 \
		tests/cards/test_fuzz.py tests/flow/test_any_way.py tests/hostile/test_both_killed.py tests/hostile/test_every_door.py \
		tests/scenarios/test_features.py tests/scenarios/test_pcsc_features.py tests/scenarios/test_demo.py tests/scenarios/test_vscode.py tests/scenarios/test_first_sight.py \
		tests/tours tests/scenarios/test_tour_command.py tests/panel/test_legible.py tests/panel/test_sizes.py \
		tests/issuing/test_interleaved_deliveries.py tests/registry/test_bases.py tests/pages/test_profile_cards.py tests/outages/test_cells.py \
		tests/planted tests/registration/test_planted.py tests/registration/test_browser.py tests/operations \
		tests/evidence/test_pages.py tests/screens/test_gallery.py tests/screens/test_matrix.py

clean:
	rm -rf .konbini evidence gallery paper-review .pytest_cache .mypy_cache .ruff_cache
