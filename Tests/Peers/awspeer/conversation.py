"""The Converse API's rules for conversations that aren't in the service model."""

import base64
import hashlib
import hmac
import itertools
import os
import re

from .parsing import invalid

DOCUMENT_NAME = re.compile(r"[A-Za-z0-9 \-()\[\]]{1,200}")
MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}
SIGNING_KEY = os.urandom(16)
MOST_CACHE_POINTS = 4
MOST_ATTACHMENTS = 20


# Reasoning

def sign(data):
    """The signature of a reasoning block, so that a block is recognized without being stored."""
    nonce = os.urandom(12)
    return base64.b64encode(nonce + hmac.digest(SIGNING_KEY, nonce + data, "sha256")).decode()


def is_signed(signature, data):
    try:
        raw = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(raw[12:], hmac.digest(SIGNING_KEY, raw[:12] + data, "sha256"))


class Reasonings:
    """The reasoning blocks that were issued together with tool calls, and must be sent back before them."""

    def __init__(self):
        self._by_call = {}

    def remember(self, content):
        # A block without proof is refused when it's sent back, so it isn't required.
        reasoning = [
            block["reasoningContent"] for block in content
            if "reasoningContent" in block and _has_proof(block["reasoningContent"])]
        for block in content:
            if "toolUse" in block and reasoning:
                self._by_call[block["toolUse"]["toolUseId"]] = reasoning

    def check(self, content, path):
        replayed = []
        for index, block in enumerate(content):
            if "reasoningContent" in block:
                self._check_block(block["reasoningContent"], f"{path}.content.{index}")
                replayed.append(block["reasoningContent"])
            elif "toolUse" in block:
                issued = self._by_call.get(block["toolUse"]["toolUseId"], [])
                if not all(reasoning in replayed for reasoning in issued):
                    raise invalid(f"{path}.content.{index}: the reasoning that this call was issued with must be "
                                  "replayed before it, unmodified")

    @staticmethod
    def _check_block(block, path):
        if not _has_proof(block):
            raise invalid(f"{path}.reasoningContent.reasoningText.signature: Field required")
        if "redactedContent" in block:
            digest, _, signature = block["redactedContent"].partition(b".")
            is_ours = is_signed(signature, digest)
        else:
            reasoning = block["reasoningText"]
            is_ours = is_signed(reasoning["signature"], reasoning["text"].encode())
        if not is_ours:
            raise invalid(f"{path}: Invalid `signature` in `thinking` block")


def _has_proof(reasoning):
    return "redactedContent" in reasoning or bool(reasoning.get("reasoningText", {}).get("signature"))


def reasoning_block(text, is_signed=True):
    signature = {"signature": sign(text.encode())} if is_signed else {}
    return {"reasoningContent": {"reasoningText": {"text": text, **signature}}}


def redacted_block():
    digest = hashlib.sha256(os.urandom(16)).hexdigest().encode()
    return {"reasoningContent": {"redactedContent": digest + b"." + sign(digest).encode()}}


# The rules

def check(params, reasonings):
    messages = params.get("messages", [])
    _check_roles(messages)
    _check_cache_points(params)
    _check_attachments(messages)
    for index, block in enumerate(params.get("system", [])):
        _check_text(block.get("text"), f"system.{index}")
    for index, message in enumerate(messages):
        path = f"messages.{index}"
        if not message["content"]:
            raise invalid(f"The content field in the Message object at {path} is empty.")
        for place, block in enumerate(message["content"]):
            _check_block(block, message["role"], f"{path}.content.{place}")
        if message["role"] == "assistant":
            reasonings.check(message["content"], path)
    _check_results(messages)
    _check_tools(params, messages)


def _check_roles(messages):
    if not messages:
        raise invalid("A conversation must have at least one message.")
    if any(message["role"] not in ("user", "assistant") for message in messages):
        raise invalid("A message must be of the role user or assistant.")
    if messages[0]["role"] != "user":
        raise invalid("A conversation must start with a user message. Try again with a conversation that starts with "
                      "a user message.")
    for before, after in itertools.pairwise(messages):
        if before["role"] == after["role"]:
            raise invalid("A conversation must alternate between user and assistant roles. Make sure the "
                          "conversation alternates between user and assistant roles and try again.")
    if messages[-1]["role"] != "user":
        raise invalid("This model does not support assistant message prefill. The conversation must end with a user "
                      "message.")


