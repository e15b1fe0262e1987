"""The view of a browser in another runtime, over WebSockets that fail."""

import pytest

from parking import ask_to_pay, named
from system import eventually
from test_parking import Socket, Split

SOCKET = "InvokeAgentRuntimeWithWebSocketStream"


@pytest.fixture(scope="module")
def system():
    running = Split()
    yield running
    running.stop()


def is_news(event):
    """Whether it's a picture, or a notice that explains why there is none."""
    return event.get("name") in ("browser.frame", "notice")


def shown_again(socket):
    """Requests pictures on the same WebSocket until one arrives: earlier events may be from the lost view."""
    def is_shown():
        socket.send(type="frames", show=True)
        return socket.until(is_news)["name"] == "browser.frame"

    return eventually(is_shown, "the picture")


@pytest.fixture
def session(system, request):
    """A session with a parked task and a browser to watch."""
    name = named(request.node.name.replace("_", "-"))
    ask_to_pay(system, name)
    yield name
    system.peer.clear_faults()
    system.invoke({"control": {"action": "stop"}, "session_id": name})


def test_view_whose_first_socket_was_refused_is_there_at_the_next_try(system, session):
    system.peer.fault(SOCKET, status=403, error="AccessDeniedException", message="no")
    with Socket(system) as socket:
        socket.send(type="hello", session_id=session, frames=True)
        assert socket.until(is_news)["value"]["code"] == "no_view"
        assert shown_again(socket)


def test_view_whose_socket_was_cut_is_there_at_the_next_try(system, session):
    with Socket(system) as socket:
        socket.send(type="hello", session_id=session, frames=True)
        assert socket.until(is_news)["name"] == "browser.frame"
        opened = len(system.peer.requests(SOCKET))
        system.peer.drop_runtime_sockets()
        assert socket.until(lambda event: event.get("name") == "notice")["value"]["code"] == "no_view"
        assert shown_again(socket)
        assert len(system.peer.requests(SOCKET)) > opened
