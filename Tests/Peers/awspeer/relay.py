"""Frames carried between two WebSockets until one of them ends."""

import asyncio

from aiohttp import ClientTimeout, WSCloseCode, WSMsgType

# However long an answer takes, it is the client who gives up.
UNHURRIED = ClientTimeout(total=None)
CLOSING = 2


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
        while True:
            message = await source.receive()
            if message.type == WSMsgType.TEXT:
                await target.send_str(message.data)
            elif message.type == WSMsgType.BINARY:
                await target.send_bytes(message.data)
            elif message.type == WSMsgType.CLOSE:
                code = message.data or WSCloseCode.OK  # A close frame may be empty.
                return await target.close(code=code, message=(message.extra or "").encode())
            else:
                return await target.close(code=WSCloseCode.GOING_AWAY)
    except ConnectionError:
        pass  # One side is gone, which ends the relay.
