"""`agentcore.yaml`: every problem is reported with its line, key, and remedy, and a third-party validator agrees."""

import json

import jsonschema
import pytest
import yaml

from deployment import ROOT, SYSTEM, TWO_RUNTIMES, merged, run

SCHEMA = json.loads(run("schema").stdout)
AGENT = {"runtime_name": "errands"}
ISSUER = "https://issuer.example/.well-known/openid-configuration"
RULE = {
    "inboundTokenClaimName": "group", "inboundTokenClaimValueType": "STRING_ARRAY",
    "authorizingClaimMatchValue": {"claimMatchOperator": "CONTAINS", "claimMatchValue": {"matchValueString": "us"}}}
# All members of the service's authorizer that have no key of their own.
SERVICE_MEMBERS = {
    "advertisedScopeMapping": {"read": "errands/read"}, "customClaims": [RULE],
    "privateEndpoint": {"selfManagedLatticeResource": {"resourceConfigurationIdentifier": "rcfg-0123456789abcdef0"}},
    "privateEndpointOverrides": [{"domain": "id.example", "privateEndpoint": {"managedVpcResource": {
        "vpcIdentifier": "vpc-12345678", "subnetIds": ["subnet-12345678"], "endpointIpAddressType": "IPV4"}}}],
    "allowedWorkloadConfiguration": {
        "hostingEnvironments": [{"arn": "arn:aws:bedrock-agentcore:ap-southeast-2:123456789012:runtime/other-1"}],
        "workloadIdentities": ["other"]}}


def coordinator(**more):
    return {"agents": {"coordinator": more}}


