"""The peer: a Python `bedrock-agentcore` application with the same trivial handler as our contract agent."""

import logging
import os

from bedrock_agentcore import BedrockAgentCoreApp

app = BedrockAgentCoreApp()
if os.environ.get("QUIET") == "1":
    app.logger.setLevel(logging.CRITICAL + 1)


async def words(count):
    for _ in range(count):
        yield {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": "word "}


def turn(model):
    """Streams one turn of a Bedrock model as it arrives."""
    import boto3

    answer = boto3.client("bedrock-runtime").converse_stream(
        modelId=model, messages=[{"role": "user", "content": [{"text": "hi"}]}])
    for event in answer["stream"]:
        if delta := event.get("contentBlockDelta"):
            yield {"type": "TEXT_MESSAGE_CONTENT", "messageId": "m", "delta": delta["delta"]["text"]}


@app.entrypoint
async def main(payload):
    if payload.get("model"):
        return turn(payload["model"])
    if payload.get("events"):
        return words(payload["events"])
    return {"message": payload.get("prompt")}


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]), host="127.0.0.1")
