"""The data plane of AgentCore Memory, stored in memory."""

import itertools
import secrets
import uuid

from .errors import Refusal
from .paging import page
from .parsing import invalid

MAIN_BRANCH = "main"


class Memory:
    def __init__(self, clock):
        self._clock = clock
        self._numbers = itertools.count(1)
        self._events = {}  # By memory, actor, and session: event ids, and the events with their numbers.
        self._tokens = {}
        self._records = []

    def add_records(self, records, memoryId=None):
        for record in records:
            self._records.append({
                "memoryId": memoryId, "memoryRecordId": f"mem-{uuid.uuid4()}", "createdAt": self._clock.now(),
                "strategyId": "peer_strategy-0123456789", "score": 0.5, **record})

    @staticmethod
    def _memory(params):
        return params["memoryId"].rpartition("/")[2]

    def _place(self, params):
        return self._memory(params), params["actorId"], params["sessionId"]

    # Events

    async def create_event(self, call):
        asked = dict(call.params)
        token = asked.pop("clientToken", None)
        if token in self._tokens:
            before, event = self._tokens[token]
            if asked != before:
                raise invalid("The clientToken was used before, with other parameters.")
            return {"event": event}
        params = {"sessionId": str(uuid.uuid4()), **asked}
        milliseconds = round(params["eventTimestamp"].timestamp() * 1000)
        event = {
            "memoryId": self._memory(params), "eventId": f"{milliseconds:019d}#{secrets.token_hex(4)}",
            **{key: params[key] for key in
               ("actorId", "sessionId", "eventTimestamp", "payload", "branch", "metadata") if key in params}}
        root = params.get("branch", {}).get("rootEventId")
        if root is not None:
            self._find(self._place(params), root)
        number = next(self._numbers)
        self._events.setdefault(self._place(params), {})[event["eventId"]] = (number, event)
        if token is not None:
            self._tokens[token] = (asked, event)
        return {"event": event}

    def _find(self, place, event_id):
        try:
            return self._events[place][event_id][1]
        except KeyError:
            raise Refusal("ResourceNotFoundException", f"Event {event_id} not found")

    async def delete_event(self, call):
        event = self._find(self._place(call.params), call.params["eventId"])
        del self._events[self._place(call.params)][event["eventId"]]
        return {"eventId": event["eventId"]}

    async def list_events(self, call):
        params = call.params
        place, wanted = self._place(params), params.get("filter", {})
        entries = list(self._events.get(place, {}).values())
        if "branch" in wanted:
            entries = self._of_branch(entries, **wanted["branch"])
        entries = [entry for entry in entries if self._fits(entry[1], wanted.get("eventMetadata", []))]

        def order(entry):
            return [round(entry[1]["eventTimestamp"].timestamp() * 1000), entry[0]]

        found, token = page(entries, order, params, 20, newest_first=True)
        events = [event for _, event in found]
        if not params.get("includePayloads"):
            events = [{**event, "payload": []} for event in events]
        return {"events": events, **token}

    def _of_branch(self, entries, name, includeParentBranches=False):
        found = [entry for entry in entries if entry[1].get("branch", {}).get("name", MAIN_BRANCH) == name]
        roots = {entry[1].get("branch", {}).get("rootEventId") for entry in found} - {None}
        if includeParentBranches:
            for number, root in [entry for entry in entries if entry[1]["eventId"] in roots]:
                parent = root.get("branch", {}).get("name", MAIN_BRANCH)
                found += [entry for entry in self._of_branch(entries, parent, True) if entry[0] <= number]
        return found

    @staticmethod
    def _fits(event, filters):
        for wanted in filters:
            value = event.get("metadata", {}).get(wanted["left"]["metadataKey"])
            expected = wanted.get("right", {}).get("metadataValue")
            fits = {"EXISTS": value is not None, "NOT_EXISTS": value is None, "EQUALS_TO": value == expected}
            if (wanted["operator"] == "EQUALS_TO") != (expected is not None):
                raise invalid("EQUALS_TO compares with a value, EXISTS and NOT_EXISTS do not")
            if not fits[wanted["operator"]]:
                return False
        return True

    # Records

    def _known(self, params, strategy):
        if ("namespace" in params) == ("namespacePath" in params):
            raise invalid("Exactly one of namespace and namespacePath must be given")
        return [
            (index, record) for index, record in enumerate(self._records)
            if record["memoryId"] in (None, self._memory(params)) and self._is_in(record["namespace"], params)
            and (strategy or record["strategyId"]) == record["strategyId"]]

    @staticmethod
    def _summary(record):
        return {
            "memoryRecordId": record["memoryRecordId"], "content": {"text": record["text"]},
            "memoryStrategyId": record["strategyId"], "namespaces": [record["namespace"]],
            "createdAt": record["createdAt"], "score": float(record["score"])}

    async def retrieve_memory_records(self, call):
        params, criteria = call.params, call.params["searchCriteria"]
        entries = self._known(params, criteria.get("memoryStrategyId"))
        best = sorted(entries, key=lambda entry: -entry[1]["score"])[:criteria.get("topK", 10)]
        found, token = page(best, lambda entry: [-entry[1]["score"], entry[0]], params, 100)
        return {"memoryRecordSummaries": [self._summary(record) for _, record in found], **token}

    async def list_memory_records(self, call):
        entries = self._known(call.params, call.params.get("memoryStrategyId"))
        found, token = page(entries, lambda entry: [entry[0]], call.params, 20)
        return {"memoryRecordSummaries": [self._summary(record) for _, record in found], **token}

    async def delete_memory_record(self, call):
        wanted = call.params["memoryRecordId"]
        left = [record for record in self._records if record["memoryRecordId"] != wanted]
        if len(left) == len(self._records):
            raise Refusal("ResourceNotFoundException", f"Memory record {wanted} not found")
        self._records = left
        return {"memoryRecordId": wanted}

    @staticmethod
    def _is_in(namespace, params):
        if "namespace" in params:
            return namespace.startswith(params["namespace"])
        path = params["namespacePath"].rstrip("/") + "/"
        return (namespace.rstrip("/") + "/").startswith(path)
