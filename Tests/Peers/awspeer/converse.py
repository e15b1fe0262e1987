"""Converse and ConverseStream: a model that follows a script."""

import asyncio
import collections
import itertools
import json
import re
import secrets
import time

from aiohttp import web

from . import conversation
from .answers import event_frame
from .errors import Dropped, Refusal
from .parsing import invalid

TURN_KEYS = {
    "reasoning", "unsigned", "redacted", "text", "calls", "stop", "usage", "error", "message", "retryAfter", "cut",
    "exception", "after", "corrupt", "pause", "hold", "stamp"}
CUTS = ("before-stop", "mid-message")
# The sizes of the pieces in which a stream is written, so that frames are split at every position.
SIZES = (7, 1, 29, 113, 3, 61, 509)
PADDING = "abcdefghijklmnopqrstuvwxyz"


def in_pieces(text, count=3):
    """The whole text in at most this many parts, and at least two if it has two characters."""
    size = max(1, -(-len(text) // count))
    return [text[start:start + size] for start in range(0, len(text), size)]


class Converse:
    def __init__(self):
        self._turns = collections.deque()
        self._permits = asyncio.Semaphore(0)
        self._reasonings = conversation.Reasonings()
        self.stamps = []

    def add_turns(self, turns):
        for turn in turns:
            unknown = turn.keys() - TURN_KEYS
            if unknown or turn.get("cut") not in (None, *CUTS):
                raise ValueError(f"not a turn: {turn}")
        self._turns.extend(turns)

    def clear(self):
        self._turns.clear()
        self._permits = asyncio.Semaphore(0)

    def release(self):
        """Releases one held turn, or the next one that would be held."""
        self._permits.release()

    async def _wait(self, turn):
        """Before the first word: waits for some time, or until the test calls `release`."""
        if turn.get("hold"):
            await self._permits.acquire()
        await asyncio.sleep(turn.get("pause", 0))

    # Operations

    async def converse(self, call):
        turn, content = self._next(call)
        await self._wait(turn)
        if "cut" in turn or "corrupt" in turn:
            call.request.transport.abort()
            raise Dropped
        if "exception" in turn:
            name = turn["exception"]
            raise Refusal(name[0].upper() + name[1:], turn.get("message", "The peer was told to fail."))
        return {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": self._stop_reason(turn, content),
            "usage": self._usage(turn, content, call),
            "metrics": {"latencyMs": 5},
        }

    async def converse_stream(self, call):
        turn, content = self._next(call)
        response = web.StreamResponse(headers={"Content-Type": "application/vnd.amazon.eventstream"})
        await response.prepare(call.request)
        sizes = itertools.cycle(SIZES)
        is_first_delta = is_first_text = True
        for name, payload, data in self._frames(turn, content, call):
            if name == "contentBlockDelta":
                if is_first_delta:
                    await self._wait(turn)
                    is_first_delta = False
                if is_first_text and turn.get("stamp") and "text" in payload["delta"]:
                    self.stamps.append(time.monotonic_ns())
                    is_first_text = False
            await self._write(response, data, sizes)
            if name == "cut":
                # Not aborted, so that the data written so far arrives.
                call.request.transport.close()
                raise Dropped
        await response.write_eof()
        return response

    @staticmethod
    async def _write(response, data, sizes):
        while data:
            size = next(sizes)
            await response.write(data[:size])
            data = data[size:]

    # Turns

    def _next(self, call):
        conversation.check(call.params, self._reasonings)
        turn = self._turns.popleft() if self._turns else {"text": "The script is over."}
        if "error" in turn:
            headers = {"Retry-After": str(turn["retryAfter"])} if "retryAfter" in turn else {}
            raise Refusal(turn["error"], turn.get("message", "The peer was told to fail."), headers=headers)
        content = self._content(turn, call.params["messages"])
        self._reasonings.remember(content)
        return turn, content

    def _content(self, turn, messages):
        content = []
        if "reasoning" in turn:
            content.append(conversation.reasoning_block(turn["reasoning"], not turn.get("unsigned")))
        if turn.get("redacted"):
            content.append(conversation.redacted_block())
        text = turn.get("text", turn.get("after"))
        if text is not None:
            content.append({"text": text})
        for wanted in turn.get("calls", ()):
            arguments = dict(wanted.get("input", {}))
            if "on" in wanted:
                arguments["ref"] = self._reference(wanted["on"], messages)
            content.append({"toolUse": {
                "toolUseId": f"tooluse_{secrets.token_urlsafe(16)}", "name": wanted["tool"], "input": arguments}})
        return content or [{"text": "A text that the script does not tell."}]

    @staticmethod
    def _reference(element, messages):
        """The reference of an element, from the newest tool result that shows it."""
        line = re.compile(rf'\[(e\d+)\] {re.escape(element["role"])} "{re.escape(element["name"])}"')
        for message in reversed(messages):
            for block in reversed(message["content"]):
                for part in reversed(block.get("toolResult", {}).get("content", [])):
                    match = line.search(part.get("text", ""))
                    if match:
                        return match[1]
        raise invalid(f"The script wants {element['role']} \"{element['name']}\", and no tool result shows it.")

    @staticmethod
    def _stop_reason(turn, content):
        return turn.get("stop") or ("tool_use" if "toolUse" in content[-1] else "end_turn")

    @staticmethod
    def _usage(turn, content, call):
        usage = {
            "inputTokens": max(1, len(call.body) // 4), "outputTokens": max(1, len(str(content)) // 4),
            "cacheReadInputTokens": 0, "cacheWriteInputTokens": 0, **turn.get("usage", {})}
        usage.setdefault("totalTokens", sum(usage.values()))
        return usage

    # Streams

    def _events(self, turn, content, call):
        yield "messageStart", {"role": "assistant"}
        for index, block in enumerate(content):
            if "toolUse" in block:
                start = {key: block["toolUse"][key] for key in ("toolUseId", "name")}
                yield "contentBlockStart", {"start": {"toolUse": start}, "contentBlockIndex": index}
            for delta in self._deltas(block):
                yield "contentBlockDelta", {"delta": delta, "contentBlockIndex": index}
            yield "contentBlockStop", {"contentBlockIndex": index}
        yield "messageStop", {"stopReason": self._stop_reason(turn, content)}
        yield "metadata", {"usage": self._usage(turn, content, call), "metrics": {"latencyMs": 5}}

    @staticmethod
    def _deltas(block):
        if "text" in block:
            return [{"text": piece} for piece in in_pieces(block["text"])]
        if "toolUse" in block:
            # For an input without members, nothing is sent; other inputs start with an empty piece.
            arguments = block["toolUse"]["input"]
            pieces = in_pieces(json.dumps(arguments, ensure_ascii=False), 5) if arguments else []
            return [{"toolUse": {"input": piece}} for piece in ["", *pieces]]
        reasoning = block["reasoningContent"]
        if "redactedContent" in reasoning:
            return [{"reasoningContent": reasoning}]
        text, signature = reasoning["reasoningText"]["text"], reasoning["reasoningText"].get("signature")
        parts = [{"text": piece} for piece in in_pieces(text)]
        # Some models, such as DeepSeek R1, don't sign their reasoning.
        parts += [{"signature": signature}] if signature else []
        return [{"reasoningContent": part} for part in parts]

    def _frames(self, turn, content, call):
        """The frames of a stream with its faults: name, payload, bytes."""
        stream = call.operation.model.output_shape.members["stream"]
        events = list(self._events(turn, content, call))
        ends = {"before-stop": "messageStop", "mid-message": "contentBlockStop"}
        end = "contentBlockStop" if "exception" in turn else ends.get(turn.get("cut"))
        if end:
            events = events[:[name for name, _ in events].index(end)]
        frames = [(name, payload, event_frame(stream, name, payload, PADDING[:3 + index % 9]))
                  for index, (name, payload) in enumerate(events)]
        if "exception" in turn:
            failure = {"message": turn.get("message", "The peer was told to fail.")}
            frames.append(("exception", failure, event_frame(stream, turn["exception"], failure)))
        if turn.get("cut") == "mid-message":
            _, payload, data = frames.pop()
            frames.append(("cut", payload, data[:len(data) // 2]))
        if turn.get("corrupt"):
            last = max(index for index, frame in enumerate(frames) if frame[0] == "contentBlockDelta")
            name, payload, data = frames[last]
            frames[last] = (name, payload, data[:-1] + bytes([data[-1] ^ 1]))
        return frames
