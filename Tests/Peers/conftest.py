import pytest

from agent import Agent


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
