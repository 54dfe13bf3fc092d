"""One session with a Live server for one typed request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from hubd.events import Answer, LinkLost
from hubd.live.failures import THREE_ATTEMPTS, NextAttempt, Phase, Stamina, classify
from hubd.reports import Part, ReportSink, TroubleReport
from hubd.stages.connection import Calls, Connection, Post, Server

_ONE_ATTEMPT: Final = Stamina((0.0,))

logger = logging.getLogger(__name__)


class Visit:
    """Opens a session with the first server that gives one; goes on from no earlier one, and keeps no handle.

    servers: the preferred one first. report: takes trouble with a server that another stands in for.
    """

    def __init__(self, servers: Sequence[Server], *, report: ReportSink) -> None:
        self._servers = tuple(servers)
        self._report = report
        self._connection: Connection | None = None

    async def run(self, post: Post) -> None:
        """Connect, and stay until the connection ends or this is cancelled; the connection is closed then.

        post takes the session's events: LinkReady first, LinkLost last. Only an attempt that did not get so far as
        LinkReady is followed by another: after that, commands may have been given.
        """
        for server, another in zip(self._servers, (*self._servers[1:], None), strict=True):
            phase, lost = await self._visit(server, THREE_ATTEMPTS if another is None else _ONE_ATTEMPT, post)
            if phase is Phase.OPEN or another is None:
                await post(lost)
                return
            problem, _, advice = lost.reason.partition(". ")
            advice = f"{advice} The {another.backend} server answers instead.".lstrip()
            self._report(TroubleReport(Part.LIVE, f"{problem}.", advice))

    def say(self, text: str) -> None:
        """Say text as the person's input; after LinkReady."""
        if self._connection is not None and self._connection.mouth is not None:
            self._connection.mouth.session.send_text(text)
            self._connection.stir()

    def respond(self, answers: Sequence[Answer]) -> None:
        """Answer calls; what the model listens to no more is left out: the person reads it."""
        if self._connection is not None and self._connection.mouth is not None:
            self._connection.mouth.session.respond(answers)
            self._connection.stir()

    async def _visit(self, server: Server, stamina: Stamina, post: Post) -> tuple[Phase, LinkLost]:
        """Try a server until it works, and then to the end; return how far the last attempt came, with its end."""
        phase, lost = Phase.CONNECTING, LinkLost(server.backend, "")
        for failures, pause in enumerate(stamina.pauses, start=1):
            await asyncio.sleep(pause)
            self._connection = connection = Connection(server, None, None, _calls(post))
            try:
                failure = await connection.hold()
            finally:
                self._connection = None
            phase = connection.phase
            verdict = classify(failure.code, failure.reason, phase=phase, failures=failures)
            logger.info("the Live connection ended: %s (%s)", failure, verdict.next)
            # Somebody sits at a terminal who may mend it, so where there is no code the details are told as well.
            details = f" ({failure.reason})" if failure.code is None and failure.reason else ""
            lost = LinkLost(server.backend, verdict.words + details, fatal=verdict.next is NextAttempt.FATAL)
            if stamina.ends(phase, verdict):
                break
        return phase, lost


def _calls(post: Post) -> Calls:
    return Calls(
        sent=lambda: None, ready=lambda _mouth: None, handle=lambda _handle: None, turn_over=lambda: None, post=post
    )
