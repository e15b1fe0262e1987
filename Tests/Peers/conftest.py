import pytest

from agent import Agent
from awspeer.process import Peer
from backend import UNHURRIED, Chats
from cloud import prepare
from page import Person
from probe import Probe
from system import DemoSite, System


@pytest.fixture
def start_agent():
    """Starts agents with the environment given; stops them all, and fails when one crashed."""
    agents = []

    def start(**environment):
        agents.append(Agent(**environment))
        return agents[-1]

    yield start
    failures = []
    for agent in agents:
        try:
            agent.stop()
        except AssertionError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


@pytest.fixture
def agent(start_agent):
    """An agent of one's own, with the defaults. Modules whose checks leave no trace share one."""
    return start_agent()


@pytest.fixture(scope="module")
def peer():
    """An AWS of the module's own. What a test changes in it, it changes back."""
    running = Peer()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site():
    """A demonstration site of the module's own."""
    running = DemoSite()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def cloud():
    """AWS, with the tables of the original plan and a memory that knows somebody."""
    peer = Peer()
    try:
        prepare(peer)
        yield peer
    finally:
        peer.stop()


@pytest.fixture
def clean_cloud(cloud):
    """Each test sees its own requests, and leaves no script and no fault behind."""
    cloud.clear_requests()
    yield
    cloud.clear_script()
    cloud.clear_faults()


@pytest.fixture
def start_probe(peer):
    """Starts probes with the peer's temporary credentials, or with what is given."""
    probes = []

    def start(**environment):
        probes.append(Probe({key: value for key, value in peer.environment(**environment).items() if value is not None}))
        return probes[-1]

    yield start
    for probe in probes:
        probe.stop()


@pytest.fixture
def probe(start_probe):
    return start_probe()


@pytest.fixture(scope="module")
def system():
    """The whole system of the module's own, for people who are never in too much of a hurry for it."""
    running = System(**UNHURRIED)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chats(system):
    """The API of that system."""
    return Chats(system.chat)


@pytest.fixture(scope="module")
def browser():
    """A browser for the module's people."""
    running = Person()
    yield running
    running.close()


@pytest.fixture
def person(system, browser):
    """Somebody in front of the page, which must not have failed in the end."""
    browser.visit(system.chat)
    yield browser
    browser.check_quiet()
