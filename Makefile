# `make demo` shows it, `make test` tests it, `make run` starts it; the README says more.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Tools that are no part of MixCyfe, each in a venv of its own: what they need must not meet what MixCyfe needs.
TOOLS := .tools
LOCKED := --require-hashes -r

# Bytecode is kept: else every process that a test starts, and every worker, would compile all files anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo run test lint format bench lock vendor audit sbom clean release archive
.DEFAULT_GOAL := demo

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit("MixCyfe needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements.lock
	$(PIP) $(LOCKED) requirements.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.made requirements-dev.lock
	$(PIP) $(LOCKED) requirements-dev.lock
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
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(TOOLS) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.run

$(TOOLS)/%: | $(VENV)/.made
	@$(BIN)/python -m venv $(TOOLS)/$*
	@$(TOOLS)/$*/bin/python -m pip install --quiet --disable-pip-version-check $* || \
	  { rm -rf $(TOOLS)/$*; echo "make: $* can't be installed from here."; exit 1; }

# After a change of requirements*.txt, what it needs and no more; `make lock UPGRADE=--upgrade` takes the newest of all.
# For every system and every Python from 3.11 on, and without a word about where packages come from.
LOCK = $(TOOLS)/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(UPGRADE)

lock: | $(TOOLS)/uv
	$(LOCK) requirements.txt -o requirements.lock
	$(LOCK) requirements-cluster.txt -c requirements.lock -o requirements-cluster.lock
	$(LOCK) requirements-dev.txt -c requirements-cluster.lock -o requirements-dev.lock

# The chart library that the pages load from this site: one file of its npm package, also compressed, and its licence.
# For a newer one: change the number here, in charts/drawing.js and in the templates that preload it.
ECHARTS := 6.1.0
VENDOR := widgets/static/widgets/vendor/echarts-$(ECHARTS)

vendor:
	@mkdir -p $(VENDOR) $(TOOLS)
	@cd $(TOOLS) && npm pack --silent echarts@$(ECHARTS)
	@tar -xzf $(TOOLS)/echarts-$(ECHARTS).tgz -C $(VENDOR) --strip-components 1 package/LICENSE package/NOTICE
	@tar -xzf $(TOOLS)/echarts-$(ECHARTS).tgz -C $(VENDOR) --strip-components 2 package/dist/echarts.esm.min.js
	@gzip -9nkf $(VENDOR)/echarts.esm.min.js
	@echo "$(VENDOR) is there. Remove the older one."

# What running needs, against the published advisories. Needs the internet: says so where there is none.
audit: | $(TOOLS)/pip-audit
	@$(TOOLS)/pip-audit/bin/pip-audit --disable-pip --require-hashes -r requirements-cluster.lock --strict \
	  --progress-spinner off --timeout 20 || \
	  { echo "make audit: read what stands above. Vulnerable packages are listed; else the advisories can't be reached from here."; exit 1; }

# What running needs, as a CycloneDX bill of materials for a release: the same file whoever makes it.
sbom: | $(TOOLS)/cyclonedx-bom
	@$(TOOLS)/cyclonedx-bom/bin/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application \
	  --output-reproducible -o mixcyfe.cdx.json requirements-cluster.lock
	@echo "Wrote mixcyfe.cdx.json."

# The files of a release in dist/: this commit's archive (the same bytes whoever makes it), what it needs, and checksums.
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
RELEASE = dist/mixcyfe-$(VERSION)
# Settings of a person's git that would change the archive's bytes.
SAME = -c tar.umask=0022 -c core.autocrlf=false -c core.eol=lf -c core.attributesFile=/dev/null

release: archive sbom
	@mv mixcyfe.cdx.json $(RELEASE).cdx.json
	@cd dist && sha256sum mixcyfe-$(VERSION).tar.gz mixcyfe-$(VERSION).cdx.json > mixcyfe-$(VERSION).sha256
	@cat $(RELEASE).sha256

archive:
	@git diff --quiet HEAD || { echo "make release: commit your changes first."; exit 1; }
	@sed -n 's/^## //p' CHANGELOG.md | head -1 | grep -Eqx '$(subst .,\.,$(VERSION)) \([0-9-]{10}\)' || { \
	  echo "make release: the first heading of CHANGELOG.md must be: ## $(VERSION) (date), as in pyproject.toml."; exit 1; }
	@mkdir -p dist
	@git $(SAME) archive --format=tar --prefix=mixcyfe-$(VERSION)/ HEAD | GZIP= gzip -n9 > $(RELEASE).tar.gz
	@echo "Wrote $(RELEASE).tar.gz."
