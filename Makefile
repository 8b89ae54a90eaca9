# Everything a developer or a new machine needs. `make help` lists it.

BIN := .venv/bin
READY := .venv/.ready
TEXTS := $(wildcard supply/translations/*/LC_MESSAGES/*.po)
CHECKED := $(wildcard supply tests benchmarks scripts wsgi.py)

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format bench lock messages migration pictures

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) $(TEXTS:.po=.mo) ## Install everything into .venv and static/vendor; does nothing when up to date

run: setup ## Serve the product on 127.0.0.1:8000 (PORT=…), with demo data if the database is empty
	@$(BIN)/supply db upgrade
	@$(BIN)/supply demo --if-empty
	@exec $(BIN)/supply serve

test: setup ## Run every test, on SQLite and PostgreSQL and in Chromium (ARGS='-k stock' narrows it)
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal $(ARGS)

lint: setup ## Check style, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(CHECKED)

format: setup ## Mend what the linter can mend by itself
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

bench: setup ## Measure speed, as ratios within one run
	@$(BIN)/python -m benchmarks $(ARGS)

migration: setup ## Write the next migration from the models (NAME='what it does')
	@$(BIN)/python -m scripts.migration $(NAME)
	@$(BIN)/ruff format --quiet migrations

pictures: setup ## Take the pictures of the handbook again (ARGS='today stock' narrows it)
	@$(BIN)/python -m scripts.pictures $(ARGS)

messages: setup ## Bring the translators' files up to date with the texts in the code
	@$(BIN)/python -m scripts.messages

lock: setup ## Resolve the dependencies into the lock files (UPGRADE=1 takes newer versions)
	@./scripts/lock.sh

$(READY): $(wildcard requirements/*.txt) package-lock.json pyproject.toml \
		scripts/setup.sh scripts/vendor_assets.py supply/web/icons.py
	@./scripts/setup.sh
	@touch $@

%.mo: %.po $(READY)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
