# Every target is one line that calls an npm script or a tool; `make help` is the manual.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The pinned Node.js and the tools of this project come first.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

##@ First look

.PHONY: run
run: node_modules/.installed ## Serve examples/quickstart: a live page and HTTP_SD routes, no cluster needed
	@bin/otel-allocator dev examples/quickstart

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-zA-Z0-9_-]+:.*##/ {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Development

.PHONY: setup
setup: node_modules/.installed ## Install what package-lock.json pins

# npm ci removes node_modules, so the marker is written after it.
node_modules/.installed: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: generate
generate: setup ## Write crds/, config/rbac/ and the API reference from their one source
	npm run --silent generate

.PHONY: generate-kubernetes-types
generate-kubernetes-types: real-parts ## Read what the CRDs embed of Kubernetes from the real API server; then make generate
	npm run --silent generate:kubernetes-types

.PHONY: fmt
fmt: setup ## Format all sources
	npm run --silent format

.PHONY: lint
lint: setup ## Lint with type-aware rules
	npm run --silent lint

.PHONY: check
check: setup ## Types, lint, format, layers, dead code, licences, generated files up to date
	@tools/check.sh

##@ Tests

.PHONY: test
test: setup real-parts browser ## All tests, with a real control plane, collectors and browser
	@tools/test.sh

.PHONY: test-unit
test-unit: setup ## The tests that need nothing but Node.js
	@tools/test.sh --testPathIgnorePatterns '/test/(integration|e2e)/' '/client-node/'

.PHONY: coverage
coverage: setup ## What the engine's own tests leave out, file by file; at least 95 % are enforced by make test
	@npm run --silent coverage

.PHONY: fuzz
fuzz: setup ## The random tests for long, from a new seed (FUZZ_FACTOR=50 times as many cases, FUZZ_SEED=… to repeat)
	FUZZ_FACTOR=$${FUZZ_FACTOR:-50} npm test --silent -- test/fuzz

.PHONY: real-parts
real-parts: setup ## Build etcd, Kubernetes, kwok, Helm and the collector into .cache/ (once; needs Go)
	@node tools/real-parts/main.ts

.PHONY: browser
browser: ## Install Chromium and the other Debian packages of the tests, where they are missing
	@tools/debian-packages.sh

.PHONY: golden
golden: setup ## Rewrite the golden files of the tests; review the diff
	UPDATE_GOLDEN=1 npm test --silent -- test/commands test/prometheus-cr/kinds

.PHONY: bench
bench: setup ## Run the benchmarks; figures as text and JSON in bench/results/
	@tools/bench.sh

.PHONY: bench-http
bench-http: setup ## Run the benchmarks of the HTTP side only, about five minutes
	@tools/bench.sh http

##@ A cluster on this machine

.PHONY: cluster
cluster: setup ## Start a real control plane in the background and print its kubeconfig
	@node tools/cluster.ts up --kubelet

.PHONY: cluster-down
cluster-down: setup ## End it
	@node tools/cluster.ts down

##@ A cluster elsewhere

.PHONY: image
image: setup ## Build the image without a container engine, as an OCI layout in .cache/dist/image
	@node tools/image/main.ts

.PHONY: install
install: ## Apply the CRDs with the kubectl context in use
	kubectl apply --server-side -f crds/

.PHONY: deploy
deploy: ## Apply the CRDs, permissions and the operator, whose image your cluster must be able to pull (docs/image.md)
	kubectl apply --server-side -k config/default

.PHONY: clean
clean: ## Remove what builds and tests left, the cached real parts too
	@[ ! -f .cache/cluster/pids.json ] || $(MAKE) cluster-down
	rm -rf .cache coverage dist bench/results
