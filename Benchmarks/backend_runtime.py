"""A runtime that answers immediately, so that a benchmark measures only the backend."""

import json
import os

from aiohttp import web

ANSWER = ["I have looked at the page ", "and the plate number has ", "no compounds to pay."]


def events(session, run):
    """Returns a short run as a stream of AG-UI events."""
    ids = {"threadId": session, "runId": run}
    result = {"message": "".join(ANSWER), "run_id": run, "session_id": session, "status": "completed"}
    sequence = [
        {"type": "RUN_STARTED"} | ids,
        {"type": "TEXT_MESSAGE_START", "messageId": "m", "role": "assistant"},
        *({"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": words} for words in ANSWER),
        {"type": "TEXT_MESSAGE_END", "messageId": "m"},
        {"type": "RUN_FINISHED", "result": result, "outcome": {"type": "success"}} | ids,
    ]
    return "".join(f"id: {run}:{number}\ndata: {json.dumps(event)}\n\n" for number, event in enumerate(sequence, 1))


async def invoke(request):
    payload = await request.json()
    run = payload.get("runId") or payload.get("attach", {}).get("run_id")
    if not run:
        return web.json_response({})
    return web.Response(text=events(payload["session_id"], run), content_type="text/event-stream")


async def ping(_):
    return web.json_response({"status": "Healthy"})


if __name__ == "__main__":
    app = web.Application()
    app.add_routes([web.get("/ping", ping), web.post("/invocations", invoke)])
    web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), access_log=None, print=None)
