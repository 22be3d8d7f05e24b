# What one does with this project. `make` alone says what there is.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

SOURCES := Package.swift Sources Tests Examples Benchmarks
SCRIPTS := .ci/run .ci/install-packages Tests/Fuzzers/run Tests/Sanitizers/run
IMAGE ?= overhear

.PHONY: help
help: ## Print this list
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: build ## Build overhear and watch it relay, record and measure a conversation
	.build/release/overhear demo

.PHONY: build
build: ## Build overhear as it is shipped, into .build/release
	@.ci/install-packages build
	swift build -c release --product overhear

.PHONY: test
test: ## Run the tests (minutes); ARGUMENTS='--filter Name' runs some of them
	@.ci/install-packages build test
	swift test --disable-xctest $(ARGUMENTS)

# Pictures of the status page are kept in the folder that OVERHEAR_PICTURES names, if it does.
.PHONY: test-real
test-real: ## Run the tests with the heavy ones: PostgreSQL, MariaDB, nginx, exim, mosquitto, rsyslog, tshark, Prometheus, Chromium
	@.ci/install-packages build test real
	OVERHEAR_REAL_PARTS=1 swift test --disable-xctest $(ARGUMENTS)

SECONDS ?= 60

.PHONY: fuzz
fuzz: ## Look for input that breaks the engine, a framing or the metrics port; SECONDS=60 for each fuzzer, ARGUMENTS='head' for one
	@.ci/install-packages build fuzz
	Tests/Fuzzers/run $(SECONDS) $(ARGUMENTS)

# Left out: the program's own tests and the manual's (OverhearTests, ManualTests), whose programs are processes of their own
# with deadlines that a sanitizer's slowness would break; the modules they are made of are all here. The count of
# allocations is left out by itself: a sanitizer has its own allocator.
.PHONY: sanitize
sanitize: ## Run the suites of all modules under the address and thread sanitizers (minutes); ARGUMENTS='thread' for one
	@.ci/install-packages build test fuzz
	Tests/Sanitizers/run $(ARGUMENTS)

ROUNDS ?= 9
LENGTH ?= 1
RESULTS := Benchmarks/results/results.json
BENCH := .build/release/overhear-bench

# A quick run shows that everything runs; its figures mean nothing, so they go where git does not see them.
.PHONY: bench
bench: build ## Measure overhear beside other relays and write docs/PERFORMANCE.md (50 minutes); ROUNDS=9 LENGTH=1, QUICK=1 only tries all
	@.ci/install-packages bench
	swift build -c release --product overhear-bench
	swift build -c release --package-path Benchmarks/nio-relay --scratch-path .build-nio-relay
ifdef QUICK
	$(BENCH) measure --rounds 1 --seconds 0.2 --results .build/quick-results.json $(ARGUMENTS)
	$(BENCH) report --results .build/quick-results.json
else
	$(BENCH) measure --rounds $(ROUNDS) --seconds $(LENGTH) --results $(RESULTS) $(ARGUMENTS)
	$(BENCH) report --results $(RESULTS) --documentation docs/PERFORMANCE.md --plot docs/performance.svg
endif

.PHONY: lint
lint: ## Check the format of the sources and, where shellcheck is there, the scripts
	swift format lint --strict --recursive $(SOURCES)
	if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); fi

.PHONY: format
format: ## Bring the sources into the format that lint asks for
	swift format --in-place --recursive $(SOURCES)

.PHONY: image
image: ## Build the Docker image, named overhear (or IMAGE=name:tag)
	docker build --tag $(IMAGE) \
		--build-arg VERSION="$$(git describe --tags --always --dirty 2>/dev/null || echo unreleased)" \
		--build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" .

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf .build .build-address .build-bench-python .build-fuzz .build-nio-relay .build-python .build-thread
