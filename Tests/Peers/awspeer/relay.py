"""Relays frames between two WebSockets until one of them closes."""

import asyncio

from aiohttp import ClientTimeout, WSCloseCode, WSMsgType

# No timeout: however long a response takes, only the client gives up.
UNHURRIED = ClientTimeout(total=None)
CLOSING = 2


async def relay(client, service):
    """Relays between the client's WebSocket and the one behind the fake AWS. Pings are answered here, as by a
    gateway."""
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
        pass  # One side has disconnected, which ends the relay.
