"""Frames carried between two WebSockets until one of them ends."""

import asyncio

from aiohttp import WSMsgType


async def relay(client, service):
    """Between the client's socket and the one behind the peer. Pings are answered here, as a gateway does it."""
    tasks = [asyncio.create_task(_carry(client, service)), asyncio.create_task(_carry(service, client))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _carry(source, target):
    try:
        async for message in source:
            if message.type == WSMsgType.TEXT:
                await target.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await target.send_bytes(message.data)
        code = source.close_code
        await target.close(code=code if code and code != 1006 else 1001)
    except ConnectionError:
        pass  # One side is gone, which ends the relay.
