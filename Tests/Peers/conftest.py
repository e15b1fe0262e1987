import pytest

from agent import Agent
from awspeer.process import Peer
from probe import Probe


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
