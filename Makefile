# What a newcomer needs. Each target installs what is missing first.
SWIFT ?= swift
VENV := .build/peers

.PHONY: run test unit docs peers examples lint image image-check built-image-check arm64-check bench cost bench-browser setup clean

run: setup ## Start the runtime and the demo site on this machine.
	$(SWIFT) build --product ai4ai
	AI4AI_PLAYBOOKS=$${AI4AI_PLAYBOOKS-playbooks} .build/debug/ai4ai up

test: lint unit docs examples peers ## Prove that everything works.

unit: setup
	$(SWIFT) build --build-tests
	scripts/check-links.sh .build/debug/ai4ai-runtime
	$(SWIFT) test --skip-build

docs: unit ## Compile the documentation of the public libraries.
	scripts/docs.sh

examples: unit
	for example in Examples/*/; do $(SWIFT) build --package-path $$example --scratch-path .build/examples || exit 1; done

peers: unit $(VENV)/installed
	$(VENV)/bin/pytest -q Tests/Peers

PLATFORM ?= linux/arm64
TARGET ?= runtime

image: ## Build an image with Docker: PLATFORM is linux/arm64 or linux/amd64, TARGET is runtime, backend or local.
	docker buildx build --platform $(PLATFORM) --target $(TARGET) --load --tag ai4ai/$(TARGET) .

CONTRACT_SUITE := $(VENV)/bin/pytest -q $(addprefix Tests/Peers/test_,$(addsuffix .py,\
  ping invocations streaming websocket context shutdown))

# What the Dockerfile does, without Docker. Apart from the usual builds, because Swift's library is linked in.
STATIC := $(SWIFT) build -c release --static-swift-stdlib --scratch-path .build/image -Xlinker -s
ROOTS := $(CURDIR)/.build/image/roots

image-check: setup $(VENV)/installed ## Check the image's contents, and run it and the contract's suite in it. Needs root.
	scripts/setup.sh strace
	$(STATIC) --product ai4ai-runtime
	$(STATIC) --product contract-agent
	rm -rf $(ROOTS)
	CHECKOUTS=.build/image/checkouts scripts/image-root.sh $(ROOTS)/runtime .build/image/release/ai4ai-runtime
	CHECKOUTS=.build/image/checkouts scripts/image-root.sh $(ROOTS)/contract .build/image/release/contract-agent
	IMAGE_ROOT=$(ROOTS)/runtime $(VENV)/bin/pytest -q Tests/Image
	CONTRACT_AGENT=$(CURDIR)/Tests/Image/contract-agent.sh $(CONTRACT_SUITE)

export CONTAINER_ENGINE ?= docker

built-image-check: $(VENV)/installed ## Check what `make image` and `make image TARGET=contract` have built. Needs the engine.
	PLATFORM=$(PLATFORM) $(VENV)/bin/pytest -q Tests/Image/built.py
	# The suite hands on few variables.
	printf '#!/bin/sh\nCONTAINER_ENGINE=%s exec %s/Tests/Image/contract-container.sh\n' '$(CONTAINER_ENGINE)' '$(CURDIR)' > .build/contract-container
	chmod +x .build/contract-container
	# One test counts the sockets of the process that it has started, which is the engine's.
	CONTRACT_AGENT=$(CURDIR)/.build/contract-container $(CONTRACT_SUITE) -k 'not many_running_invocations'

arm64-check: $(VENV)/installed ## Build for arm64 with Debian's Swift, and run that under emulation. Needs root.
	scripts/arm64-check.sh
	CONTRACT_AGENT=$(CURDIR)/.build/arm64/contract-agent $(CONTRACT_SUITE)

lint:
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Examples Benchmarks Package.swift

bench: setup $(VENV)/bench-installed .build/backend-peer/installed ## Measure against peers, in release builds.
	$(SWIFT) build -c release --product ai4ai-runtime
	$(SWIFT) build -c release --product contract-agent
	$(SWIFT) build -c release --product browser-bench
	$(SWIFT) build -c release --product aws-bench
	$(SWIFT) build -c release --product ai4ai
	$(VENV)/bin/python Benchmarks/run.py

cost: setup $(VENV)/installed ## Measure what an errand takes, and work out what it costs.
	$(SWIFT) build -c release --product ai4ai
	$(SWIFT) build -c release --product ai4ai-runtime
	AI4AI_BUILD=$(CURDIR)/.build/release $(VENV)/bin/python Benchmarks/errand.py

# Heavy, and with other versions of what the peers need.
bench-browser: setup $(VENV)/bench-installed .build/browser-use/installed ## Measure the browser against its peers.
	$(SWIFT) build -c release --product browser-bench
	$(SWIFT) build -c release --product browser-probe
	$(VENV)/bin/python Benchmarks/run.py browser
	$(VENV)/bin/python Benchmarks/browser_cases.py

.build/browser-use/installed: Benchmarks/requirements-browser-use.txt
	python3 -m venv .build/browser-use
	.build/browser-use/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# Apart from the others, whose uvicorn would find and use what comes with this one.
.build/backend-peer/installed: Benchmarks/requirements-backend.txt
	python3 -m venv .build/backend-peer
	.build/backend-peer/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

setup:
	@scripts/setup.sh

$(VENV)/installed: Tests/Peers/requirements.txt Tests/Peers/requirements-pages.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-deps -r Tests/Peers/requirements-pages.txt
	touch $@

$(VENV)/bench-installed: Benchmarks/requirements.txt $(VENV)/installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r $<
	scripts/setup.sh wrk
	touch $@

clean:
	rm -rf .build
