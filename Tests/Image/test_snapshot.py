"""AgentCore may take a snapshot of a container after its first healthy ping, and start all microVMs from it. Until then
there must be nothing that is to differ between them, and nothing that grows old: seen by what the program asks its
system for, with all that is used in the cloud switched on."""

import os
import re
import signal

import pytest

from container import DEADLINE, free_port, start, wait_until_healthy

CLOUD = {
    "AI4AI_MODEL": "bedrock/amazon.nova-pro-v1:0", "AI4AI_BROWSER": "agentcore", "AI4AI_STORAGE": "dynamodb",
    "AI4AI_MEMORY_ID": "notes-0123456789", "AI4AI_TAVILY_API_KEY": "secretsmanager:tavily",
    "AWS_REGION": "ap-southeast-2", "AGENT_OBSERVABILITY_ENABLED": "true",
    "OTEL_RESOURCE_ATTRIBUTES": "service.name=errands.DEFAULT,aws.service.type=gen_ai_agent"}
WATCHED = "trace=execve,network,getrandom,open,openat"
# The C library protects its heap by as much, and Swift's dictionaries take twice as much for their order.
MOST_RANDOM_BYTES = 8


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """What the program has asked for until its first ping was answered."""
    log = tmp_path_factory.mktemp("calls") / "log"
    port = free_port()
    process = start(port, around=["strace", "-f", "-o", log, "-e", WATCHED], **CLOUD)
    answer = wait_until_healthy(process, port)
    seen = log.read_text()
    assert answer.json()["status"] == "Healthy"
    # The program itself, which strace waits for.
    program = next(int(line.split()[0]) for line in seen.splitlines() if "listen(" in line)
    os.kill(program, signal.SIGTERM)
    process.communicate(timeout=DEADLINE)
    # What came before is the doing of the shell that has set up the image.
    return seen[seen.rindex("execve("):].splitlines()


def test_nothing_random_is_made(calls):
    sizes = [int(size) for line in calls for size in re.findall(r"getrandom\(.*?, (\d+), ", line)]
    assert all(size <= MOST_RANDOM_BYTES for size in sizes), sizes
    assert not [line for line in calls if "/dev/urandom" in line or "/dev/random" in line]


def test_no_connection_leaves_the_container(calls):
    assert not [line for line in calls if "connect(" in line and "AF_INET" in line]


def test_no_credential_and_no_certificate_is_read(calls):
    # ~/.aws/config may be read: it says where services are, as the environment does.
    kept = (".aws/credentials", ".aws/sso", "/etc/ssl", "169.254.")
    assert not [line for line in calls if any(path in line for path in kept)]


def test_what_was_watched_is_the_whole_start(calls):
    assert any("listen(" in line for line in calls) and any("accept4(" in line for line in calls)
