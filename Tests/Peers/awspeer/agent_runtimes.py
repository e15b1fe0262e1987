"""The control plane of AgentCore Runtime: runtimes, each update of which is a new version, and endpoints that point to
versions."""

import random
import string

from .errors import Refusal
from .paging import page
from .parsing import invalid

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/peer"
USUAL_LIFECYCLE = {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28800}
BUSY = ("CREATING", "UPDATING", "DELETING")
ASKED_ONLY = ("agentRuntimeId", "clientToken", "tags")


def told(call, thing):
    """The members that an operation returns."""
    members = call.operation.model.output_shape.members
    return {name: value for name, value in thing.items() if name in members}


class AgentRuntimes:
    def __init__(self, clock, region):
        self._clock, self._region = clock, region
        self._versions = {}  # By runtime: its versions, oldest first.
        self._endpoints = {}  # By runtime and name.
        self.failing = {}  # By the runtime's name: why its next version fails.

    def clear(self):
        self._versions.clear()
        self._endpoints.clear()
        self.failing.clear()

    def add(self, arn):
        """A runtime that was deployed before the fake AWS started."""
        identifier = arn.rpartition("/")[2]
        self._versions[identifier] = [self._version(identifier, {
            "agentRuntimeArn": arn, "agentRuntimeName": identifier.rpartition("-")[0], "roleArn": ROLE,
            "networkConfiguration": {"networkMode": "PUBLIC"}}, "1", "READY")]

    def fail_next(self, name, reason):
        self.failing[name] = reason

    def _version(self, identifier, members, number, status):
        now = self._clock.now()
        version = {
            "agentRuntimeArn": f"arn:aws:bedrock-agentcore:{self._region}:{ACCOUNT}:runtime/{identifier}",
            "lifecycleConfiguration": USUAL_LIFECYCLE, "protocolConfiguration": {"serverProtocol": "HTTP"},
            "metadataConfiguration": {"requireMMDSV2": False}, **members, "agentRuntimeId": identifier,
            "agentRuntimeVersion": number, "createdAt": now, "lastUpdatedAt": now, "status": status}
        for name in ASKED_ONLY[1:]:
            version.pop(name, None)
        return version

    def _of(self, call):
        identifier = call.params["agentRuntimeId"]
        if identifier not in self._versions:
            raise Refusal("ResourceNotFoundException", f"Agent runtime {identifier} not found")
        return identifier

    def _latest(self, call):
        return self._versions[self._of(call)][-1]

    def _settle(self, thing):
        """Finishes a requested change as soon as it has been read once."""
        if thing["status"] in BUSY:
            reason = self.failing.pop(thing.get("agentRuntimeName"), None)
            if reason:
                thing.update(status=thing["status"].replace("ING", "E_FAILED"), failureReason=reason)
            else:
                thing["status"] = "READY"

    # Runtimes

    async def create(self, call):
        asked = dict(call.params)
        name = asked["agentRuntimeName"]
        if any(versions[-1]["agentRuntimeName"] == name for versions in self._versions.values()):
            raise Refusal("ConflictException", f"An agent with the name {name} already exists.")
        self._check(asked)
        identifier = f"{name}-{''.join(random.choices(string.ascii_letters + string.digits, k=10))}"
        self._versions[identifier] = [self._version(identifier, asked, "1", "CREATING")]
        self._point(identifier, "DEFAULT", "1")
        return told(call, self._versions[identifier][-1])

    async def update(self, call):
        latest = self._latest(call)
        if latest["status"] in BUSY:
            raise Refusal("ConflictException", f"The agent is {latest['status']}.")
        asked = {name: value for name, value in call.params.items() if name != "agentRuntimeId"}
        self._check(asked)
        identifier = latest["agentRuntimeId"]
        number = str(int(latest["agentRuntimeVersion"]) + 1)
        # An update replaces everything: of what isn't in the request, only the name stays.
        asked["agentRuntimeName"] = latest["agentRuntimeName"]
        self._versions[identifier].append(self._version(identifier, asked, number, "UPDATING"))
        self._point(identifier, "DEFAULT", number)
        return told(call, self._versions[identifier][-1])

    @staticmethod
    def _check(asked):
        if "networkConfiguration" not in asked:
            raise invalid("networkConfiguration is required")
        if "requireServiceS3Endpoint" in asked["networkConfiguration"].get("networkModeConfig", {}):
            raise invalid("requireServiceS3Endpoint is not supported for this runtime")
        size = sum(len(name) + len(value) for name, value in asked.get("environmentVariables", {}).items())
        if size > 2560:
            raise invalid("The environment variables are larger than 2.5 KB")

    async def get(self, call):
        versions = self._versions[self._of(call)]
        number = call.params.get("agentRuntimeVersion")
        found = next((each for each in versions if number in (None, each["agentRuntimeVersion"])), None)
        if number is None:
            found = versions[-1]
        if found is None:
            raise Refusal("ResourceNotFoundException", f"There is no version {number}")
        answer = told(call, found)
        if found["status"] == "DELETING":
            del self._versions[found["agentRuntimeId"]]
        else:
            self._settle(found)
        return answer

    async def list(self, call):
        entries = [versions[-1] for versions in self._versions.values()]
        found, more = page(entries, lambda entry: [entry["createdAt"].timestamp()], call.params, 100)
        names = ("agentRuntimeArn", "agentRuntimeId", "agentRuntimeVersion", "agentRuntimeName", "lastUpdatedAt", "status")
        return {
            "agentRuntimes": [{"description": entry.get("description", "none"), **{name: entry[name] for name in names}} for entry in found], **more}

    async def delete(self, call):
        latest = self._latest(call)
        identifier = latest["agentRuntimeId"]
        if any(runtime == identifier and name != "DEFAULT" for runtime, name in self._endpoints):
            raise Refusal("ConflictException", "The agent has endpoints.")
        latest["status"] = "DELETING"
        return {"status": "DELETING", "agentRuntimeId": identifier}

    # Endpoints

    def _point(self, identifier, name, version, description=None):
        now = self._clock.now()
        before = self._endpoints.get((identifier, name))
        endpoint = {
            "agentRuntimeArn": self._versions[identifier][-1]["agentRuntimeArn"], "name": name, "id": f"{name}-endpoint00",
            "agentRuntimeEndpointArn":
                f"{self._versions[identifier][-1]['agentRuntimeArn']}/runtime-endpoint/{name}",
            "status": "UPDATING" if before else "CREATING", "createdAt": now, "lastUpdatedAt": now,
            "targetVersion": version, "liveVersion": before["liveVersion"] if before else version}
        if description:
            endpoint["description"] = description
        self._endpoints[identifier, name] = endpoint
        return endpoint

    def _checked_version(self, call):
        versions = self._versions[self._of(call)]
        number = call.params.get("agentRuntimeVersion", versions[-1]["agentRuntimeVersion"])
        found = next((each for each in versions if each["agentRuntimeVersion"] == number), None)
        if found is None or found["status"] != "READY":
            raise invalid(f"There is no version {number} that is ready")
        return number

    async def create_endpoint(self, call):
        identifier, name = self._of(call), call.params["name"]
        if (identifier, name) in self._endpoints:
            raise Refusal("ConflictException", f"The endpoint {name} already exists.")
        endpoint = self._point(identifier, name, self._checked_version(call), call.params.get("description"))
        return told(call, {"endpointName": name, "agentRuntimeId": identifier, **endpoint})

    def _endpoint(self, call):
        key = self._of(call), call.params["endpointName"]
        if key not in self._endpoints:
            raise Refusal("ResourceNotFoundException", f"Endpoint {key[1]} not found")
        return key

    async def update_endpoint(self, call):
        identifier, name = self._endpoint(call)
        return told(call, self._point(identifier, name, self._checked_version(call), call.params.get("description")))

    async def get_endpoint(self, call):
        key = self._endpoint(call)
        endpoint = self._endpoints[key]
        answer = told(call, endpoint)
        if endpoint["status"] == "DELETING":
            del self._endpoints[key]
        elif endpoint["status"] in BUSY:
            endpoint.update(status="READY", liveVersion=endpoint["targetVersion"])
        return answer

    async def delete_endpoint(self, call):
        key = self._endpoint(call)
        self._endpoints[key]["status"] = "DELETING"
        return {"status": "DELETING", "endpointName": key[1]}
