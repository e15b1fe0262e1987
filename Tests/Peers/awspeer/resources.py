"""What the control plane tells about: the resources that were registered."""

from .errors import Refusal

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/peer"
SYSTEM_BROWSER = "aws.browser.v1"


class Resources:
    def __init__(self, clock, region):
        self._clock, self._region, self._started = clock, region, clock.now()
        self._browsers, self._memories, self._runtimes = {SYSTEM_BROWSER}, {}, {}

    def _missing(self, kind, identifier):
        return Refusal("ResourceNotFoundException", f"{kind} {identifier} not found")

    # Registration

    def add_browser(self, id):
        self._browsers.add(id)

    def add_memory(self, id, name=None, **more):
        self._memories[id] = {
            "id": id, "arn": f"arn:aws:bedrock-agentcore:{self._region}:{ACCOUNT}:memory/{id}",
            "name": name or id.partition("-")[0], "status": "ACTIVE", "eventExpiryDuration": 90,
            "createdAt": self._started, "updatedAt": self._started, "strategies": [], **more}

    def add_runtime(self, arn):
        identifier = arn.rpartition("/")[2]
        self._runtimes[identifier] = {
            "agentRuntimeArn": arn, "agentRuntimeId": identifier, "agentRuntimeName": identifier.rpartition("-")[0],
            "agentRuntimeVersion": "1", "createdAt": self._started, "lastUpdatedAt": self._started, "roleArn": ROLE,
            "status": "READY", "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28800},
            "networkConfiguration": {"networkMode": "PUBLIC"}}

    # AgentCore

    def check_browser(self, identifier):
        if identifier.rpartition("/")[2] not in self._browsers:
            raise self._missing("Browser", identifier)

    async def get_memory(self, call):
        identifier = call.params["memoryId"]
        if identifier not in self._memories:
            raise self._missing("Memory", identifier)
        return {"memory": self._memories[identifier]}

    async def get_agent_runtime(self, call):
        identifier = call.params["agentRuntimeId"]
        if identifier not in self._runtimes:
            raise self._missing("Agent runtime", identifier)
        return self._runtimes[identifier]
