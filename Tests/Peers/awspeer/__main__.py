"""python -m awspeer [--port 0] [--region us-west-2]: serves until it is told to end."""

import argparse
import asyncio
import json
import signal

from .server import Server


async def serve(port, region):
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    server = Server(region)
    print(json.dumps({"port": await server.start(port)}), flush=True)
    await ending.wait()
    await server.close()


parser = argparse.ArgumentParser(prog="awspeer")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--region", default="us-west-2")
arguments = parser.parse_args()
asyncio.run(serve(arguments.port, arguments.region))