def _check_cache_points(params):
    lists = [params.get("system", []), params.get("toolConfig", {}).get("tools", [])]
    lists += [message["content"] for message in params.get("messages", [])]
    if any(blocks and "cachePoint" in blocks[0] for blocks in lists):
        raise invalid("A cachePoint has nothing before it that could be cached.")
    count = sum("cachePoint" in block for blocks in lists for block in blocks)
    if count > MOST_CACHE_POINTS:
        raise invalid(f"A maximum of {MOST_CACHE_POINTS} blocks with cache_control may be provided. Found {count}.")


def _check_attachments(messages):
    blocks = [block for message in messages for block in message["content"]]
    blocks += [inner for block in blocks for inner in block.get("toolResult", {}).get("content", [])]
    count = sum("image" in block or "document" in block for block in blocks)
    if count > MOST_ATTACHMENTS:
        raise invalid(f"too many images and documents: {count} > {MOST_ATTACHMENTS}")


def _check_text(text, path):
    if text is not None and not text.strip():
        raise invalid(f"The text field in the ContentBlock object at {path} is blank. Add text to the text field, and "
                      "try again.")


def _check_block(block, role, path):
    _check_text(block.get("text"), path)
    allowed = {"toolUse": "assistant", "reasoningContent": "assistant", "toolResult": "user", "image": "user",
               "document": "user"}
    for kind, owner in allowed.items():
        if kind in block and role != owner:
            raise invalid(f"{path}: {kind} may only be in {owner} messages")
    if "toolUse" in block and not isinstance(block["toolUse"]["input"], dict):
        raise invalid(f"The format of the value at {path}.toolUse.input is invalid. Provide a json object for the "
                      "field and try again.")
    if "document" in block and not DOCUMENT_NAME.fullmatch(block["document"]["name"]):
        raise invalid("The document file name can only contain alphanumeric characters, whitespace characters, "
                      f"hyphens, parentheses, and square brackets: {path}")
    image = block.get("image", {})
    if "bytes" in image.get("source", {}) and not image["source"]["bytes"].startswith(MAGIC[image["format"]]):
        raise invalid(f"Could not process image: {path} is no {image['format']}")
    if not isinstance(block.get("json", {}), dict):
        raise invalid(f"The format of the value at {path}.json is invalid. Provide a json object for the field and try "
                      "again.")
    for index, inner in enumerate(block.get("toolResult", {}).get("content", [])):
        _check_block(inner, role, f"{path}.toolResult.content.{index}")


def _check_results(messages):
    asked = []
    for index, message in enumerate(messages):
        content = message["content"]
        is_result = ["toolResult" in block for block in content]
        answered = [block["toolResult"]["toolUseId"] for block in content if "toolResult" in block]
        if message["role"] == "user":
            if set(asked) - set(answered):
                raise invalid(f"messages.{index}: Expected toolResult blocks at messages.{index}.content for the "
                              f"following Ids: {', '.join(sorted(set(asked) - set(answered)))}")
            if set(answered) - set(asked) or len(set(answered)) < len(answered):
                raise invalid("The number of toolResult blocks at "
                              f"messages.{index}.content exceeds the number of toolUse blocks of previous turn.")
            if sorted(is_result, reverse=True) != is_result:
                raise invalid(f"messages.{index}: toolResult blocks must stand before other content")
        asked = [block["toolUse"]["toolUseId"] for block in content if "toolUse" in block]
        if len(set(asked)) < len(asked):
            raise invalid(f"The toolUse blocks at messages.{index}.content contain duplicate Ids.")


def _check_tools(params, messages):
    blocks = [block for message in messages for block in message["content"]]
    config = params.get("toolConfig")
    if config is None:
        if any("toolUse" in block or "toolResult" in block for block in blocks):
            raise invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.")
        return
    specs = [tool["toolSpec"] for tool in config["tools"] if "toolSpec" in tool]
    names = [spec["name"] for spec in specs]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"The tool {name} is already defined in toolConfig.tools.")
    for spec in specs:
        schema = spec["inputSchema"].get("json")
        if not isinstance(schema, dict) or schema.get("type") != "object":
            raise invalid(f"The inputSchema.json.type of the tool {spec['name']} must be one of the following: object.")
    chosen = config.get("toolChoice", {}).get("tool", {}).get("name")
    if chosen is not None and chosen not in names:
        raise invalid(f"toolConfig.toolChoice names the tool {chosen}, which is not in toolConfig.tools.")
