"""What the control planes tell about: foundation models, and the resources that were registered."""

from .errors import Refusal
from .paging import page

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/peer"
SYSTEM_BROWSER = "aws.browser.v1"
MODELS = {
    "anthropic.claude-sonnet-4-5-20250929-v1:0": ("Claude Sonnet 4.5", "Anthropic", ["TEXT", "IMAGE"]),
    "anthropic.claude-haiku-4-5-20251001-v1:0": ("Claude Haiku 4.5", "Anthropic", ["TEXT", "IMAGE"]),
    "amazon.nova-pro-v1:0": ("Nova Pro", "Amazon", ["TEXT", "IMAGE"]),
    "amazon.nova-lite-v1:0": ("Nova Lite", "Amazon", ["TEXT", "IMAGE"]),
}


class Resources:
    def __init__(self, clock, region):
        self._clock, self._region, self._started = clock, region, clock.now()
        self._browsers, self._memories, self._runtimes = {}, {}, {}
        self.add_browser(SYSTEM_BROWSER, name="Amazon_Bedrock_AgentCore_Browser_Tool", owner="aws")

    def _missing(self, kind, identifier):
        return Refusal("ResourceNotFoundException", f"{kind} {identifier} not found")

    def _arn(self, path, owner=ACCOUNT):
        return f"arn:aws:bedrock-agentcore:{self._region}:{owner}:{path}"

    # Registration

    def add_browser(self, id, name=None, owner=ACCOUNT, **more):
        path = f"browser/{id}" if owner == "aws" else f"browser-custom/{id}"
        self._browsers[id] = {
            "browserId": id, "browserArn": self._arn(path, owner), "name": name or id.partition("-")[0],
            "networkConfiguration": {"networkMode": "PUBLIC"}, "status": "READY", "createdAt": self._started,
            "lastUpdatedAt": self._started, **more}

    def add_memory(self, id, name=None, **more):
        self._memories[id] = {
            "id": id, "arn": self._arn(f"memory/{id}"), "name": name or id.partition("-")[0], "status": "ACTIVE",
            "eventExpiryDuration": 90, "createdAt": self._started, "updatedAt": self._started, "strategies": [], **more}

    def add_runtime(self, arn):
        identifier = arn.rpartition("/")[2]
        self._runtimes[identifier] = {
            "agentRuntimeArn": arn, "agentRuntimeId": identifier, "agentRuntimeName": identifier.rpartition("-")[0],
            "agentRuntimeVersion": "1", "createdAt": self._started, "lastUpdatedAt": self._started, "roleArn": ROLE,
            "status": "READY", "lifecycleConfiguration": {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28800},
            "networkConfiguration": {"networkMode": "PUBLIC"}}

    # AgentCore

    def browser(self, identifier):
        name = identifier.rpartition("/")[2]
        if name not in self._browsers:
            raise self._missing("Browser", identifier)
        return self._browsers[name]

    async def get_browser(self, call):
        return self.browser(call.params["browserId"])

    async def list_browsers(self, call):
        wanted = call.params.get("type")
        entries = [
            (number, browser) for number, browser in enumerate(self._browsers.values())
            if wanted is None or (wanted == "SYSTEM") == (browser["browserId"] == SYSTEM_BROWSER)]
        found, token = page(entries, lambda entry: [entry[0]], call.params, 10)
        members = ("browserId", "browserArn", "name", "status", "createdAt", "lastUpdatedAt")
        return {"browserSummaries": [{key: browser[key] for key in members} for _, browser in found], **token}

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

    # Bedrock

    def _model(self, identifier):
        name, provider, inputs = MODELS[identifier]
        return {
            "modelArn": f"arn:aws:bedrock:{self._region}::foundation-model/{identifier}", "modelId": identifier,
            "modelName": name, "providerName": provider, "inputModalities": inputs, "outputModalities": ["TEXT"],
            "responseStreamingSupported": True, "customizationsSupported": [],
            "inferenceTypesSupported": ["ON_DEMAND"], "modelLifecycle": {"status": "ACTIVE"}}

    async def list_foundation_models(self, call):
        provider = call.params.get("byProvider")
        inference = call.params.get("byInferenceType", "ON_DEMAND")
        output = call.params.get("byOutputModality", "TEXT")
        models = [self._model(identifier) for identifier in MODELS]
        return {"modelSummaries": [
            model for model in models
            if provider in (None, model["providerName"]) and inference == "ON_DEMAND" and output == "TEXT"]}

    async def get_foundation_model(self, call):
        identifier = call.params["modelIdentifier"].rpartition("/")[2]
        if identifier not in MODELS:
            raise Refusal("ResourceNotFoundException", "The provided model identifier is invalid.")
        return {"modelDetails": self._model(identifier)}

    def _profile(self, identifier):
        model = identifier.partition(".")[2]
        return {
            "inferenceProfileName": f"US {MODELS[model][0].replace('.', ' ')}", "inferenceProfileId": identifier,
            "inferenceProfileArn": f"arn:aws:bedrock:{self._region}:{ACCOUNT}:inference-profile/{identifier}",
            "models": [{"modelArn": self._model(model)["modelArn"]}], "status": "ACTIVE", "type": "SYSTEM_DEFINED",
            "createdAt": self._started, "updatedAt": self._started}

    async def list_inference_profiles(self, call):
        is_wanted = call.params.get("typeEquals", "SYSTEM_DEFINED") == "SYSTEM_DEFINED"
        entries = [(number, f"us.{model}") for number, model in enumerate(MODELS)] if is_wanted else []
        found, token = page(entries, lambda entry: [entry[0]], call.params, 100)
        return {"inferenceProfileSummaries": [self._profile(identifier) for _, identifier in found], **token}

    async def get_inference_profile(self, call):
        identifier = call.params["inferenceProfileIdentifier"].rpartition("/")[2]
        if identifier not in [f"us.{model}" for model in MODELS]:
            raise Refusal("ResourceNotFoundException", "The provided inference profile identifier is invalid.")
        return self._profile(identifier)
