"""The hub as a service, from its start to its end."""

from __future__ import annotations

import asyncio
import gc
import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, assert_never

from hubd.config import BackendChoice, Config
from hubd.control import Reply, Request, Wish
from hubd.edges.control_socket import ControlSocket, folder_of
from hubd.events import Backend, MuteChanged
from hubd.ports import Notifier, Sound
from hubd.privacy import without_words
from hubd.reports import Report, ReportSink
from hubd.secrets import Secrets
from hubd.sound_card import microphone_and_speaker
from hubd.stages.attend import Attend
from hubd.stages.reload import Change, Reload
from hubd.standing import Standing
from hubd.wake import spoken

if TYPE_CHECKING:
    from hubd.app import Hub


class Daemon:
    """One hub with the sound card's microphone; run() is its life, stop() begins its end.

    config: what it starts with. read: reads it anew, raises HubdError. notifier: who looks after it. report: takes the
    event stream, as far as the configuration lets it out. environment: says where the hub keeps what survives a
    restart, where it can be asked.
    """

    def __init__(  # noqa: PLR0913 -- all that comes from outside
        self,
        config: Config,
        secrets: Secrets,
        *,
        read: Callable[[], Config],
        notifier: Notifier,
        report: ReportSink,
        environment: Mapping[str, str],
    ) -> None:
        self._started_with = config
        self._read = read
        self._secrets = secrets
        self._report = report
        self._environment = environment
        self._standing = Standing(_wake_words(config))
        self._attend = Attend(notifier, self._standing, clock=time.monotonic)
        self._told_to_stop = asyncio.Event()
        self._hub: Hub | None = None
        self._early: list[Report] = []
        self._reload = Reload(self._attend)
        self._control = ControlSocket(folder_of(environment), self._answer)

    @property
    def _config(self) -> Config:
        """The configuration in force."""
        return self._started_with if self._hub is None else self._hub.renewal.config

    def reload(self) -> None:
        """Take a changed configuration over; the log, and the notifier, tell what came of it."""
        self._reload.ask()

    def stop(self) -> None:
        """Have what is being said finished, or cut, then have run() return; that takes less than 5 s."""
        self._attend.stopping()
        self._told_to_stop.set()

    async def run(self) -> None:
        """Run until stop(), or until cancelled; raises HubdError if another hub runs at the same place."""
        with self._control:
            await self._live()

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(self._serve(), name="serve")
            await self._told_to_stop.wait()
            if self._hub is not None:
                await self._hub.wind_up()
            serving.cancel()

    async def _serve(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            sound = microphone_and_speaker(self._config, self._tell)
            tasks.create_task(sound.run(), name="sound")
            # A sound card takes a while until it brings its first sound.
            await asyncio.to_thread(importlib.import_module, "hubd.app")
            await self._hear(sound)

    async def _hear(self, sound: Sound) -> None:
        """Run a hub with this sound."""
        from hubd.app import Hub  # noqa: PLC0415 -- it is imported while the sound card is opened
        from hubd.fittings import kept, live_server  # noqa: PLC0415 -- as above
        from hubd.offline.server import OfflineServer  # noqa: PLC0415 -- as above
        from hubd.offline.standby import Standby  # noqa: PLC0415 -- as above

        config = self._config
        async with (
            live_server(config.live, self._secrets.live_key, self._tell) as (backend, url, key),
            asyncio.TaskGroup() as tasks,
        ):
            self._standing.server = backend
            standby = None
            if config.live.backend is BackendChoice.AUTO and backend is Backend.GEMINI:
                standby = Standby(partial(OfflineServer, report=self._tell))
                tasks.create_task(standby.run(), name="standby")
            keep = partial(kept, config=config, environment=self._environment, report=self._tell)
            self._hub = hub = Hub(
                config,
                replace(self._secrets, live_key=key),
                sound=sound,
                backend=backend,
                url=url,
                report=self._take,
                standby=standby,
                store=keep("session"),
                tokens=keep("tokens"),
                asked=keep("asked"),
                timers=keep("timers"),
            )
            # What there is now stays; to look through it for garbage would hold everything up for 0.06 s now and then.
            gc.freeze()
            gc.enable()
            for report in self._early:
                hub.report(report)
            tasks.create_task(self._control.run(), name="control")
            tasks.create_task(self._reload.run(partial(self._prepare, hub)), name="reload")
            tasks.create_task(self._attend.run(hub), name="attend")
            tasks.create_task(_warm_up(hub, url), name="warm up")
            await hub.run()

    async def _answer(self, request: Request) -> Reply:
        """Do what somebody on this machine asks for; return what came of it."""
        match request.wish:
            case Wish.RELOAD:
                return await self._reload.answer()
            case Wish.MUTE | Wish.UNMUTE if self._hub is not None:
                self._hub.post(MuteChanged(muted=request.wish is Wish.MUTE))
                return Reply()
            case Wish.MUTE | Wish.UNMUTE:
                return Reply(problem="The hub is not ready yet: try again.")
            case _:
                assert_never(request.wish)

    def _prepare(self, hub: Hub) -> Change:
        """Read the configuration anew, in another thread."""
        change = hub.renewal.prepare(self._read())

        def take() -> None:
            change.take()
            self._standing.wake_words = _wake_words(hub.renewal.config)

        return replace(change, take=take)

    def _tell(self, report: Report) -> None:
        """Put a report into the event stream, as soon as there is a hub whose stream it is."""
        if self._hub is None:
            self._early.append(report)
        else:
            self._hub.report(report)

    def _take(self, report: Report) -> None:
        """Take what the event stream brings."""
        shown = report if self._config.privacy.publish_transcripts else without_words(report)
        self._attend.report(shown)
        self._report(shown)


def _wake_words(config: Config) -> list[str]:
    """Return what a person may say to wake the hub."""
    if config.microphone.off:
        return []
    return [spoken(word.name) for word in config.wake.words]


async def _warm_up(hub: Hub, url: str) -> None:
    """Do what the first connection would have to wait for, as soon as the hub hears."""
    from hubd.edges.websockets_link import warm_up  # noqa: PLC0415 -- it is imported while the sound card is opened

    await hub.warmed_up()
    await warm_up(url)
