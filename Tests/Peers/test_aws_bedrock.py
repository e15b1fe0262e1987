"""Bedrock, as a fake that validates each request with botocore's model and the rules for conversations."""

import json
import re

import pytest

from probe import Refused

MODEL = "au.anthropic.claude-sonnet-4-5-20250929-v1:0"
ARN = "arn:aws:bedrock:us-west-2:111122223333:application-inference-profile/abc123def456"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(autouse=True)
def clean(peer):
    peer.clear_requests()
    yield
    peer.clear_script()
    peer.clear_faults()


def user(*content):
    return {"role": "user", "content": [{"text": {"_0": part}} if isinstance(part, str) else part for part in content]}


def assistant(*content):
    return user(*content) | {"role": "assistant"}


def call(identifier, name="look", value=None):
    return {"toolCall": {"_0": {"id": identifier, "name": name, "input": {} if value is None else value}}}


def result(identifier, text="done", error=False, attachments=()):
    return {"toolResult": {"_0": {
        "callID": identifier, "text": text, "isError": error, "attachments": list(attachments)}}}


def turn(probe, *messages, model=MODEL, tools=(), **more):
    return probe("turn", model=model, messages=messages, tools=list(tools), **more)


def arguments(events):
    """The arguments of the calls, by id, parsed from the description that Swift prints of the events."""
    pieces = {}
    for event in events:
        match = re.fullmatch(r'(?:\w+\.)*toolCallInput\(id: "(.*?)", delta: "(.*)"\)', event, re.DOTALL)
        if match:
            pieces[match[1]] = pieces.get(match[1], "") + unescaped(match[2])
    return {identifier: json.loads(text or "{}") for identifier, text in pieces.items()}


def unescaped(literal):
    plain = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
    return re.sub(
        r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))",
        lambda match: chr(int(match[1], 16)) if match[1] else plain.get(match[2], match[2]), literal)


def last(peer, operation="ConverseStream"):
    return peer.requests(operation)[-1]["params"]


# Responses

def test_text_comes_in_pieces_with_usage_and_its_reason_to_stop(peer, probe):
    peer.script({"text": "Amount due: RM 70.00, äß日本🚗.", "usage": {"inputTokens": 11, "outputTokens": 7,
                 "totalTokens": 18, "cacheReadInputTokens": 100, "cacheWriteInputTokens": 5}})
    events = turn(probe, user("how much?"), system="Be brief.")["events"]
    assert sum(event.startswith("text") for event in events) > 1
    text = "".join(event[6:-2] for event in events if event.startswith("text"))
    assert text == "Amount due: RM 70.00, äß日本🚗."
    assert any("inputTokens: 116" in event and "cachedInputTokens: Optional(100)" in event for event in events)
    assert events[-1].startswith("stop(") and events[-1].endswith("endTurn)")


def test_tool_calls_come_whole_also_without_arguments(peer, probe):
    value = {"text": "a \"b\" \\ ü\n", "n": 3}
    peer.script({"calls": [{"tool": "look", "input": {}}, {"tool": "fill", "input": value}]})
    events = turn(probe, user("go"), tools=["look", "fill"])["events"]
    started = [event.split('"')[1::2] for event in events if event.startswith("toolCallStart")]
    assert [name for _, name in started] == ["look", "fill"]
    found = arguments(events)
    assert [found.get(identifier, {}) for identifier, _ in started] == [{}, value], events
    assert events[-1].endswith("toolUse)")


def test_thoughts_go_back_unchanged_before_the_call_they_led_to(peer, probe):
    peer.script({"reasoning": "The plate is needed.", "text": "Let me look.", "calls": [{"tool": "look", "input": {}}]})
    first = turn(probe, user("go"), tools=["look"])
    [thought] = first["reasoning"]
    identifier = next(event for event in first["events"] if event.startswith("toolCallStart")).split('"')[1]
    peer.script({"text": "Done."})
    answer = [{"reasoning": {"_0": thought}}, {"text": {"_0": "Let me look."}}, call(identifier)]
    assert "failure" not in turn(
        probe, user("go"), {"role": "assistant", "content": answer}, user(result(identifier)), tools=["look"])
    # Reasoning from another model can't be verified and isn't sent.
    peer.script({"text": "Done."})
    foreign = [{"reasoning": {"_0": thought | {"model": "other"}}}, {"text": {"_0": "Hm."}}]
    turn(probe, user("go"), {"role": "assistant", "content": foreign}, user("and?"))
    assert "reasoningContent" not in str(last(peer))


def test_hidden_thoughts_go_back_too(peer, probe):
    peer.script({"redacted": True, "calls": [{"tool": "look", "input": {}}]})
    first = turn(probe, user("go"), tools=["look"])
    [thought] = first["reasoning"]
    assert thought["redacted"]
    identifier = next(event for event in first["events"] if event.startswith("toolCallStart")).split('"')[1]
    peer.script({"text": "Done."})
    answer = {"role": "assistant", "content": [{"reasoning": {"_0": thought}}, call(identifier)]}
    assert "failure" not in turn(probe, user("go"), answer, user(result(identifier)), tools=["look"])


