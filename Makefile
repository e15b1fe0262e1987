# What a newcomer needs. Each target installs what is missing first.
SWIFT ?= swift
VENV := .build/peers

.PHONY: run test unit peers examples lint bench bench-browser setup clean

run: setup ## Start the runtime and the demo site on this machine.
	$(SWIFT) build --product ai4ai
	AI4AI_PLAYBOOKS=$${AI4AI_PLAYBOOKS-playbooks} .build/debug/ai4ai up

test: lint unit examples peers ## Prove that everything works.

unit: setup
	$(SWIFT) build --build-tests
	scripts/check-links.sh .build/debug/ai4ai-runtime
	$(SWIFT) test --skip-build

examples: unit
	for example in Examples/*/; do $(SWIFT) build --package-path $$example --scratch-path .build/examples || exit 1; done

peers: unit $(VENV)/installed
	$(VENV)/bin/pytest -q Tests/Peers

lint:
	$(SWIFT) format lint --strict --recursive --parallel Sources Tests Examples Benchmarks Package.swift

bench: setup $(VENV)/bench-installed .build/backend-peer/installed ## Measure against peers, in release builds.
	$(SWIFT) build -c release --product ai4ai-runtime
	$(SWIFT) build -c release --product contract-agent
	$(SWIFT) build -c release --product browser-bench
	$(SWIFT) build -c release --product aws-bench
	$(SWIFT) build -c release --product ai4ai
	$(VENV)/bin/python Benchmarks/run.py

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
