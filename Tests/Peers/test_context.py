"""What reaches the agent: ids, allowed headers, tokens, and baggage of its own request only."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent import Agent
from wire import Connection

SESSION = "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id"
REQUEST = "X-Amzn-Bedrock-AgentCore-Runtime-Request-Id"
CUSTOM = "X-Amzn-Bedrock-AgentCore-Runtime-Custom-"
IDENTITY_WAT = "X-Amz-Bedrock-AgentCore-Identity-WAT"
LONG_ID = "a" * 33 + "-_Z9"

RESTRICTED = """
    Proxy-Authorization WWW-Authenticate Accept Accept-Charset Accept-Encoding Accept-Language Content-Type
    Content-Encoding Content-Language Content-Location Content-Range Cache-Control ETag Expires If-Match
    If-Modified-Since If-None-Match If-Range If-Unmodified-Since Last-Modified Pragma Vary Keep-Alive
    Proxy-Connection User-Agent Referer From Range Accept-Ranges TE Trailer Server Date Location Retry-After
    Set-Cookie Cookie Content-Security-Policy Content-Security-Policy-Report-Only Strict-Transport-Security
    X-Content-Type-Options X-Frame-Options X-XSS-Protection Referrer-Policy Permissions-Policy
    Cross-Origin-Embedder-Policy Cross-Origin-Opener-Policy Cross-Origin-Resource-Policy
    Access-Control-Allow-Origin Access-Control-Allow-Methods Access-Control-Allow-Headers
    Access-Control-Allow-Credentials Access-Control-Expose-Headers Access-Control-Max-Age
    Access-Control-Request-Method Access-Control-Request-Headers Origin Accept-CH Accept-CH-Lifetime DPR Width
    Viewport-Width Downlink ECT RTT Save-Data Clear-Site-Data Feature-Policy Expect-CT Public-Key-Pins
    Public-Key-Pins-Report-Only Via Forwarded X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto X-Real-IP
    X-Requested-With X-CSRF-Token True-Client-IP X-Client-IP X-Cluster-Client-IP X-Originating-IP X-Source-IP
    X-Original-URL X-Original-Host X-Rewrite-URL CF-Ray CF-Connecting-IP X-Amz-Cf-Id X-Cache X-Served-By Link
    Sec-WebSocket-Key Sec-WebSocket-Accept Sec-WebSocket-Version Sec-WebSocket-Protocol Sec-WebSocket-Extensions
    X-Amz-Date X-Amz-Security-Token X-Amzn-RequestId X-Amzn-Trace-Id X-Amz- X-Amzn- X-Amz-Bedrock-AgentCore-Identity-WA
    X-Amz-Bedrock-AgentCore-Identity-WAT2
    X-Amzn-Bedrock-AgentCore-Runtime-Custom X-Amzn-Bedrock-AgentCore-Runtime-Custo
    X-Amzn-Bedrock-AgentCore-Runtime-Session-Id X-Amzn-Bedrock-AgentCore-Runtime-Request-Id
    x-aws-guest-auth x-aws-proxy-ip x-aws-proxy-port
""".split()

FORWARDABLE = f"""
    {CUSTOM} {CUSTOM}Tenant {CUSTOM.lower()}lower {CUSTOM.upper()}UPPER Prefix{CUSTOM}X X-Authorization Authorization
    {IDENTITY_WAT} X-Amazon X-AmznPrefix X-Custom_Under.dot!#$%&'*+^`|~ WorkloadAccessToken OAuth2CallbackUrl baggage
    traceparent tracestate Mcp-Session-Id Cookies X-Cookie Hosts X-Origin Data
