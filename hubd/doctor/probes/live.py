"""A look at the Live server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from hubd.audio.buffers import Uplink
from hubd.config import BackendChoice, LiveSettings
from hubd.config.offer import offer
from hubd.doctor.case import Case
from hubd.doctor.findings import Finding, Findings, bad, bad_file, bad_news, doubtful, good
from hubd.errors import ConfigError, LinkError
from hubd.events import Backend, Event
from hubd.fittings import dial, servers_of
from hubd.live.failures import classify
from hubd.secrets import LIVE_KEY, is_closed, live_key
from hubd.stages.connection import Calls, Connection

CHECK: Final = "Gemini"

_KEY: Final = f"Put a Gemini key into {LIVE_KEY.file}"


async def look(case: Case) -> Findings:
    """Return whether a session can be had, how long that takes; it says nothing and costs nothing."""
    live = case.config.live
    if live.backend is BackendChoice.OFFLINE:
        return [good(CHECK, 'switched off in the configuration (backend = "offline")')]
    try:
        key = live_key(case.environment)
    except ConfigError as error:
        return [bad_file(CHECK, error)]
    if key is None and live.url == LiveSettings().url:
        return [_without_key(live.backend)]
    toolbox = offer(case.config)
    server = servers_of(case.config, toolbox, Uplink())(Backend.GEMINI, live.url, dial(live, live.url, key))
    opened = asyncio.Event()
    connection = Connection(server, None, None, _calls(opened))
    began = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as tasks:
        holding = tasks.create_task(connection.hold(), name="connection")
        waiting = tasks.create_task(opened.wait(), name="opened")
        await asyncio.wait((holding, waiting), return_when=asyncio.FIRST_COMPLETED)
        took = asyncio.get_running_loop().time() - began
        waiting.cancel()
        holding.cancel()
    if opened.is_set():
        return [good(CHECK, f"{live.model} opened a session in {took:.1f} s")]
    return [_refused(holding.result())]


def _without_key(backend: BackendChoice) -> Finding:
    if is_closed(LIVE_KEY):
        return doubtful(CHECK, "The key can't be read by this user.", "Run: sudo hubd doctor")
    if backend is BackendChoice.GEMINI:
        return bad(CHECK, "There is no key.", f"{_KEY}.")
    return doubtful(CHECK, "There is no key: the offline server answers.", f'{_KEY}, or set live.backend = "offline".')


def _refused(error: LinkError) -> Finding:
    """Return why there is no session, in the words that the hub would say aloud."""
    finding = bad_news(CHECK, classify(error.code, error.reason).words)
    return replace(finding, found=f"{finding.found.rstrip('.')} ({error}).")


def _calls(opened: asyncio.Event) -> Calls:
    async def pass_over(_event: Event) -> None:
        """Nothing is said, so nothing matters."""

    return Calls(
        sent=lambda: None,
        ready=lambda _mouth: opened.set(),
        handle=lambda _handle: None,
        turn_over=lambda: None,
        post=pass_over,
    )
