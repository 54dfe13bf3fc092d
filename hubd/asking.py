"""The composition root of one typed request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from secrets import token_hex

from hubd.audio.buffers import Uplink
from hubd.budget import Budget
from hubd.config import BackendChoice, Config, LiveSettings
from hubd.config.manner import blocking_functions
from hubd.config.offer import allowance, offer
from hubd.devices.discovery import Discovery
from hubd.devices.state import StateStore
from hubd.edges.state_file import StateFile
from hubd.events import Backend
from hubd.fittings import dial, dial_standby, guest_broker, kept, live_server
from hubd.ledger import Ledger
from hubd.live.models import capabilities
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.offline.server import OfflineServer
from hubd.offline.standby import Standby
from hubd.ports import LiveLink
from hubd.question import Question
from hubd.reports import ReportSink
from hubd.secrets import Secrets
from hubd.stages.act import Act
from hubd.stages.ask import Ask
from hubd.stages.connection import Server
from hubd.stages.discover import Discover
from hubd.stages.reach import Watch, reach, told
from hubd.stages.visit import Visit
from hubd.tools import Toolbox
from hubd.usage import TokenCount


async def ask(  # noqa: PLR0913 -- a small hub, wired
    config: Config,
    secrets: Secrets,
    text: str,
    *,
    patience: float,
    report: ReportSink,
    environment: Mapping[str, str],
) -> str:
    """Put a request to the Live server, carry out what it leads to; return why there is no answer, or nothing.

    The answer is in the reports: SaidReport with ShownReport, in their order. A hub that runs beside it is left alone:
    what it keeps on disk is read at most, the broker sees a client of another name, no session is gone on with. What
    this costs is written down beside the hub's own count of the day's tokens, and counts for both.
    patience: s. Raises MissingPartError if the offline server is wanted and can't run.
    """
    pages = (kept(name, config, environment, report) for name in ("tokens", "asked"))
    async with (
        _counting(*pages) as count,
        live_server(config.live, secrets.live_key, report) as (backend, url, key),
        asyncio.TaskGroup() as tasks,
    ):
        watch, toolbox, standby = Watch(report), offer(config), Standby(OfflineServer)
        servers = [_server(config, toolbox, backend, dial(config.live, url, key))]
        if config.live.backend is BackendChoice.AUTO and backend is Backend.GEMINI:
            servers.append(_server(config, toolbox, Backend.OFFLINE, partial(dial_standby, config.live, standby)))
        servers, refusal = _affordable(servers, config.live, count, watch)
        if not servers:
            return refusal
        broker = guest_broker(f"hubd-ask-{token_hex(4)}", config, secrets, watch)
        act = Act(
            toolbox=toolbox,
            broker=broker,
            states=StateStore(config.devices),
            ledger=Ledger(),
            allowance=allowance(config),
            report=watch,
            post=lambda event: asking.post(event),  # noqa: PLW0108 -- it comes to be below
            together=capabilities(config.live.model).answers_together,
            clock=time.monotonic,
        )
        discover = Discover(Discovery(config.discovery.rules()), broker, config.devices, act.watch, toolbox)
        question = Question(text, time.monotonic(), patience=patience, blocking=blocking_functions(toolbox))
        visit = Visit(servers, report=watch)
        asking = Ask(question, line=visit, hands=act, usage=count, report=watch, clock=time.monotonic)
        parts = {"broker": broker.run(), "act": act.run(), "standby": standby.run()}
        running = [tasks.create_task(part, name=name) for name, part in parts.items()]
        failure = await reach(broker, watch)
        if not failure and config.discovery.enabled:
            running.append(tasks.create_task(discover.run(), name="discover"))
            await discover.settled()
            discover.prepare()
        if not failure:
            await told(broker)
            running.append(tasks.create_task(visit.run(asking.post_from_connection), name="visit"))
            await asking.run()
            failure = question.failure
        for task in running:
            task.cancel()
    return failure


@asynccontextmanager
async def _counting(hub: StateFile | None, asked: StateFile | None) -> AsyncIterator[TokenCount]:
    """Yield what this request costs, beside what the hub and earlier requests cost; add it to the latter at the end."""
    count = TokenCount(lambda: datetime.now().astimezone().date())
    count.beside(*(page.read() for page in (hub, asked) if page is not None))
    try:
        yield count
    finally:
        if asked is not None and not count.is_empty:
            asked.update_now(count.added_to)


def _affordable(
    servers: list[Server], live: LiveSettings, count: TokenCount, report: ReportSink
) -> tuple[list[Server], str]:
    """Return the servers that the budget allows; if that is none, with the reason. What else is to say is reported."""
    budget = Budget(live.daily_token_budget, live.when_budget_is_spent, count)
    affordable = budget.affordable([server.backend for server in servers])
    left = [server for server in servers if server.backend in affordable]
    spent = budget.news()
    if spent is not None and left:
        report(spent)
    return left, f"{spent.problem} {spent.advice}" if spent is not None else ""


def _server(config: Config, toolbox: Toolbox, backend: Backend, dialling: Callable[[], Awaitable[LiveLink]]) -> Server:
    """Return a server with the daemon's sessions, but for a person who types and reads."""
    settings = config.live.session(manual_activity=False)
    transcription = replace(settings.transcription, output=True)
    settings = replace(settings, transcription=transcription, session_resumption=False)

    def make_mouth(handle: str | None) -> Mouth:
        session = LiveSession(Opening(settings, toolbox.declarations()), handle, backend)
        return Mouth(session, Uplink(), manual=False)

    return Server(backend, dialling, make_mouth, fingerprint=lambda: "")
