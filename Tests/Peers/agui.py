"""Validates AG-UI events with the models of `ag-ui-protocol`, more strictly than pydantic does on its own."""

import json

from ag_ui.core import Event
from pydantic import TypeAdapter

EVENT = TypeAdapter(Event)


def check(raw):
    """Fails unless the JSON is one event that the models know completely and return unchanged.

    Pydantic accepts unknown members, and nulls for absent ones; a round trip reveals both.
    """
    event = EVENT.validate_json(raw)
    again = json.loads(event.model_dump_json(by_alias=True, exclude_none=True))
    assert again == json.loads(raw), f"not the same after a round trip: {raw} became {again}"
    return json.loads(raw)


def check_order(events):
    """Fails unless the run's events open and close in the order that AG-UI clients verify."""
    assert events[0]["type"] == "RUN_STARTED"
    assert events[-1]["type"] in ("RUN_FINISHED", "RUN_ERROR")
    opened = set()
    for event in events:
        for start, ends, content, names in (
            ("TEXT_MESSAGE_START", ("TEXT_MESSAGE_END",), "TEXT_MESSAGE_CONTENT", ("messageId",)),
            ("TOOL_CALL_START", ("TOOL_CALL_END",), "TOOL_CALL_ARGS", ("toolCallId",)),
            ("STEP_STARTED", ("STEP_FINISHED",), None, ("stepName", "subagentRunId")),
            ("SUBAGENT_STARTED", ("SUBAGENT_FINISHED", "SUBAGENT_ERROR"), None, ("subagentRunId",)),
        ):
            item = (start, *map(event.get, names))
            if event["type"] == start:
                assert item not in opened, f"{item} is started twice"
                opened.add(item)
            elif event["type"] in ends:
                opened.remove(item)
            elif event["type"] == content:
                assert item in opened, f"{item} is not open"
        owner = event.get("subagentRunId")
        assert not owner or event["type"].startswith("SUBAGENT_") or ("SUBAGENT_STARTED", owner) in opened, \
            f"{owner} is not at work: {event}"
    assert events[-1]["type"] == "RUN_ERROR" or not opened, f"still open at the end: {opened}"