# An invalid member, and its message.
WRONG = {
    "a version that does not exist": ({"version": 2}, "version is 2; accepted are: 1."),
    "a number in quotes": ({"version": "1"}, "version is '1' and must be a whole number."),
    "an account without quotes": ({"account": 123456789012}, "account is 123456789012 and must be text; put it in quotes."),
    "an account with letters": ({"account": "12345678901x"}, "account is '12345678901x', which does not have the form"),
    "a region": ({"region": "sydney"}, "region is 'sydney', which does not have the form"),
    "a project with capitals": ({"project": "AI"}, "project is 'AI', which does not have the form"),
    "an unknown key": ({"agent": {}}, "agent is unknown. Known are: account, agents, backend,"),
    "an unknown key inside": (coordinator(idle=5), "agents.coordinator.idle is unknown. Known are:"),
    "no model": ({"models": None}, "needs models, which is missing."),
    "no runtime's name": (coordinator(runtime_name=None), "agents.coordinator needs runtime_name, which is missing."),
    "a name with a hyphen": (coordinator(runtime_name="my-agent"), "agents.coordinator.runtime_name is 'my-agent'"),
    "too short a wait": (coordinator(idle_seconds=30), "agents.coordinator.idle_seconds is 30; at least 60 is accepted."),
    "too long a life": (coordinator(max_seconds=99999), "agents.coordinator.max_seconds is 99999; at most 28800"),
    "a list in place of a mapping": ({"agents": []}, "agents is a list and must be a mapping."),
    "text in place of a list": ({"models": {"resources": "all"}}, "models.resources is 'all' and must be a list."),
    "an empty list": ({"models": {"resources": []}}, "models.resources has 0 elements; at least 1 are needed."),
    "a subnet": (coordinator(network={"subnets": ["net-1"], "security_groups": ["sg-0123456789"]}),
                 "agents.coordinator.network.subnets[0] is 'net-1'"),
    "a protocol": (coordinator(protocol="MCP"), "agents.coordinator.protocol is MCP; accepted are: HTTP, AGUI."),
    "a variable's name": (coordinator(environment={"A-B": "c"}), "agents.coordinator.environment.A-B is 'A-B', which"),
    "a variable that is a number": (coordinator(environment={"A": 1}), "agents.coordinator.environment.A is 1 and must be"),
    "a header field": (coordinator(header_allowlist=["A B"]), "agents.coordinator.header_allowlist[0] is 'A B'"),
    "a flag": ({"browser": {"custom": {"name": "b", "signing": "always"}}},
               "browser.custom.signing is 'always' and must be true or false."),
    "days of logs": ({"observability": {"log_days": 31}}, "observability.log_days is 31; accepted are: 1, 3, 5,"),
    "a domain": ({"cognito": {"domain_prefix": "Errands"}}, "cognito.domain_prefix is 'Errands', which"),
    "a backend without its parts": ({"backend": {"public_url": "https://a.example"}}, "backend needs certificate_arn, which"),
    "two models in one": (
        {"models": {"resources": ["arn:aws:bedrock:*::foundation-model/a,arn:aws:bedrock:*::foundation-model/b"]}},
        "models.resources[0] is 'arn:aws:bedrock:*::foundation-model/a,arn"),
    "every certificate": (
        {"backend": {
            "public_url": "https://a.example", "certificate_arn": "arn:aws:acm:ap-southeast-2:123456789012:certificate/*",
            "vpc": "vpc-12345678", "public_subnets": ["subnet-12345678"] * 2, "private_subnets": ["subnet-12345678"]}},
        "backend.certificate_arn is 'arn:aws:acm"),
    "a door that may be ajar": ({"cognito": {"sign_up": "ajar"}}, "cognito.sign_up is ajar; accepted are: closed, open."),
    "a member that the authorizer lacks": (
        coordinator(authorizer={"discovery_url": ISSUER, "service_members": {"rules": []}}),
        "agents.coordinator.authorizer.service_members.rules is unknown. Known are: advertisedScopeMapping,"),
    "a rule without its value": (
        coordinator(authorizer={"discovery_url": ISSUER, "service_members": {"customClaims": [
            {**RULE, "authorizingClaimMatchValue": {"claimMatchOperator": "EQUALS", "claimMatchValue": {}}}]}}),
        "claimMatchValue has 0 members; at least 1 are needed."),
    "an image elsewhere": ({"image": {"uri": "docker.io/ai4ai"}}, "image.uri is 'docker.io/ai4ai', which"),
}
# Rules that a schema can't express.
CONTRADICTIONS = {
    "memory where there is none": (
        {"region": "ap-southeast-5", "memory": {"name": "notes"}}, "memory asks for notes, but ap-southeast-5 has no"),
    "a life shorter than a wait": (coordinator(idle_seconds=600, max_seconds=300), "max_seconds is 300; at least"),
    "tokens of everybody": (
        coordinator(authorizer={"discovery_url": ISSUER}, header_allowlist=["Authorization"]),
        "agents.coordinator.authorizer lets in every token of its issuer."),
    "tokens that the container does not see": (
        coordinator(authorizer={"discovery_url": ISSUER, "allowed_clients": ["page"]}),
        "agents.coordinator.header_allowlist must hold Authorization"),
    "a secret": (coordinator(environment={"AI4AI_TAVILY_API_KEY": "tvly-1234"}),
                 "agents.coordinator.environment.AI4AI_TAVILY_API_KEY is written here."),
    "a variable of the deployment's": (
        coordinator(environment={"AI4AI_MODEL": "x"}), "environment.AI4AI_MODEL is set by the deployment."),
    "too large an environment": (coordinator(environment={"A": "b" * 2600}), "agents.coordinator.environment has 2"),
    "names that roles do not cover": (
        {"agents": {"coordinator": AGENT, "automation": {"runtime_name": "browser"}}},
        "agents.automation.runtime_name is browser; a name that begins with errands and goes on is needed"),
    "a token that ends half way": (
        merged(TWO_RUNTIMES, coordinator(
            authorizer={"discovery_url": ISSUER, "allowed_clients": ["page"]}, header_allowlist=["Authorization"])),
        "agents.automation and agents.coordinator must both have an authorizer"),
    "words that Cognito keeps for itself": (
        {"cognito": {"domain_prefix": "my-aws-agent"}}, "cognito.domain_prefix is my-aws-agent; Cognito takes none with"),
    "several secrets in one": (
        coordinator(environment={"AI4AI_TAVILY_API_KEY": "secretsmanager:one,two"}), "must name one secret"),
    "all secrets": (coordinator(environment={"AI4AI_TAVILY_API_KEY": "secretsmanager:*"}), "must name one secret"),
    "nowhere to sign in": ({"cognito": {"localhost": False}}, "cognito.localhost is false and there is no backend"),
    "thoughts longer than answers": (
        {"models": {"max_tokens": 2000, "thinking_tokens": 4000}}, "models.max_tokens is 2000; more than"),
}


def check(tmp_path, system):
    file = tmp_path / "agentcore.yaml"
    file.write_text(system if isinstance(system, str) else yaml.safe_dump(system))
    return run("check", "--file", file, check=False)


def fits_schema(system):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(system)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


# The keywords of JSON Schema that our checker supports, and those that only document.
WORDS = {
    "type", "properties", "required", "additionalProperties", "propertyNames", "items", "enum", "pattern", "minimum",
    "maximum", "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties", "default", "$ref"}
EXPLANATIONS = {"$schema", "$defs", "title", "description"}


