"""Where credentials come from: each source that AWS SDKs use, with real and with hostile responses."""

import pathlib

import pytest

from probe import Refused

NONE = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_SESSION_TOKEN": None}
DEFAULTS = {
    "mode": "v2", "refusal": 403, "role": "peer-role", "minimal": False, "containerToken": None, "expiration": None,
    "accessKeyId": "ASIAPEERTEMPORARY000", "secretAccessKey": "peer-temporary-secret",
    "sessionToken": "peer-session-token", "lifetime": 3600, "next": []}


@pytest.fixture(autouse=True)
def clean(peer):
    peer.metadata(**DEFAULTS)
    peer.clear_requests()


@pytest.fixture
def home(tmp_path):
    (tmp_path / ".aws").mkdir()
    return tmp_path


def files(home, config="", credentials=""):
    (home / ".aws/config").write_text(config)
    (home / ".aws/credentials").write_text(credentials)
    return {**NONE, "HOME": str(home)}


def instance(peer):
    return {**NONE, "AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": peer.url}


# Metadata of instances and of AgentCore's microVMs

@pytest.mark.parametrize(
    "settings", [{}, {"mode": "v1"}, {"mode": "v1", "refusal": 404}, {"mode": "v1", "refusal": 405}, {"minimal": True}],
    ids=str)
def test_instance_metadata_is_used_in_both_versions(peer, start_probe, settings):
    peer.metadata(**settings)
    assert start_probe(**instance(peer))("identity")


def test_nothing_is_fetched_before_the_first_use_and_once_for_many(peer, start_probe):
    before = peer.metadata_counts()["credentials"]
    probe = start_probe(**instance(peer))
    probe("sign", method="GET", path="/", query="", headers=[], body="", service="s", region="r", key="k", secret="s",
          date="2015-01-01T00:00:00Z")
    assert peer.metadata_counts()["credentials"] == before
    for _ in range(3):
        probe("identity")
    assert peer.metadata_counts()["credentials"] == before + 1


def test_credentials_near_their_end_are_renewed(peer, start_probe):
    before = peer.metadata_counts()["credentials"]
    peer.metadata(lifetime=120)
    probe = start_probe(**instance(peer))
    for _ in range(3):
        probe("identity")
    assert peer.metadata_counts()["credentials"] == before + 3


def test_credentials_that_a_service_calls_expired_are_fetched_anew_within_the_request(peer, start_probe):
    before = peer.metadata_counts()["credentials"]
    peer.add_credentials("ASIAPEERPAST00000000", "past-secret", "past-token", expiration="2020-01-01T00:00:00Z")
    # According to the metadata, they are valid for an hour, so only the service can know that they have expired.
    good = {key: DEFAULTS[key] for key in ("accessKeyId", "secretAccessKey", "sessionToken")}
    peer.metadata(
        accessKeyId="ASIAPEERPAST00000000", secretAccessKey="past-secret", sessionToken="past-token", next=[good])
    assert start_probe(**instance(peer))("identity")
    assert peer.metadata_counts()["credentials"] == before + 2
    first, second = peer.requests("GetCallerIdentity")
    assert "expired" in first["error"] and second["error"] is None


def test_failure_of_credentials_is_never_remembered(peer, start_probe):
    probe = start_probe(**instance(peer))
    peer.metadata(accessKeyId="ASIAPEEREXPIRED00000", secretAccessKey="peer-expired-secret",
                  sessionToken="peer-expired-token")
    with pytest.raises(Refused, match="Sign in again"):
        probe("identity")
    peer.metadata(**DEFAULTS)
    assert probe("identity")


def test_role_that_comes_later_is_found(peer, start_probe):
    peer.metadata(role="")
    probe = start_probe(**instance(peer))
    with pytest.raises(Refused):
        probe("identity")
    peer.metadata(role="peer-role")
    assert probe("identity")


@pytest.mark.parametrize(
    "settings",
    [{"role": "x\r\ny: z/../../"}, {"role": "a b"}, {"role": "x" * 65}, {"role": "é"}, {"accessKeyId": ""},
     {"secretAccessKey": "a\r\nX-Evil: 1"}, {"sessionToken": "tok\nen"}, {"expiration": "soon"}, {"accessKeyId": 7}],
    ids=str)
