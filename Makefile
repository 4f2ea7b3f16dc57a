# `make demo` shows it, `make test` tests it, `make run` starts it; the README says more.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo run test lint format bench audit clean
.DEFAULT_GOAL := demo

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit("MixCyfe needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.txt
	$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements.txt requirements-cluster.txt requirements-dev.txt
	$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/.run

demo: $(VENV)/.run
	@PORT=$(PORT) $(BIN)/python manage.py demo

run: $(VENV)/.run .env
	$(BIN)/python manage.py serve --port $(PORT)

# A first start's settings: fresh keys, everything else as documented in .env.example.
.env: | $(VENV)/.run
	@umask 077; { \
	  echo "SECRET_KEY=$$($(BIN)/python manage.py new_key)$$($(BIN)/python manage.py new_key)"; \
	  echo "FIELD_ENCRYPTION_KEYS=$$($(BIN)/python manage.py new_key)"; \
	  echo "SITE_URL=http://127.0.0.1:$(PORT)"; } > $@
	@echo "Wrote .env with fresh keys: keep it safe. First user: $(BIN)/python manage.py createsuperuser"

# A file's tests stay together; many of them wait for servers, so a few more processes than cores pay.
test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 3 --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.run

# What is installed, against the published advisories. Needs the internet: says so where there is none.
audit: $(VENV)/.run
	@$(PIP) pip-audit || { echo "make audit: pip-audit can't be installed from here."; exit 1; }
	@$(BIN)/pip-audit --local --strict --progress-spinner off --timeout 20 || \
	  { echo "make audit: read what stands above. Vulnerable packages are listed; else the advisories can't be reached from here."; exit 1; }