def schemas(schema):
    """A schema and all schemas that it contains."""
    yield schema
    inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += [schema[word] for word in ("items", "propertyNames", "additionalProperties") if isinstance(schema.get(word), dict)]
    for each in inner:
        yield from schemas(each)


def test_the_schema_uses_no_word_that_our_checker_passes_over():
    assert {word for schema in schemas(SCHEMA) for word in schema} <= WORDS | EXPLANATIONS


def test_our_own_description_lacks_only_what_is_everybodys_own(tmp_path):
    text = (ROOT / "agentcore.yaml").read_text()
    assert fits_schema(yaml.safe_load(text))
    assert "cognito.domain_prefix is still the example's" in run("check", "--file", ROOT / "agentcore.yaml", check=False).stderr
    own = tmp_path / "agentcore.yaml"
    own.write_text(text.replace("change-me", "town-errands"))
    assert run("check", "--file", own).stdout.endswith("is right.\n")


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_key_and_is_wrong_by_the_schema_too(tmp_path, name):
    more, words = WRONG[name]
    system = merged(SYSTEM, more)
    result = check(tmp_path, system)
    assert result.returncode != 0 and words in result.stderr
    assert not fits_schema(system)


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_does_not_go_together_is_told(tmp_path, name):
    more, words = CONTRADICTIONS[name]
    system = merged(SYSTEM, more)
    assert fits_schema(system)
    result = check(tmp_path, system)
    assert result.returncode != 0 and words in result.stderr


@pytest.mark.parametrize("more", [
    TWO_RUNTIMES, {"account": "123456789012"}, {"regions": {"data": "ap-southeast-5"}}, {"memory": {"name": "notes"}},
    {"browser": {"custom": {"name": "b", "signing": True}}}, {"agents": {"coordinator": {"endpoint": None, **AGENT}}},
    coordinator(environment={"AI4AI_TAVILY_API_KEY": "secretsmanager:tavily"}),
    coordinator(environment={"AI4AI_TAVILY_API_KEY": "secretsmanager:ai4ai/keys_1+2=3.4@5-6#tavily"}),
    coordinator(environment={
        "AI4AI_TAVILY_API_KEY": "secretsmanager:arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:tavily-AbCdEf"}),
    coordinator(
        authorizer={
            "discovery_url": "https://id.example/.well-known/oauth-authorization-server/town", "allowed_clients": ["page"]},
        header_allowlist=["Authorization"]),
    coordinator(
        authorizer={"discovery_url": ISSUER, "allowed_clients": ["page"], "service_members": SERVICE_MEMBERS},
        header_allowlist=["Authorization"]),
    {"cognito": {"sign_up": "open", "localhost": True}}, {"memory": {"name": "notes", "event_days": 3650}},
    coordinator(header_allowlist=["X-Tenant", "X-Amzn-Bedrock-AgentCore-Runtime-Custom-Tenant"]),
], ids=str)
def test_what_the_schema_takes_we_take(tmp_path, more):
    system = merged(SYSTEM, more)
    assert fits_schema(system)
    assert check(tmp_path, system).returncode == 0


def test_everything_that_is_wrong_is_told_at_once_with_its_line(tmp_path):
    result = check(tmp_path, "\n".join([
        "version: 1", "region: sydney", "agents:", "  coordinator:", "    runtime_name: a-b", "    idle_seconds: 1",
        "models: {id: m}", "cognito: {domain_prefix: x}"]))
    places = [line.rpartition("agentcore.yaml:")[2].partition(" is")[0] for line in result.stderr.splitlines() if "agentcore.yaml:" in line]
    assert sorted(places) == [
        "2: region", "5: agents.coordinator.runtime_name", "6: agents.coordinator.idle_seconds"]


@pytest.mark.parametrize("text, words", [
    ("", ":1: is empty."), ("version: 1\nversion: 1", "has twice: version"), ("a: [", "is no YAML"), ("- 1", "is a list and must be"),
    ("version: 1\n\tregion: x", ":2: is no YAML"), ("a: *b", "is no YAML"), ("version: &a [*a]", ""),
])
def test_what_is_no_description_is_told(tmp_path, text, words):
    result = check(tmp_path, text)
    assert result.returncode not in (0, -4, -5, -6, -11) and words in result.stderr


def test_a_secret_that_was_written_down_is_not_repeated(tmp_path):
    system = merged(SYSTEM, coordinator(environment={"AI4AI_MODEL_API_KEY": "sk-very-secret"}))
    result = check(tmp_path, system)
    assert result.returncode != 0 and "sk-very-secret" not in result.stdout + result.stderr