def test_hostile_metadata_is_refused(peer, start_probe, settings):
    peer.metadata(**settings)
    with pytest.raises(Refused) as refused:
        start_probe(**instance(peer))("identity")
    assert refused.value.code in ("noCredentials", "unreachable") and peer.requests() == []
    assert "X-Evil" not in str(refused.value)


# Containers

@pytest.mark.parametrize("by", ["token", "file", "nothing"])
def test_container_endpoint_is_asked_with_its_token(peer, start_probe, tmp_path, by):
    more = {**NONE, "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{peer.url}/container-credentials"}
    if by != "nothing":
        peer.metadata(containerToken="Basic abc")
    if by == "token":
        more["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic abc"
    if by == "file":
        (tmp_path / "token").write_text("Basic abc\n")
        more["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(tmp_path / "token")
    assert start_probe(**more)("identity")


@pytest.mark.parametrize(
    "variables",
    [{"FULL_URI": "http://evil.example/creds"}, {"FULL_URI": "http://10.0.0.1/creds"}, {"FULL_URI": "file:///etc/passwd"},
     {"FULL_URI": "http://127.0.0.1@evil.example/"}, {"FULL_URI": "http://127.0.0.1.evil.example/"},
     {"RELATIVE_URI": "@evil.example/x"}, {"RELATIVE_URI": "evil"}, {"FULL_URI": "http://127.0.0.1/\r\nx: y"}],
    ids=str)
def test_container_endpoint_elsewhere_is_refused(start_probe, variables):
    more = {f"AWS_CONTAINER_CREDENTIALS_{name}": value for name, value in variables.items()}
    with pytest.raises(Refused) as refused:
        start_probe(**NONE, **more)("identity")
    assert refused.value.code == "noCredentials"


# Shared files

def test_profile_has_keys_and_region(start_probe, home):
    more = files(
        home, "[default]\nregion = eu-west-1\n[profile work] ; comment\nregion=us-west-2 # here\noutput = json\n",
        "[work]\naws_access_key_id = AKIAPEERLONGLIVED000\naws_secret_access_key = peer-long-lived-secret\n")
    assert start_probe(**more, AWS_PROFILE="work", AWS_REGION=None)("identity")


@pytest.mark.parametrize("config, more, is_reached", [
    ("[default]\nendpoint_url = PEER", {}, True),
    ("[default]\nservices = here\nendpoint_url = NOWHERE\n[services here]\nsts =\n  endpoint_url = PEER", {}, True),
    ("[default]\nservices = here\n[services here]\ndynamodb =\n  endpoint_url = NOWHERE\nsts =\n  endpoint_url = PEER", {}, True),
    ("[default]\nendpoint_url = NOWHERE", {"AWS_ENDPOINT_URL": "PEER"}, True),
    ("[default]\nservices = here\n[services here]\nsts =\n  endpoint_url = NOWHERE", {"AWS_ENDPOINT_URL": "PEER"}, True),
    ("[default]\nendpoint_url = NOWHERE", {"AWS_ENDPOINT_URL_STS": "PEER"}, True),
    ("[default]\nservices = here\nendpoint_url = PEER\n[services here]\nsts =\n  endpoint_url = NOWHERE", {}, False),
], ids=["profile", "service", "among services", "variable", "variable before service", "its variable", "service first"])
def test_address_of_a_service_is_read_as_every_sdk_reads_it(peer, start_probe, home, config, more, is_reached):
    def at(text):
        return text.replace("PEER", peer.url).replace("NOWHERE", "http://127.0.0.1:9")

    keys = "[default]\naws_access_key_id=AKIAPEERLONGLIVED000\naws_secret_access_key=peer-long-lived-secret\n"
    settings = {"AWS_ENDPOINT_URL": None, **{name: at(url) for name, url in more.items()}}
    probe = start_probe(**files(home, at(config) + "\n", keys), **settings)
    if is_reached:
        assert probe("identity")
    else:
        with pytest.raises(Refused) as refused:
            probe("identity")
        assert refused.value.code == "unreachable"


def test_role_is_taken_on_with_another_profile(peer, start_probe, home):
    more = files(
        home,
        "[profile base]\naws_access_key_id=AKIAPEERLONGLIVED000\naws_secret_access_key=peer-long-lived-secret\n"
        "[profile mid]\nrole_arn=arn:aws:iam::123456789012:role/mid\nsource_profile=base\n"
        "[profile top]\nrole_arn=arn:aws:iam::123456789012:role/top\nsource_profile=mid\nrole_session_name=me\n")
    assert ":assumed-role/top/me" in start_probe(**more, AWS_PROFILE="top")("identity")
    assert len(peer.requests("AssumeRole")) == 2


def test_role_is_taken_on_with_the_instance(peer, start_probe, home):
    more = files(home, "[default]\nrole_arn=arn:aws:iam::123456789012:role/x\ncredential_source=Ec2InstanceMetadata\n")
    assert ":assumed-role/x/" in start_probe(**{**instance(peer), **more})("identity")


def test_web_identity_needs_no_credentials(start_probe, tmp_path):
    (tmp_path / "token").write_text("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.\n")
    probe = start_probe(
        **NONE, AWS_WEB_IDENTITY_TOKEN_FILE=str(tmp_path / "token"), AWS_ROLE_SESSION_NAME="pod",
        AWS_ROLE_ARN="arn:aws:iam::123456789012:role/web")
    assert ":assumed-role/web/pod" in probe("identity")


@pytest.mark.parametrize(
    "config, words",
    [
        ("[profile x]\nrole_arn=arn:aws:iam::1:role/r\nsource_profile=y\n[profile y]\nrole_arn=r\nsource_profile=x\n",
         "goes in a circle"),
        ("[profile x]\nrole_arn=r\n", "Add source_profile or credential_source"),
        ("[profile x]\nrole_arn=r\nsource_profile=gone\n", "is missing"),
        ("[profile x]\nsso_session=s\n", "aws configure export-credentials --profile x"),
        ("[profile x]\ncredential_process=/bin/creds\n", "export-credentials"),
        ("[profile x]\naws_access_key_id=AKIA\n", "without aws_secret_access_key"),
        ("[default]\n", "AWS_PROFILE is 'x'"),
        ("[profile x]\nweb_identity_token_file=/no/such\nrole_arn=r\n", "/no/such"),
    ])
def test_profile_that_cannot_be_used_says_why(start_probe, home, config, words):
    with pytest.raises(Refused, match=words) as refused:
        start_probe(**files(home, config), AWS_PROFILE="x")("identity")
    assert refused.value.code == "noCredentials"


def test_environment_wins_over_files_and_files_over_metadata(peer, start_probe, home):
    more = files(home, credentials="[default]\naws_access_key_id=AKIAPEERLONGLIVED000\naws_secret_access_key=wrong\n")
    assert start_probe(HOME=str(home))("identity")
    with pytest.raises(Refused, match="AWS_SECRET_ACCESS_KEY"):
        start_probe(**{**instance(peer), **more})("identity")


# Settings that are never sent

@pytest.mark.parametrize(
    "region", ["us-west-2.evil.example/", "us-west-2@evil", "US-WEST-2", "us west", "us-west-2\n", "..", "us-west-2#", "юs-west-2"])
def test_hostile_region_ends_the_start(start_probe, region, peer):
    with pytest.raises(AssertionError, match="is no AWS region"):
        start_probe(AWS_REGION=region)("identity")


@pytest.mark.parametrize(
    "endpoint", ["http://evil.example", "ftp://127.0.0.1", "http://u:p@127.0.0.1", "http://127.0.0.1/?x=1", "nonsense",
                 "http://169.254.169.254.evil.example", "http://127.0.0.1\\@evil.example"])
def test_hostile_endpoint_ends_the_start(start_probe, endpoint):
    with pytest.raises(AssertionError, match="AWS_ENDPOINT_URL"):
        start_probe(AWS_ENDPOINT_URL=endpoint)("identity")
