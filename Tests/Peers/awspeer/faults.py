"""Responses that a test puts in place of an operation's own."""

import asyncio
import collections
import dataclasses

from .errors import Dropped, Refusal


@dataclasses.dataclass
class Fault:
    operation: str
    times: int = 1
    status: int | None = None
    error: str | None = None
    message: str = "The peer was told to fail."
    headers: dict = dataclasses.field(default_factory=dict)
    drop: bool = False
    after: bool = False  # Dropped only after the operation was carried out: its response is lost.
    delay: float = 0
    hold: bool = False  # Waits until the test releases all held calls.
    every: int = 1  # Applies to each matching call, or to every n-th one.
    reason: str | None = None  # Why DynamoDB cancels a transaction.
    unprocessed: bool = False  # Carries out only a part of a batch of writes.
    calls: int = 0

    def fits(self, operation):
        """Matches by the operation's name, or by service and name, such as DynamoDB.PutItem."""
        return self.operation.lower() in (operation.name.lower(), f"{operation.service}.{operation.name}".lower())

    def is_due(self):
        self.calls += 1
        return self.calls % self.every == 0


# A recurring fault hits the same request only so often: with several concurrent writers, it could by chance hit all
# attempts of one request, which no service does for long.
MOST_STRIKES = 2


class Faults:
    def __init__(self):
        self._faults = []
        self._strikes = collections.Counter()
        self._gate = asyncio.Event()

    def add(self, description):
        self._faults.append(Fault(**description))

    def clear(self):
        self._faults.clear()
        self._strikes.clear()
        self.release()

    def release(self):
        """Releases the held calls."""
        self._gate.set()
        self._gate = asyncio.Event()

    async def strike(self, call, is_done=False):
        fitting = [each for each in self._faults if each.fits(call.operation) and each.after == is_done]
        fault = next((each for each in fitting if each.is_due()), None)
        if fault is None:
            return
        if fault.every > 1:
            request = f"{call.operation.name} {call.params}"
            if self._strikes[request] >= MOST_STRIKES:
                return
            self._strikes[request] += 1
        fault.times -= 1
        if fault.times <= 0:
            self._faults.remove(fault)
        if fault.hold:
            await self._gate.wait()
        await asyncio.sleep(fault.delay)
        if fault.drop:
            call.request.transport.abort()
            raise Dropped
        if fault.unprocessed:
            call.is_done_in_part = True
        if fault.reason:
            raise cancelled(fault.reason, len(call.params["TransactItems"]))
        if fault.error:
            raise Refusal(fault.error, fault.message, fault.status, fault.headers)
        if fault.status:
            raise Refusal("UnknownError", fault.message, fault.status, fault.headers)


def cancelled(reason, count):
    """The error of a transaction with this many actions, the last of which conflicts with another request."""
    codes = ["None"] * (count - 1) + [reason]
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
    return Refusal("TransactionCanceledException", message, 400, members={
        "CancellationReasons": [{"Code": code} if code == "None" else {"Code": code, "Message": "The peer was told to."}
                                for code in codes]})
