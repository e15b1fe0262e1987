"""A runtime with all its parts on AWS, and the scripts for its model."""

import os
import subprocess

import boto3

from system import BUILD, DEADLINE

MODEL = "bedrock/au.anthropic.claude-sonnet-4-5-20250929-v1:0"
MEMORY = "ai4aimemory-AbCdEf1234"
VAULT_KEY = "alias/ai4ai-vault"
FILES = "ai4ai-data-files-1"
# The automation agent in a separate runtime.
AUTOMATION = "arn:aws:bedrock-agentcore:us-west-2:111122223333:runtime/automation-AbCdEf1234"
# What no log may contain.
SECRETS = ("peer-temporary-secret", "peer-session-token")


def client(peer, service):
    """A client of the fake AWS that isn't ours, to look at what is stored."""
    return boto3.client(
        service, region_name=peer.region, endpoint_url=peer.url, aws_access_key_id="AKIAPEERLONGLIVED000",
        aws_secret_access_key="peer-long-lived-secret")


def prepare(peer):
    dynamo = client(peer, "dynamodb")
    for name, keys in {
        "ai4ai-chat-sessions": [("user_id", "HASH", "S"), ("session_id", "RANGE", "S")],
        "ai4ai-chat-messages": [("session_id", "HASH", "S"), ("timestamp", "RANGE", "N")],
    }.items():
        dynamo.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind, _ in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": type} for key, _, type in keys])
    kms = client(peer, "kms")
    kms.create_alias(AliasName=VAULT_KEY, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    client(peer, "s3").create_bucket(
        Bucket=FILES, CreateBucketConfiguration={"LocationConstraint": peer.region})
    peer.register_memory(MEMORY, strategies=[
        {"strategyId": "facts-1234567890", "name": "facts", "type": "SEMANTIC", "namespaces": ["/facts/{actorId}/"],
         "namespaceTemplates": ["/facts/{actorId}/"]}])
    peer.seed_records({"namespace": "/facts/aminah/", "text": "Drives WXY 1234.", "score": 0.9}, memory=MEMORY)


def settings(peer, site, **more):
    """The settings for all parts on AWS; `more` overrides them."""
    chosen = {
        "AI4AI_MODEL": MODEL, "AI4AI_BROWSER": "agentcore", "AI4AI_STORAGE": "dynamodb", "AI4AI_MEMORY_ID": MEMORY,
        "AI4AI_VAULT_KEY": VAULT_KEY, "AI4AI_FILES_BUCKET": FILES, "AI4AI_BROWSER_ALLOWED_PRIVATE_ORIGINS": site.url, **more}
    return peer.environment(**{key: value for key, value in chosen.items() if value is not None})


def road_tax(site, plate="WXY 1234", after=(), hold=False):
    """The script of a model that does a task, with controls named by role and label, as a user sees them.

    With `hold`, the model waits before its last step until the test releases it.
    """
    return [
        {"calls": [{"tool": "browse", "input": {"goal": f"Check {plate}"}}]},
        {"reasoning": "First the page.", "calls": [{"tool": "navigate", "input": {"url": site.url}}]},
        {"calls": [{"tool": "click", "on": {"role": "button", "name": "Accept all"}, "input": {}}]},
        {"calls": [{"tool": "fill", "on": {"role": "textbox", "name": "Plate number"}, "input": {"text": plate}}]},
        *after,
        {"text": "I check.", "hold": hold,
         "calls": [{"tool": "click", "on": {"role": "button", "name": "Check"}, "input": {}}]},
        {"reasoning": "It is there.", "text": "The amount due is on the page."},
        {"reasoning": "That is all.", "text": "Your amount due was read."},
    ]


def no_browser_is_left(peer):
    return not [browser for browser in peer.browsers() if browser["status"] == "READY"]


def payment(site):
    """The script of a model that pays, up to the user's approval."""
    return [
        {"calls": [{"tool": "browse", "input": {"goal": "pay"}}]},
        {"calls": [{"tool": "navigate", "input": {"url": f"{site.url}/pay?plate=WXY+1234"}}]},
        {"calls": [{"tool": "fill", "on": {"role": "textbox", "name": "Card number"}, "input": {"text": "4242"}}]},
        {"calls": [{"tool": "click", "on": {"role": "button", "name": "Pay RM 70.00"}, "input": {}}]}]


def command(cloud, *arguments, **environment):
    """Runs `ai4ai` in the environment of the fake AWS."""
    chosen = {key: value for key, value in cloud.environment(**environment).items() if value is not None}
    return subprocess.run(
        [BUILD / "ai4ai", *arguments], env=os.environ | chosen, capture_output=True, text=True, timeout=DEADLINE)


def agentcore(cloud):
    """A boto3 client of the fake AgentCore."""
    return client(cloud, "bedrock-agentcore")
