"""AgentCore Memory: order, limits, identifiers, and what is remembered."""

import pytest

from probe import Refused

MEMORY = "ai4aimemory-AbCdEf1234"


@pytest.fixture(autouse=True)
def clean(peer):
    peer.clear_requests()
    yield
    peer.clear_faults()


def remember(probe, session, *texts, user="aminah"):
    return probe("memory", operation="remember", id=MEMORY, user=user, session=session, texts=texts)


def events(probe, session, user="aminah"):
    return probe("memory", operation="events", id=MEMORY, user=user, session=session)


def test_events_come_back_in_the_order_in_which_they_were_said(probe):
    for number in range(130):
        remember(probe, "long", f"question {number}", f"answer {number}")
    assert events(probe, "long") == [
        line for number in range(130) for line in (f"user: question {number}", f"assistant: answer {number}")]


def test_no_two_events_share_a_millisecond(peer, probe):
    for number in range(20):
        remember(probe, "quick", f"q{number}", f"a{number}")
    times = [entry["params"]["eventTimestamp"] for entry in peer.requests("CreateEvent")]
    assert len(set(times)) == 20 and times == sorted(times)


def test_forgotten_session_has_no_events_and_the_others_keep_theirs(peer, probe):
    for number in range(130):
        remember(probe, "gone", f"q{number}", f"a{number}")
    remember(probe, "kept", "q", "a")
    remember(probe, "gone", "q", "a", user="ben")
    for _ in range(2):
        assert probe("memory", operation="forget", id=MEMORY, user="aminah", session="gone")
    assert events(probe, "gone") == []
    assert len(events(probe, "kept")) == len(events(probe, "gone", user="ben")) == 2
    assert len({entry["params"]["eventId"] for entry in peer.requests("DeleteEvent")}) == 130
    assert not any(entry["params"]["includePayloads"] for entry in peer.requests("ListEvents")[:2])


def test_event_that_has_gone_by_itself_is_no_failure(peer, probe):
    remember(probe, "expiring", "q", "a")
    peer.fault("DeleteEvent", status=404, error="ResourceNotFoundException", message="Event not found")
    assert probe("memory", operation="forget", id=MEMORY, user="aminah", session="expiring")


def test_what_cannot_be_forgotten_is_told_with_its_remedy(peer, probe):
    remember(probe, "stuck", "q", "a")
    peer.fault("DeleteEvent", status=403, error="AccessDeniedException", message="no")
    with pytest.raises(Refused, match="bedrock-agentcore:ListEvents, DeleteEvent, ListMemoryRecords, and DeleteMemoryRecord") as refused:
        probe("memory", operation="forget", id=MEMORY, user="aminah", session="stuck")
    assert refused.value.code == "accessDenied"


def test_text_over_the_limit_is_kept_in_pieces(peer, probe):
    text = "ü" * 250_000
    remember(probe, "big", text, "short")
    payload = peer.requests("CreateEvent")[0]["params"]["payload"]
    assert [len(entry["conversational"]["content"]["text"]) for entry in payload] == [100_000, 100_000, 50_000, 5]
    assert [entry["conversational"]["role"] for entry in payload] == ["USER"] * 3 + ["ASSISTANT"]


def test_identifiers_that_memory_does_not_take_are_mapped_and_stay_apart(peer, probe):
    sessions = ["s" * 101, "s" * 102, "ü", "a/b", "-x"]
    for session in sessions:
        remember(probe, session, f"in {session}", "yes", user="someone@example.com")
    used = {entry["params"]["sessionId"] for entry in peer.requests("CreateEvent")}
    assert len(used) == len(sessions) and all(len(session) <= 100 for session in used)
    for session in sessions:
        assert events(probe, session, user="someone@example.com")[0] == f"user: in {session}"


def test_strategies_say_where_to_look_and_only_what_fits_is_recalled(peer, probe):
    peer.register_memory(MEMORY, strategies=[
        {"strategyId": "facts-1234567890", "name": "facts", "type": "SEMANTIC",
         "namespaces": ["/strategies/{memoryStrategyId}/actors/{actorId}/"],
         "namespaceTemplates": ["/strategies/{memoryStrategyId}/actors/{actorId}/"]}])
    space = "/strategies/facts-1234567890/actors/aminah/"
    peer.seed_records(
        {"namespace": space, "text": "Drives WXY 1234.", "score": 0.9}, {"namespace": space, "text": "noise", "score": 0.1},
        {"namespace": space.replace("aminah", "other"), "text": "somebody else's", "score": 0.9}, memory=MEMORY)
    found = probe("memory", operation="recall", id=MEMORY, user="aminah", session="s", query="my car")
    assert found == ["Drives WXY 1234."]


def test_namespace_that_fails_takes_nothing_from_the_others(peer, probe):
    peer.seed_records({"namespace": "/b/aminah/", "text": "kept", "score": 1}, memory=MEMORY)
    peer.fault("RetrieveMemoryRecords", status=400, error="ValidationException", times=1)
    found = probe(
        "memory", operation="recall", id=MEMORY, user="aminah", session="s", query="x" * 20_000,
        namespaces=["/b/{actorId}/", "/b/{actorId}/"])
    assert found == ["kept"]
    assert all(len(entry["params"]["searchCriteria"]["searchQuery"]) <= 10_000
               for entry in peer.requests("RetrieveMemoryRecords"))


@pytest.mark.nightly
def test_nothing_of_three_namespaces_is_lost_in_two_hundred_turns(peer, probe):
    """An optimized build has lost the results of concurrent calls: `make part-release` runs this test in one."""
    spaces = [f"/{name}/{{actorId}}/" for name in ("facts", "likes", "sums")]
    peer.seed_records(
        *({"namespace": space.replace("{actorId}", "aminah"), "text": space, "score": 1} for space in spaces),
        memory=MEMORY)
    for _ in range(200):
        found = probe(
            "memory", operation="recall", id=MEMORY, user="aminah", session="s", query="x", namespaces=spaces)
        assert sorted(found) == spaces


def test_refused_memory_is_a_typed_error(peer, probe):
    peer.fault("CreateEvent", status=403, error="AccessDeniedException", message="no")
    with pytest.raises(Refused) as refused:
        remember(probe, "s", "a", "b")
    assert refused.value.code == "accessDenied"
