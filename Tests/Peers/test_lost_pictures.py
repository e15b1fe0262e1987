"""Pictures of AgentCore's browser on one client's WebSocket, while the connection to the browser is lost and
restored."""

import pytest

from cloud import road_tax, settings
from parking import named
from system import Container, eventually
from test_parking import Socket

pytestmark = pytest.mark.usefixtures("clean_cloud")
CONNECT = "ConnectBrowserAutomationStream"


@pytest.fixture(scope="module")
def runtime(cloud, site):
    running = Container(**settings(cloud, site))
    yield running
    running.stop()


def is_frame(event):
    return event.get("name") == "browser.frame"


def is_done(tool):
    return lambda event: event["type"] == "STEP_FINISHED" and event["stepName"] == tool


@pytest.mark.parametrize("is_shown", [True, False], ids=["shown before", "asked for later"])
def test_pictures_come_again_after_the_connection_to_the_browser_was_lost(cloud, site, runtime, is_shown):
    script = road_tax(site, f"LOST {is_shown}", hold=True)
    script[-2]["hold"] = True  # The browser stays open until the test has seen the pictures.
    cloud.script(*script)
    session = named(f"lost-pictures-{is_shown}")
    with Socket(runtime) as socket:
        socket.send(type="user.message", text="x", session_id=session)
        socket.send(type="hello", session_id=session, frames=is_shown)
        # The owner is reported once the browser is being watched.
        socket.until(is_frame if is_shown else lambda event: event.get("name") == "control.changed")
        socket.until(is_done("fill"))
        cloud.fault(CONNECT, status=503, error="ServiceUnavailableException", message="no", times=1000)
        connected = len(cloud.requests(CONNECT))
        cloud.drop_sockets()
        cloud.release()
        # These attempts take more than half a second, so a search for the browser in that time finds the connection
        # lost.
        eventually(lambda: len(cloud.requests(CONNECT)) >= connected + 4, "the fourth try to connect again")
        # Everything received before the answer to this is from before the loss.
        socket.send(type="control.take")
        assert socket.until(lambda event: event.get("name") == "notice")["value"]["code"] == "no_browser"
        cloud.clear_faults()
        if not is_shown:
            socket.until(is_done("click"))
            socket.send(type="frames", show=True)
        assert socket.until(is_frame)["value"]["jpeg"]
        cloud.release()
        assert socket.until(lambda event: event["type"] == "RUN_FINISHED")["outcome"]["type"] == "success"