""".split()


@pytest.fixture(scope="module")
def agent():
    """One agent for all tests here, which leave no trace in it."""
    agent = Agent()
    yield agent
    agent.stop()


def invoke(agent, lines):
    """The context for exactly these header lines."""
    with Connection(agent.port) as client:
        client.invoke({"context": True}, lines)
        response = client.read_response()
    assert response.status == 200, response.body
    return response.json()


def test_session_and_request_id_come_from_their_headers(agent):
    context = agent.context({SESSION: LONG_ID, REQUEST: "request-1"})
    assert (context["sessionID"], context["requestID"]) == (LONG_ID, "request-1")


def test_id_headers_are_read_in_any_spelling(agent):
    context = invoke(agent, [f"{SESSION.lower()}: {LONG_ID}", f"{REQUEST.upper()}: request-1"])
    assert (context["sessionID"], context["requestID"]) == (LONG_ID, "request-1")


def test_missing_request_id_is_generated_anew_each_time(agent):
    ids = {str(uuid.UUID(agent.context({})["requestID"])) for _ in range(10)}
    assert len(ids) == 10


def test_empty_request_id_counts_as_missing(agent):
    assert uuid.UUID(invoke(agent, [f"{REQUEST}:"])["requestID"])


def test_missing_session_id_is_tolerated(agent):
    assert agent.context({}).get("sessionID") is None


def test_x_amzn_requestid_is_accepted(agent):
    assert agent.context({"x-amzn-requestid": "from-the-platform"})["requestID"] == "from-the-platform"


def test_documented_request_id_wins_over_x_amzn_requestid(agent):
    assert agent.context({"x-amzn-requestid": "second", REQUEST: "first"})["requestID"] == "first"


def test_restricted_headers_do_not_reach_the_agent(agent):
    lines = [f"{name}: 1" for name in RESTRICTED if name != "Content-Type"]
    names = {name.lower() for name in invoke(agent, lines + ["Content-Type: application/json", "X-Kept: 1"])["headers"]}
    assert names == {"x-kept"}


def test_upgrade_header_does_not_reach_the_agent(agent):
    headers = invoke(agent, ["Connection: Upgrade", "Upgrade: h2c"])["headers"]
    assert headers == {}


def test_transfer_encoding_does_not_reach_the_agent(agent):
    headers = agent.invoke(data=iter([b'{"context":', b"true}"]), headers={"X-Kept": "1"}).json()["headers"]
    assert {name.lower() for name in headers} == {"x-kept"}


@pytest.mark.parametrize("name", FORWARDABLE)
def test_other_header_reaches_the_agent_in_its_own_spelling(agent, name):
    assert invoke(agent, [f"{name}: k=v"])["headers"] == {name: "k=v"}


def test_forwarding_agrees_with_the_python_sdk(agent):
    models = pytest.importorskip("bedrock_agentcore.runtime.models")
    framing = {"Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Host"}
    # Only the Spring starter knows the platform's own x-aws-* headers.
    names = [name for name in {*RESTRICTED, *FORWARDABLE} - framing if not name.startswith("x-aws-")]
    seen = {name.lower() for name in invoke(agent, [f"{name}: k=v" for name in names])["headers"]}
    assert seen == {name.lower() for name in names if models.is_forwardable_header(name)}


def test_empty_value_is_kept(agent):
    assert invoke(agent, [f"{CUSTOM}Empty:", "X-Blank:  "])["headers"] == {f"{CUSTOM}Empty": "", "X-Blank": ""}


def test_special_characters_in_a_value_are_kept(agent):
    value = 'a "b"; c=d, \\e\t{"f": [1]} %20 <>'
    assert invoke(agent, [f"X-Special: {value}"])["headers"] == {"X-Special": value}


def test_headers_up_to_the_allowlist_limits_arrive(agent):
    headers = {f"X-Allowed-{number}": "v" * 4096 for number in range(20)} | {"baggage": "k=" + "b" * 8190}
    assert agent.context(headers)["headers"].items() >= headers.items()


def test_no_headers_are_no_headers(agent):
    assert invoke(agent, [])["headers"] == {}


TOKENS = ["x-amzn-bedrock-agentcore-runtime-workload-accesstoken", "WorkloadAccessToken", IDENTITY_WAT]


@pytest.mark.parametrize("name", TOKENS)
def test_workload_access_token_is_read_from_each_of_its_headers(agent, name):
    assert agent.context({name: "token"})["workloadAccessToken"] == "token"


def test_identity_token_wins_over_the_older_one(agent):
    for names in (TOKENS, TOKENS[::-1]):
        assert agent.context({name: name for name in names})["workloadAccessToken"] == IDENTITY_WAT


def test_missing_tokens_are_missing(agent):
    context = agent.context({})
    assert context.get("workloadAccessToken") is None
    assert context.get("authorization") is None


def test_authorization_is_read(agent):
    assert agent.context({"Authorization": "Bearer abc.def"})["authorization"] == "Bearer abc.def"


@pytest.mark.parametrize("lines, expected", [
    (["a=1"], {"a": "1"}),
    (["a=1,b=2", "c=3"], {"a": "1", "b": "2", "c": "3"}),
    ([" a = 1 ;p=q;r , b=2;x"], {"a": "1", "b": "2"}),
    (["a=x%20y%2C%3D%C3%AF"], {"a": "x y,=ï"}),
    (["arn=arn:aws:x:1/y=z"], {"arn": "arn:aws:x:1/y=z"}),
    (["a=%zz,b=2"], {"b": "2"}),
    (["a=%C3,b=2"], {"b": "2"}),
    (["novalue,=nokey,,;,a=1"], {"a": "1"}),
    ([""], {}),
    (["a=%", "=", "\t", "%%%=1;=,=;"], None),
    (["aws.agentcore.configbundle_version=v1"], {"aws.agentcore.configbundle_version": "v1"}),
], ids=str)
def test_baggage_is_decoded_and_what_is_malformed_skipped(agent, lines, expected):
    baggage = invoke(agent, [f"baggage: {line}" for line in lines])["baggage"]
    assert expected is None or baggage == expected


def test_baggage_that_is_not_utf8_does_not_fail_the_request(agent):
    assert invoke(agent, ["baggage: a=\xff\xfe,b=2"])["baggage"]["b"] == "2"


def test_baggage_does_not_stay_for_the_next_request(agent):
    with Connection(agent.port) as client:
        client.invoke({"context": True}, ["baggage: a=1", f"{SESSION}: {LONG_ID}", "Authorization: Bearer x"])
        assert client.read_response().json()["baggage"] == {"a": "1"}
        client.invoke({"context": True})
        context = client.read_response().json()
    assert context["baggage"] == {} and context["headers"] == {}
    assert context.get("sessionID") is None and context.get("authorization") is None


def test_parallel_requests_see_only_their_own_context(agent):
    def check(number):
        context = agent.context({
            SESSION: f"{LONG_ID}-{number}", REQUEST: f"request-{number}", "baggage": f"n={number}",
            f"{CUSTOM}N": str(number), "WorkloadAccessToken": f"token-{number}", "Authorization": f"Bearer {number}",
        })
        return (
            context["sessionID"], context["requestID"], context["baggage"], context["headers"][f"{CUSTOM}N"],
            context["workloadAccessToken"], context["authorization"],
        ) == (
            f"{LONG_ID}-{number}", f"request-{number}", {"n": str(number)}, str(number), f"token-{number}",
            f"Bearer {number}",
        )

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(check, range(200)))