def test_thoughts_without_a_signature_stay_at_home(peer, probe):
    peer.script({"reasoning": "Hm.", "unsigned": True, "calls": [{"tool": "look", "input": {}}]})
    first = turn(probe, user("go"), tools=["look"])
    [thought] = first["reasoning"]
    identifier = next(event for event in first["events"] if event.startswith("toolCallStart")).split('"')[1]
    peer.script({"text": "Done."})
    answer = {"role": "assistant", "content": [{"reasoning": {"_0": thought}}, call(identifier)]}
    assert "failure" not in turn(probe, user("go"), answer, user(result(identifier)), tools=["look"])
    assert "reasoningContent" not in str(last(peer))


def test_thoughts_that_are_refused_because_something_before_them_has_changed_are_dropped(peer, probe):
    refused = ("messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to a different "
               "conversation. Remove the block, or set `thinking.block_binding.prefix_mismatch_behavior` to "
               "\"drop_block\".")
    peer.script({"error": "ValidationException", "message": refused}, {"text": "Done."})
    assert "failure" not in turn(probe, user("go"))
    assert last(peer)["additionalModelRequestFields"] == {
        "thinking": {"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}},
        "anthropic_beta": ["thinking-binding-controls-2026-08-01"]}


# Requests

@pytest.mark.parametrize(
    "messages",
    [
        [user("a"), user("b")],
        [assistant("hello"), user("a")],
        [user("a", "  \n"), assistant(" "), user("b")],
        [user("a"), assistant("b")],
        [user("a"), assistant(call("1")), user("what now?")],
        [user("a"), assistant(call("1"), call("2")), user(result("2"), result("1"), "and"), assistant("ok"), user("b")],
        [user("a"), assistant(call("1")), user("also this", result("1", "")), user(result("1", "twice"))],
        [user("a"), user(result("lost", "seen")), assistant("b"), user("c")],
        [user("a"), assistant("b", call("1", value="no JSON")), user(result("1", "bad", error=True))],
        [user("a"), assistant(call("1")), assistant("b"), user("c")],
    ],
    ids=lambda messages: "-".join(message["role"][0] + str(len(message["content"])) for message in messages))
def test_every_history_becomes_one_that_bedrock_takes(peer, probe, messages):
    peer.script({"text": "fine"})
    answer = turn(probe, *messages, system=" ")
    assert "failure" not in answer, answer


def test_pictures_and_documents_are_sent_in_messages_and_results(peer, probe):
    peer.script({"text": "I see."})
    picture = {"format": "png", "name": "shot", "base64": PNG}
    paper = {"format": "txt", "name": "../my: letter_1.txt", "base64": "aGVsbG8="}
    answer = turn(
        probe, user({"attachment": {"_0": picture}}, {"attachment": {"_0": paper}}, "look"), assistant(call("1")),
        user(result("1", "here", attachments=[picture])), tools=["look"])
    assert "failure" not in answer, answer
    content = last(peer)["messages"]
    assert "image" in content[0]["content"][0] and "image" in str(content[2])
    assert content[0]["content"][1]["document"]["name"] == "my letter 1 txt"


def test_only_the_newest_pictures_are_sent(peer, probe):
    """Bedrock rejects more than 20 in a request."""
    peer.script({"text": "I see."})
    picture = {"format": "png", "name": "shot", "base64": PNG}
    messages = [user("go")]
    for number in range(22):
        messages += [assistant(call(str(number))), user(result(str(number), "here", attachments=[picture]))]
    answer = turn(probe, *messages, tools=["look"])
    assert "failure" not in answer, answer
    sent = ["image" in str(message) for message in last(peer)["messages"] if message["role"] == "user"]
    assert sum(sent) <= 20 and sent[-1] and not sent[1]


def test_cache_points_stand_where_the_model_takes_them(peer, probe):
    peer.script({"text": "1"}, {"text": "2"}, {"text": "3"})
    history = [user("a"), assistant("b"), user("c"), assistant("d"), user("e")]
    turn(probe, *history, system="s", tools=["look"])
    sent = last(peer)
    assert "cachePoint" in sent["system"][-1] and "cachePoint" in sent["toolConfig"]["tools"][-1]
    assert ["cachePoint" in message["content"][-1] for message in sent["messages"]] == [False, False, True, False, True]
    turn(probe, *history, system="s", tools=["look"], model="au.amazon.nova-pro-v1:0")
    sent = last(peer)
    assert "cachePoint" in sent["system"][-1] and "cachePoint" not in str(sent["toolConfig"])
    turn(probe, *history, system="s", tools=["look"], model="meta.llama4-maverick-17b-instruct-v1:0")
    assert "cachePoint" not in str(last(peer))


def test_model_that_thinks_gets_room_for_it(peer, probe):
    peer.script({"text": "1"})
    turn(probe, user("a"), thinking=2048)
    sent = last(peer)
    assert sent["additionalModelRequestFields"]["thinking"] == {"type": "enabled", "budget_tokens": 2048}
    assert sent["inferenceConfig"]["maxTokens"] > 2048


def test_the_tier_the_guardrail_and_the_time_in_the_cache_are_sent(peer, probe):
    peer.script({"text": "1"})
    assert "failure" not in turn(probe, user("a"), system="s", tier="flex", guardrail="abc123", hour=True)
    sent = last(peer)
    assert sent["serviceTier"] == {"type": "flex"}
    assert sent["guardrailConfig"] == {"guardrailIdentifier": "abc123", "guardrailVersion": "1"}
    assert sent["system"][-1] == {"cachePoint": {"type": "default", "ttl": "1h"}}


def test_a_budget_for_thoughts_is_left_out_in_the_middle_of_a_turn_that_began_without(peer, probe):
    peer.script({"text": "1"})
    turn(probe, user("a"), assistant(call("1")), user(result("1")), tools=["look"], thinking=2048)
    assert "additionalModelRequestFields" not in last(peer)


def test_profiles_and_arns_name_models(peer, probe):
    for model in (MODEL, ARN):
        peer.script({"text": "1"})
        assert "failure" not in turn(probe, user("a"), model=model)
        assert last(peer)["modelId"] == model


@pytest.mark.parametrize(
    "model",
    ["", "a/../b", "model id", "a\r\nHost: evil", "../../x", "x" * 300, "arn:aws:bedrock:us-west-2@evil:111122223333:x",
     "arn:aws:bedrock:evil.example:111122223333:inference-profile/x", "arn:aws:s3:::bucket", "ｍodel", "?x=1", "a%2Fb"])
def test_hostile_model_names_are_refused_before_anything_is_sent(peer, probe, model):
    with pytest.raises(Refused) as refused:
        turn(probe, user("a"), model=model)
    assert refused.value.code == "invalidInput"
    assert peer.requests() == []


# Errors

@pytest.mark.parametrize(
    "fault, code, words",
    [
        ({"error": "ThrottlingException"}, "throttled", ""),
        ({"error": "ModelNotReadyException"}, "throttled", ""),
        ({"error": "ServiceUnavailableException"}, "serverFailure", ""),
        ({"error": "InternalServerException"}, "serverFailure", ""),
        ({"error": "ModelTimeoutException"}, "unreachable", ""),
        ({"error": "ModelErrorException"}, "serverFailure", ""),
        ({"text": "half an answer", "cut": "before-stop"}, "badAnswer", "broke off"),
        ({"text": "half an answer", "cut": "mid-message"}, "badAnswer", "broke off"),
        ({"text": "half", "exception": "modelStreamErrorException", "after": "text"}, "serverFailure", "ModelStreamError"),
        ({"text": "half", "exception": "throttlingException", "after": "text"}, "throttled", "Throttling"),
        ({"text": "half an answer", "corrupt": True}, "badAnswer", "checksum"),
        ({"text": "x", "stop": "malformed_model_output"}, "badAnswer", "malformed_model_output"),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None)
def test_passing_failure_is_reported_as_one_and_never_as_an_answer(peer, probe, fault, code, words):
    peer.script(fault)
    answer = turn(probe, user("a"))
    assert (answer["code"], answer["isTransient"]) == (code, True), answer
    assert words in answer["failure"] and not any(event.startswith("stop") for event in answer["events"])


@pytest.mark.parametrize(
    "fault, code, words",
    [
        ({"error": "AccessDeniedException", "message": "no"}, "refused", "bedrock:InvokeModelWithResponseStream"),
        ({"error": "ResourceNotFoundException", "message": "no"}, "refused", "Check the model's id"),
        (
            {"error": "ValidationException", "message": "Invocation with on-demand throughput isn’t supported."},
            "refused", "inference profile",
        ),
        ({"error": "ValidationException", "message": "Input is too long for requested model."}, "contextExceeded", ""),
        ({"text": "x", "stop": "model_context_window_exceeded"}, "contextExceeded", "Start a new session"),
    ],
    ids=lambda value: str(list(value.values())[-1])[:20] if isinstance(value, dict) else None)
def test_lasting_failure_says_what_to_do(peer, probe, fault, code, words):
    peer.script(fault)
    answer = turn(probe, user("a"))
    assert (answer["code"], answer["isTransient"]) == (code, False), answer
    assert words in answer["failure"]


def test_model_that_cannot_stream_with_tools_is_asked_for_whole_answers(peer, probe):
    message = "This model doesn't support tool use in streaming mode."
    peer.fault("ConverseStream", status=400, error="ValidationException", message=message)
    peer.script({"text": "Hm.", "calls": [{"tool": "look", "input": {"a": 1}}]})
    events = turn(probe, user("a"), tools=["look"])["events"]
    assert any("toolCallStart" in event for event in events) and events[-1].endswith("toolUse)")
    assert len(peer.requests("Converse")) == 1
