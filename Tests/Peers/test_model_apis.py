"""Each model API, judged by the types of its provider's own Python library: what we send, and answers built from them."""

import http.server
import json
import os
import subprocess
import threading

import anthropic.types as anthropic
import ollama
import openai.types.chat as openai
import pytest
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from ollama._types import ChatRequest
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter

from backend import UNHURRIED
from system import BUILD, Container, System

GOAL = "Take a picture of the page."


class Judge:
    """Rejects what a library's type for a request doesn't allow, and finds members that it doesn't have."""

    def __init__(self, params):
        self.type, self.members = TypeAdapter(params), set().union(*(base.__annotations__ for base in params.__orig_bases__))
        self.members |= set(params.__annotations__)

    def __call__(self, body):
        self.read(self.type.validate_python(body))
        return set(body) - self.members

    def read(self, value):
        """Reads everything, because the contents of an Iterable are checked only when they are read."""
        if isinstance(value, dict):
            value = value.values()
        elif isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
            return
        for each in value:
            self.read(each)


class Ollama:
    path, model, host = "/api/chat", "ollama/m", "OLLAMA_HOST"
    told = {"capabilities": ["completion", "tools", "vision"], "model_info": {"x.context_length": 65536}}

    def judge(self, body):
        ChatRequest.model_validate(body)
        return set(body) - set(ChatRequest.model_fields)

    def answer(self, call):
        message = ollama.Message(role="assistant", content="" if call else "Done.")
        if call:
            function = ollama.Message.ToolCall.Function(name=call[0], arguments=call[1])
            message.tool_calls = [ollama.Message.ToolCall(function=function)]
        parts = [
            ollama.ChatResponse(message=message, done=False),
            ollama.ChatResponse(
                message=ollama.Message(role="assistant", content=""), done=True, done_reason="stop", prompt_eval_count=5,
                eval_count=2)]
        return "application/x-ndjson", "".join(part.model_dump_json(exclude_none=True) + "\n" for part in parts)

    def images(self, body):
        return [image for message in body["messages"] for image in message.get("images", [])]


class Anthropic:
    path, model, host = "/v1/messages", "anthropic/claude-sonnet-4-5", "ANTHROPIC_BASE_URL"
    told = {}

    judge = Judge(MessageCreateParamsStreaming)

    def answer(self, call):
        start = anthropic.Message(
            id="m", content=[], model="claude", role="assistant", type="message", stop_reason=None, stop_sequence=None,
            usage={"input_tokens": 5, "output_tokens": 1})
        block = {"type": "tool_use", "id": "toolu_1", "name": call[0], "input": {}} if call else {"type": "text", "text": ""}
        delta = (
            {"type": "input_json_delta", "partial_json": json.dumps(call[1])} if call
            else {"type": "text_delta", "text": "Done."})
        events = [
            anthropic.RawMessageStartEvent(type="message_start", message=start),
            anthropic.RawContentBlockStartEvent.model_validate(
                {"type": "content_block_start", "index": 0, "content_block": block}),
            anthropic.RawContentBlockDeltaEvent.model_validate({"type": "content_block_delta", "index": 0, "delta": delta}),
            anthropic.RawContentBlockStopEvent(type="content_block_stop", index=0),
            anthropic.RawMessageDeltaEvent.model_validate(
                {"type": "message_delta", "delta": {"stop_reason": "tool_use" if call else "end_turn"},
                 "usage": {"output_tokens": 7}}),
            anthropic.RawMessageStopEvent(type="message_stop")]
        return "text/event-stream", "".join(f"event: {event.type}\ndata: {event.to_json(indent=None)}\n\n" for event in events)

    def images(self, body):
        results = [part for message in body["messages"] for part in message["content"] if part["type"] == "tool_result"]
        return [part["source"]["data"] for result in results for part in result["content"] if part["type"] == "image"]


class OpenAI:
    path, model, host = "/chat/completions", "openai/gpt-4o", "OPENAI_BASE_URL"
    told = {}

    judge = Judge(CompletionCreateParamsStreaming)

    def answer(self, call):
        delta = {"content": "Done."}
        if call:
            function = {"name": call[0], "arguments": json.dumps(call[1])}
            delta = {"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}
        chunks = [
            [{"index": 0, "delta": delta, "finish_reason": None}],
            [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if call else "stop"}], []]
        usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
        made = [
            openai.ChatCompletionChunk(
                id="c", created=1, model="m", object="chat.completion.chunk", choices=choices,
                usage=None if choices else usage)
            for choices in chunks]
        return "text/event-stream", "".join(f"data: {chunk.to_json(indent=None)}\n\n" for chunk in made) + "data: [DONE]\n\n"

    def images(self, body):
        parts = [part for m in body["messages"] if isinstance(m.get("content"), list) for part in m["content"]]
        return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


