# `make demo` shows MixCyfe with made-up data, `make run` starts it, and `make test` tests it. See README.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# Tools for developers. Each has its own venv, so that its packages cannot conflict with MixCyfe's.
TOOLS := .tools
LOCKED := --require-hashes -r

# Without stored bytecode, each process that a test starts would compile all files again.
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

# Settings for a first start, with new keys. .env.example has all other settings.
.env: | $(VENV)/.run
	@umask 077; { \
	  echo "SECRET_KEY=$$($(BIN)/python manage.py new_key)$$($(BIN)/python manage.py new_key)"; \
	  echo "FIELD_ENCRYPTION_KEYS=$$($(BIN)/python manage.py new_key)"; \
	  echo "SITE_URL=http://127.0.0.1:$(PORT)"; } > $@
	@echo "Wrote .env with new keys. Keep this file safe. Create the first user: $(BIN)/python manage.py createsuperuser"

# Many tests wait for servers, so three processes are faster than two, even on two cores.
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

# Versions change only where requirements*.txt requires a change. With `make lock UPGRADE=--upgrade`, all packages get
# their newest versions. The lock files work on every system with Python 3.11 or newer, and name no package index.
LOCK = $(TOOLS)/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(UPGRADE)

lock: | $(TOOLS)/uv
	$(LOCK) requirements.txt -o requirements.lock
	$(LOCK) requirements-cluster.txt -c requirements.lock -o requirements-cluster.lock
	$(LOCK) requirements-dev.txt -c requirements-cluster.lock -o requirements-dev.lock

# Downloads Apache ECharts, the pages' chart library: one file of its npm package, the same file compressed, the licence
# and the notice. To change the version, change it here, in charts/drawing.js and in chart_head.html.
ECHARTS := 6.1.0
VENDOR := widgets/static/widgets/vendor/echarts-$(ECHARTS)

vendor:
	@mkdir -p $(VENDOR) $(TOOLS)
	@cd $(TOOLS) && npm pack --silent echarts@$(ECHARTS)
	@tar -xzf $(TOOLS)/echarts-$(ECHARTS).tgz -C $(VENDOR) --strip-components 1 package/LICENSE package/NOTICE
	@tar -xzf $(TOOLS)/echarts-$(ECHARTS).tgz -C $(VENDOR) --strip-components 2 package/dist/echarts.esm.min.js
	@gzip -9nkf $(VENDOR)/echarts.esm.min.js
	@echo "Wrote $(VENDOR). Remove the folder of the older version."

# Looks for security advisories about the packages that MixCyfe needs to run. Needs internet access.
audit: | $(TOOLS)/pip-audit
	@$(TOOLS)/pip-audit/bin/pip-audit --disable-pip --require-hashes -r requirements-cluster.lock --strict \
	  --progress-spinner off --timeout 20 || \
	  { echo "make audit: see the lines above. They list vulnerable packages, or say that the advisories could not be downloaded."; exit 1; }

# Writes a bill of materials in CycloneDX format: the packages that MixCyfe needs to run. Each run writes equal bytes.
sbom: | $(TOOLS)/cyclonedx-bom
	@$(TOOLS)/cyclonedx-bom/bin/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application \
	  --output-reproducible -o mixcyfe.cdx.json requirements-cluster.lock
	@echo "Wrote mixcyfe.cdx.json."

# `make release` writes an archive of the current commit, the bill of materials, and checksums into dist/. Everybody who
# runs it for the same commit gets the same archive, byte by byte.
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
RELEASE = dist/mixcyfe-$(VERSION)
# A developer's own git settings could change the archive's bytes.
SAME = -c tar.umask=0022 -c core.autocrlf=false -c core.eol=lf -c core.attributesFile=/dev/null

release: archive sbom
	@mv mixcyfe.cdx.json $(RELEASE).cdx.json
	@cd dist && sha256sum mixcyfe-$(VERSION).tar.gz mixcyfe-$(VERSION).cdx.json > mixcyfe-$(VERSION).sha256
	@cat $(RELEASE).sha256

archive:
	@git diff --quiet HEAD || { echo "make release: commit your changes first."; exit 1; }
	@sed -n 's/^## //p' CHANGELOG.md | head -1 | grep -Eqx '$(subst .,\.,$(VERSION)) \([0-9-]{10}\)' || { \
	  echo "make release: the first heading of CHANGELOG.md must be: ## $(VERSION) (date). pyproject.toml has this version."; exit 1; }
	@mkdir -p dist
	@git $(SAME) archive --format=tar --prefix=mixcyfe-$(VERSION)/ HEAD | GZIP= gzip -n9 > $(RELEASE).tar.gz
	@echo "Wrote $(RELEASE).tar.gz."
