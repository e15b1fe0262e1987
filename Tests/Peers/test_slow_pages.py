"""A user who controls the browser and waits for a page: their other requests on the same WebSocket don't wait for
it."""

import threading

from parking import named
from system import Container, Page, eventually
from test_parking import Socket


class SlowPage(Page):
    """A page that answers immediately until it is made slow, and then only when it's released."""

    def __init__(self):
        self.is_slow, self.released, self.asked = False, threading.Event(), threading.Event()
        super().__init__("<title>Here</title><h1>Nothing happens here</h1>", on_get=self.wait)

    def wait(self):
        if self.is_slow:
            self.asked.set()
            self.released.wait()

    def __exit__(self, *reason):
        self.released.set()
        super().__exit__(*reason)


def is_control(event):
    return event.get("name") == "control.changed" and "control_id" in event["value"]


def test_stop_does_not_wait_for_the_page_that_the_person_waits_for():
    page = SlowPage()
    with page as url:
        runtime = Container(AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS=url)
        try:
            with Socket(runtime) as socket:
                prompt = ", ".join([f"open {url}", *["wait for nonsense"] * 15])
                socket.send(type="user.message", text=prompt, session_id=named("slow"))
                socket.until(lambda event: event.get("name") == "browser.navigated")
                socket.send(type="control.take")
                assert socket.until(is_control)["value"]["owner"] == "person"
                page.is_slow = True
                socket.send(type="input.navigate", url=f"{url}/slow")
                eventually(page.asked.is_set, "the request for the page")
                socket.send(type="run.stop")
                heard = [socket.until(lambda event: True)]
                while heard[-1]["type"] not in ("RUN_FINISHED", "RUN_ERROR"):
                    heard.append(socket.until(lambda event: True))
            assert heard[-1]["outcome"] == {"type": "cancelled"}
            # The pending navigation is reported first, as canceled.
            notices = [event["value"]["message"] for event in heard if event.get("name") == "notice"]
            assert not any("Try again later" in message for message in notices), notices
        finally:
            runtime.stop()
