"""The main program of a fake AWS process. It imports everything that the process needs, because each one is forked from
a process that has loaded it."""

import asyncio
import importlib
import os
import signal

# Loading these at the first request would take a second for each process.
from moto.cloudformation import parsing as _moto_services  # noqa: F401
from moto.moto_server import threaded_moto_server as _moto_server  # noqa: F401

from .operations import models
from .server import Server

SERVICES = (
    "acm", "cloudformation", "cognitoidp", "dynamodb", "ec2", "ecr", "elbv2", "iam", "kms", "logs", "s3", "secretsmanager", "sts")

models()
for service in SERVICES:
    importlib.import_module(f"moto.{service}.urls")


def serve(region, ready, errors):
    """Serves until it is asked to stop.

    `ready` is a connection that receives the port; `errors` is the file for the standard outputs.
    """
    with open(errors, "ab") as file:
        for output in (1, 2):
            os.dup2(file.fileno(), output)
    asyncio.run(_serve(region, ready))


async def _serve(region, ready):
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    server = Server(region)
    ready.send(await server.start())
    ready.close()
    await ending.wait()
    await server.close()
