import pytest

from agent import Agent
from awspeer.process import Peer
from backend import UNHURRIED, Chats
from cloud import SECRETS, prepare, settings
from page import Person
from probe import Probe
from system import Container, DemoSite, System


@pytest.fixture
def start_agent():
    """Starts agents with the given environment; stops them all, and fails if one crashed."""
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
    """A separate agent with default settings. Modules whose tests leave no trace share one."""
    return start_agent()


@pytest.fixture(scope="module")
def peer():
    """A fake AWS for the module. A test that changes it restores it."""
    running = Peer()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def site():
    """A demo site for the module."""
    running = DemoSite()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def cloud():
    """A fake AWS with the original tables, and a memory that knows a user."""
    peer = Peer()
    try:
        prepare(peer)
        yield peer
    finally:
        peer.stop()


@pytest.fixture
def clean_cloud(cloud):
    """Each test sees only its own requests, and leaves no script and no fault behind."""
    cloud.clear_requests()
    yield
    cloud.clear_script()
    cloud.clear_faults()


@pytest.fixture(scope="module")
def runtime(cloud, site):
    """A runtime with all its parts on the fake AWS. Its log contains no secret."""
    running = Container(**settings(cloud, site))
    yield running
    logged = running.logged
    running.stop()
    assert not any(secret in logged for secret in SECRETS)


@pytest.fixture
def start_probe(peer):
    """Starts probes with the fake AWS's temporary credentials, or with the given environment."""
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
    """The whole system for the module, without rate limits."""
    running = System(**UNHURRIED)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def chats(system):
    """The API of that system."""
    return Chats(system.chat)


@pytest.fixture(scope="module")
def browser():
    """A browser for the module's tests."""
    running = Person()
    yield running
    running.close()


@pytest.fixture
def person(system, browser):
    """A user on the page. The page must not have reported errors at the end."""
    browser.visit(system.chat)
    yield browser
    browser.check_quiet()
