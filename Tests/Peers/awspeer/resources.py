"""The control plane of AgentCore's browsers and memories."""

import random
import string

from .agent_runtimes import ACCOUNT, told
from .errors import Refusal

SYSTEM_BROWSER = "aws.browser.v1"


class Resources:
    def __init__(self, clock, region):
        self._clock, self._region, self._started = clock, region, clock.now()
        self.clear()

    def _missing(self, kind, identifier):
        return Refusal("ResourceNotFoundException", f"{kind} {identifier} not found")

    def clear(self):
        self._browsers, self._memories = {SYSTEM_BROWSER: None}, {}

    # Registration

    def add_browser(self, id):
        self._browsers[id] = None

    def add_memory(self, id, name=None, **more):
        self._memories[id] = {
            "id": id, "arn": f"arn:aws:bedrock-agentcore:{self._region}:{ACCOUNT}:memory/{id}",
            "name": name or id.partition("-")[0], "status": "ACTIVE", "eventExpiryDuration": 90,
            "createdAt": self._started, "updatedAt": self._started, "strategies": [], **more}

    # Browsers

    def check_browser(self, identifier):
        if identifier.rpartition("/")[2] not in self._browsers:
            raise self._missing("Browser", identifier)

    async def create_browser(self, call):
        identifier = f"{call.params['name']}-{self._letters()}"
        self._browsers[identifier] = browser = {
            "browserId": identifier, "name": call.params["name"], "status": "CREATING",
            "browserArn": f"arn:aws:bedrock-agentcore:{self._region}:{ACCOUNT}:browser-custom/{identifier}",
            "createdAt": self._clock.now()}
        return told(call, browser)

    async def list_browsers(self, _):
        told = [dict(browser) for browser in self._browsers.values() if browser]
        self._settle(self._browsers, "READY")
        return {"browserSummaries": told}

    async def delete_browser(self, call):
        self._delete(self._browsers, "Browser", call.params["browserId"])
        return {"browserId": call.params["browserId"], "status": "DELETING", "lastUpdatedAt": self._clock.now()}

    # Memories

    async def create_memory(self, call):
        identifier = f"{call.params['name']}-{self._letters()}"
        self.add_memory(identifier, call.params["name"], status="CREATING")
        return {"memory": self._memories[identifier]}

    async def list_memories(self, _):
        names = ("arn", "id", "status", "createdAt", "updatedAt")
        told = [{name: memory[name] for name in names} for memory in self._memories.values()]
        self._settle(self._memories, "ACTIVE")
        return {"memories": told}

    async def delete_memory(self, call):
        self._delete(self._memories, "Memory", call.params["memoryId"])
        return {"memoryId": call.params["memoryId"], "status": "DELETING"}

    def _delete(self, things, kind, identifier):
        if things.pop(identifier, None) is None:
            raise self._missing(kind, identifier)

    @staticmethod
    def _settle(things, status):
        """Finishes a requested change as soon as it has been read once."""
        for thing in things.values():
            if thing and thing["status"] == "CREATING":
                thing["status"] = status

    @staticmethod
    def _letters():
        return "".join(random.choices(string.ascii_letters + string.digits, k=10))

    async def get_memory(self, call):
        identifier = call.params["memoryId"]
        if identifier not in self._memories:
            raise self._missing("Memory", identifier)
        return {"memory": self._memories[identifier]}
