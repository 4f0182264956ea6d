# Ashar. "make help" lists what there is; README.md says what it is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
DATA ?= data
LISTEN ?= 127.0.0.1:8080

.PHONY: help
help: ## list these commands
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: run
run: build ## build, load the demo city of Bishkek, serve on http://localhost:8080
	./bin/ashar serve --listen $(LISTEN) --data $(DATA) --demo

.PHONY: build
build: web generate ## build bin/ashar with styles and scripts inside
	CGO_ENABLED=0 go build -trimpath -o bin/ashar ./cmd/ashar

.PHONY: generate
generate: ## write the Go code of the page templates
	go tool templ generate -log-level error -path internal

WEB_SOURCES := $(shell find web/sass web/ts web/build -type f) web/package-lock.json

.PHONY: web
web: web/dist/manifest.json ## build styles, scripts, typeface and icons

web/dist/manifest.json: $(WEB_SOURCES) web/node_modules/.package-lock.json
	go run ./web/build

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: dev
dev: ## rebuild and serve again whenever a source changes
	./scripts/dev

.PHONY: test
test: ## run lint and all tests, on SQLite and on a PostgreSQL of its own
	./scripts/test

.PHONY: bench
bench: build ## show the promised figures, with cities of 10 000 and 2 000 000 reports, and run the Go benchmarks
	go run ./test/bench
	go test -run '^$$' -bench . ./internal/... ./pb/...

.PHONY: lint
lint: ## format, vet, staticcheck, types and styles
	./scripts/lint

.PHONY: vulnerabilities
vulnerabilities: ## look for known vulnerabilities in what is called, offline
	./scripts/vulnerabilities

.PHONY: clean
clean: ## remove what was built, but no data
	rm -rf bin web/dist/*.js web/dist/*.css web/dist/*.woff2 web/dist/*.png web/dist/*.svg web/dist/manifest.json
