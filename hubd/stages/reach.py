"""The way to a broker for a command that runs beside the hub, or why there is none."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Protocol

from hubd.devices.render import Publish
from hubd.errors import BrokerError
from hubd.ports import Broker
from hubd.reports import Part, Report, ReportSink, TroubleReport

# A broker that is there answers in a fraction of it, s.
_WITHIN: Final = 10.0
# Nobody reads it. A broker answers in order: once it has taken this, it has sent what it had kept for the
# subscriptions before.
_MARK: Final = Publish("hubd/look", b"", qos=1)


class Connecting(Protocol):
    """A broker whose connection is being made."""

    @property
    def connected(self) -> bool:
        """Whether a connection is up and accepted."""
        ...

    async def wait_connected(self) -> None:
        """Return when a connection is up."""
        ...


class Watch:
    """Passes reports on; trouble is the first that the broker gives."""

    def __init__(self, report: ReportSink) -> None:
        self._report = report
        self.trouble: asyncio.Future[TroubleReport] = asyncio.get_running_loop().create_future()

    def __call__(self, report: Report) -> None:
        """Take a report."""
        self._report(report)
        if isinstance(report, TroubleReport) and report.part is Part.MQTT and not self.trouble.done():
            self.trouble.set_result(report)


async def reach(broker: Connecting, watch: Watch) -> str:
    """Return why the broker can't be reached, or nothing once it is."""
    async with asyncio.TaskGroup() as tasks:
        up = tasks.create_task(broker.wait_connected(), name="broker is up")
        await asyncio.wait((up, watch.trouble), timeout=_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
    if broker.connected:
        return ""
    if not watch.trouble.done():
        return f"The MQTT broker gives no answer within {_WITHIN:g} s. Check mqtt.host and mqtt.port."
    trouble = watch.trouble.result()
    return f"{trouble.problem.rstrip('.')}. {trouble.advice}"


async def told(broker: Broker) -> None:
    """Return when the broker has sent what it had kept for the subscriptions so far."""
    with contextlib.suppress(BrokerError):  # one that refuses the message has answered as well
        await broker.publish(_MARK, _WITHIN)