class Server:
    """Plays a provider: two tool calls, then an answer."""

    def __init__(self, api, page, calls=None):
        self.bodies, self.headers = [], []
        calls = calls or [("navigate", {"url": page}), ("screenshot", {}), None]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(handler):
                body = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
                if handler.path != api.path:
                    return handler.reply("application/json", json.dumps(api.told))
                self.bodies.append(body)
                self.headers.append(dict(handler.headers))
                handler.reply(*api.answer(calls[min(len(self.bodies), len(calls)) - 1]))

            def reply(handler, kind, text):
                handler.send_response(200)
                handler.send_header("content-type", kind)
                handler.send_header("content-length", str(len(text.encode())))
                handler.end_headers()
                handler.wfile.write(text.encode())

            def log_message(handler, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def stop(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture(scope="module", params=[Ollama, Anthropic, OpenAI], ids=lambda api: api.__name__)
def played(request, site):
    """A task that a played provider has answered: the provider's API, what it received, and the task's result."""
    api = request.param()
    server = Server(api, site.url)
    runtime = Container(**{
        "AI4AI_MODEL": api.model, "AI4AI_MODEL_API_KEY": "test-key", api.host: server.url,
        "AI4AI_BROWSER_ALLOW_PRIVATE": "true"})
    try:
        result = runtime.invoke({"automation_task": {"goal": GOAL}}).json()
        yield api, server, result
    finally:
        runtime.stop()
        server.stop()


def test_the_task_is_done(played):
    _, server, result = played
    assert (result["status"], result["message"]) == ("completed", "Done."), result
    assert len(server.bodies) == 3


def test_the_library_of_the_provider_accepts_each_request(played):
    api, server, _ = played
    for body in server.bodies:
        assert api.judge(body) == set()


def test_the_picture_reaches_the_model(played):
    api, server, _ = played
    assert [len(api.images(body)) for body in server.bodies] == [0, 0, 1]
    assert len(api.images(server.bodies[2])[0]) > 1000


def test_the_key_goes_where_the_provider_expects_it(played):
    api, server, _ = played
    name, value = {
        "Anthropic": ("x-api-key", "test-key"), "OpenAI": ("authorization", "Bearer test-key"),
        "Ollama": ("authorization", None)}[type(api).__name__]
    assert all({k.lower(): v for k, v in headers.items()}.get(name) == value for headers in server.headers)


def test_nine_tenths_of_a_long_tasks_requests_are_the_beginning_of_the_next(site):
    """30 turns on the demo site. What a provider caches is the rendered beginning: tools, instructions, messages."""
    api = OpenAI()
    looks = [("scroll", {"pages": 1}), ("find_text", {"text": "road"}), ("scroll", {"pages": -1}), ("snapshot", {}),
             ("note", {"fact": "The form asks for a plate number."})]
    calls = [("navigate", {"url": site.url})] + [looks[turn % len(looks)] for turn in range(28)] + [None]
    server = Server(api, site.url, calls)
    runtime = Container(**{
        "AI4AI_MODEL": api.model, "AI4AI_MODEL_API_KEY": "k", api.host: server.url, "AI4AI_BROWSER_ALLOW_PRIVATE": "true"})
    try:
        assert runtime.invoke({"automation_task": {"goal": GOAL}}).json()["status"] == "completed"
    finally:
        runtime.stop()
        server.stop()
    texts = ["".join(map(json.dumps, [body["tools"], *body["messages"]])) for body in server.bodies]
    assert len(texts) == 30
    reused = sum(len(os.path.commonprefix([earlier, later])) for earlier, later in zip(texts, texts[1:]))
    assert reused / sum(map(len, texts[:-1])) >= 0.9, reused / sum(map(len, texts[:-1]))


def test_the_beginning_of_a_request_stays_the_same_in_the_next(played):
    """Providers cache a prompt's beginning: instructions, tools, and the messages so far."""
    _, server, _ = played
    for earlier, later in zip(server.bodies, server.bodies[1:]):
        assert earlier.get("tools") == later.get("tools") and earlier.get("system") == later.get("system")
        assert [m["role"] for m in later["messages"]][:len(earlier["messages"])] == [m["role"] for m in earlier["messages"]]


# Choosing a model

ANSWERS = {
    "/api/tags": {"models": [{"name": "plain:1b"}, {"name": "able:8b"}]},
    "/v1/models?limit=1000": {"data": [{"type": "model", "id": "claude-x"}]},
    "/v1/models": {"data": [{"id": "gpt-x"}, {"id": "text-embedding-3"}]},
    "/inference-profiles?maxResults=1000": {"inferenceProfileSummaries": [
        {"inferenceProfileId": "apac.maker.able-v1:0", "status": "ACTIVE"},
        {"inferenceProfileId": "apac.maker.gone-v1:0", "status": "ACTIVE"}]},
    "/foundation-models?byOutputModality=TEXT": {"modelSummaries": [
        {"modelId": "maker.able-v1:0", "modelName": "Able", "inputModalities": ["TEXT", "IMAGE"],
         "inferenceTypesSupported": ["INFERENCE_PROFILE"], "modelLifecycle": {"status": "ACTIVE"}},
        {"modelId": "maker.old-v1:0", "modelName": "Old", "inputModalities": ["TEXT"],
         "inferenceTypesSupported": ["ON_DEMAND"], "modelLifecycle": {"status": "LEGACY"}},
        {"modelId": "maker.plain-v1:0", "modelName": "Plain", "inputModalities": ["TEXT"],
         "inferenceTypesSupported": ["ON_DEMAND"], "modelLifecycle": {"status": "ACTIVE"}}]},
}


@pytest.fixture(scope="module")
def providers():
    """The lists of models of all providers, on one server."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply(ANSWERS.get(self.path))

        def do_POST(self):
            name = json.loads(self.rfile.read(int(self.headers["content-length"])))["model"]
            self.reply({"capabilities": ["completion"] + (["tools", "vision"] if "able" in name else []),
                        "model_info": {"x.context_length": 40960}})

        def reply(self, answer):
            text = json.dumps(answer or {}).encode()
            self.send_response(200 if answer else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_all_models_that_can_be_chosen_are_listed(providers):
    environment = os.environ | {
        "OLLAMA_HOST": providers, "AI4AI_LMSTUDIO_URL": f"{providers}/v1", "ANTHROPIC_BASE_URL": providers, "ANTHROPIC_API_KEY": "k",
        "OPENAI_BASE_URL": f"{providers}/v1", "OPENAI_API_KEY": "k", "AWS_ENDPOINT_URL_BEDROCK": providers,
        "AWS_REGION": "us-west-2", "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
    listed = subprocess.run([BUILD / "ai4ai", "models"], env=environment, capture_output=True, text=True, timeout=60).stdout
    lines = {line.split()[0]: line for line in listed.splitlines() if line.startswith("  ")}
    assert list(lines) == [
        "ollama/plain:1b", "ollama/able:8b", "lmstudio/gpt-x", "bedrock/apac.maker.able-v1:0", "bedrock/maker.plain-v1:0",
        "anthropic/claude-x", "openai/gpt-x"]
    assert "cannot be an agent" in lines["ollama/plain:1b"] and "40960 tokens" in lines["ollama/able:8b"]
    assert "images" in lines["bedrock/apac.maker.able-v1:0"]


def test_without_a_choice_the_model_of_ollama_that_calls_tools_answers(providers):
    system = System(OLLAMA_HOST=providers)
    try:
        assert "ollama/able:8b" in system.logged
    finally:
        system.stop()


def test_a_choice_is_not_overruled_by_ollama(providers):
    system = System(OLLAMA_HOST=providers, AI4AI_MODEL="offline")
    try:
        assert "ollama" not in system.logged and "offline" in system.logged
    finally:
        system.stop()


def test_a_task_that_could_not_be_done_says_so_on_the_page_and_after_a_reload(browser):
    calls = [("browse", {"goal": "Buy it."}), ("give_up", {"reason": "The shop is closed."}), None]
    server = Server(OpenAI(), "", calls)
    system = System(
        **UNHURRIED, AI4AI_MODEL="openai/gpt-4o", AI4AI_MODEL_API_KEY="k", OPENAI_BASE_URL=server.url)
    try:
        browser.visit(system.chat)
        browser.say("Buy it.")
        browser.sees("Done.")
        browser.sees("Not done")
        browser.reload()
        browser.sees("Not done")
        browser.check_quiet()
    finally:
        system.stop()
        server.stop()
