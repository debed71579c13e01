# One command per job. Needs Python of at least 3.11, make and a package index; brings the rest itself.

.DEFAULT_GOAL := help
.PHONY: help demo test bench check wallet screens package lock clean environment tools development

PAGE := src/billfold/apps/wallet_host/static/index.html
PAGE_SOURCES := $(shell find wallet src/billfold/apps/look -type f -not -path 'wallet/node_modules/*' -not -path '*/__pycache__/*')

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

demo: environment $(PAGE) ## run issuer, wallet and requester on this machine (ARGS: more for `billfold demo`)
	@.venv/bin/billfold demo $(ARGS)

test: development ## run all checks and tests; T=… only these tests (T=tests/core, T="-k offer")
	@scripts/run-checks $(if $(T),tests,all)

check: tools ## run the checks that run no code: style, types, import directions
	@scripts/run-checks static

bench: development ## measure what the budgets are about (B="sdjwt flows": only these), see benchmarks/README.md
	@.venv/bin/python -m benchmarks $(B)

wallet: $(PAGE) ## build the wallet's page

package: environment $(PAGE) ## build what `pip install` takes, with the wallet's page in it, into dist/
	@scripts/build-package dist

screens: development ## take pictures of every screen in every look, into .screens and docs/screens
	@.venv/bin/python -m tests.journeys.screens.take $(ARGS)

lock: ## renew the lock files after a change of dependencies (UPGRADE=1: take newer versions)
	@scripts/lock-files

clean: ## remove everything that make made
	rm -rf .venv .tools .screens dist $(dir $(PAGE)) wallet/node_modules tests/interop/node/node_modules
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@scripts/environment run

tools: wallet/node_modules/.made
	@scripts/environment dev

development: tools $(PAGE) tests/interop/node/node_modules/.made
	@scripts/get-test-needs

$(PAGE): wallet/node_modules/.made $(PAGE_SOURCES)
	@echo "Building the wallet's page" >&2
	@scripts/run-npm wallet run --silent build

%/node_modules/.made: %/package-lock.json
	@scripts/run-npm $* ci --ignore-scripts --no-audit --no-fund
	@touch $@

export T
