"""The composition root: Config → objects → one TaskGroup."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from hubd import fittings
from hubd.audio.buffers import Uplink
from hubd.audio.speech import SpeechDetector
from hubd.config import Config
from hubd.config.manner import pace
from hubd.config.offer import allowance
from hubd.confirmation import Confirmations
from hubd.conversation import Conversation
from hubd.devices.discovery import Discovery
from hubd.devices.model import Device
from hubd.devices.state import StateStore
from hubd.edges.paho_broker import PahoBroker
from hubd.effects import Reply
from hubd.events import Backend, Call, Event
from hubd.ledger import Ledger
from hubd.live.models import capabilities
from hubd.offline.standby import Standby
from hubd.ports import Sound, Store
from hubd.renewal import Crew, Renewal
from hubd.reports import Report, ReportSink
from hubd.secrets import Secrets
from hubd.speech_gate import SpeechGate
from hubd.stages.act import Act
from hubd.stages.announce import Announce
from hubd.stages.automate import Automate
from hubd.stages.carry_over import CarryOver
from hubd.stages.converse import Converse
from hubd.stages.discover import Discover
from hubd.stages.line import Line
from hubd.stages.listen import Listen
from hubd.stages.purse import Purse
from hubd.stages.ring import Ring
from hubd.stages.speak import Speak
from hubd.stages.tell import Tell
from hubd.stages.wind_up import nothing, wind_up
from hubd.timers import Timers
from hubd.vitals import Signs
from hubd.wake import WakeGate
from hubd.wishes import SayAsked, WishStatus

# When Home Assistant starts, every hub of the house answers at a moment of its own within so many s
# (``mqtt-devices.md`` 2a).
_BIRTH_SPREAD: Final = 5.0


class Hub:
    """One hub, wired; run() is its life.

    sound: microphone with speaker, which somebody else runs. backend, url: whom to talk to, from live_server(). report:
    takes the event stream. standby: the offline server for conversations in which the other one can't be reached.
    store, tokens, timers: what survives a restart, of conversations, of their cost, of timers; None for nothing.
    renewal: takes over what changes in the configuration.
    """

    def __init__(  # noqa: PLR0913 -- everything comes together here
        self,
        config: Config,
        secrets: Secrets,
        *,
        sound: Sound,
        backend: Backend,
        url: str,
        report: ReportSink,
        standby: Standby | None = None,
        store: Store | None = None,
        tokens: Store | None = None,
        asked: Store | None = None,
        timers: Store | None = None,
    ) -> None:
        self._sound = sound
        self._report = report
        self._tell: Tell | None = None
        report = self.report
        self._discovers = config.discovery.enabled
        toolbox = fittings.toolbox_of(config)
        manners = pace(config, toolbox)
        uplink = Uplink(round(manners.replay * 1000))
        self._broker = PahoBroker(
            fittings.broker_settings(config.mqtt, config.hub.id, secrets.mqtt_password, fittings.will_of(config)),
            report,
        )
        ledger = Ledger()
        self._confirmations = Confirmations(manners.barge_in)
        self._speak = Speak(sound, volume=config.speaker.volume, post=self.post)
        self._announce = Announce(fittings.offline_voice(), self._speak, post=self.post, position=lambda: uplink.end)
        self._purse = Purse(
            tokens,
            config.live.daily_token_budget,
            config.live.when_budget_is_spent,
            today=lambda: datetime.now().astimezone().date(),
            report=report,
            beside=asked,
        )
        self._carry_over = CarryOver(store, wall=time.time)
        for item in self._carry_over.outcomes:
            ledger.recall(Call(item.call, item.function), item.message, time.monotonic())
        servers = partial(
            fittings.live_servers, backend=backend, url=url, key=secrets.live_key, standby=standby, uplink=uplink
        )
        self._ring = Ring(
            Timers(config.timers.most),
            timers if config.timers.enabled else None,
            uplink,
            ear=fittings.stop_word_of(config),
            lasts=config.timers.ring_for,
            post=self.post,
            clock=time.monotonic,
            wall=time.time,
        )
        self._act = Act(
            toolbox=toolbox,
            broker=self._broker,
            states=StateStore(config.devices),
            ledger=ledger,
            report=report,
            post=self.post,
            together=capabilities(config.live.model).answers_together,
            keeper=self._carry_over,
            own=self._ring.carry_out,
            allowance=allowance(config),
            confirmations=self._confirmations,
            clock=time.monotonic,
        )
        discovery = Discovery(config.discovery.rules())
        self._discover = Discover(discovery, self._broker, config.devices, self._watch, toolbox)
        self._line = Line(
            servers(config, toolbox),
            carry_over=self._carry_over,
            report=report,
            announce=self._say,
            allowance=self._purse,
            prepare=self._discover.prepare,
        )
        self.converse = Converse(
            conversation=Conversation(manners),
            line=self._line,
            voice=self._speak,
            herald=self._announce,
            reply=self._reply,
            quiet=self._ring.quiet,
            hands=self._act,
            usage=self._purse.count,
            report=report,
            clock=time.monotonic,
        )
        self._automate = Automate(
            fittings.automations_of(config),
            self._broker,
            post=self.post,
            report=report,
            local=lambda: datetime.now().astimezone().time(),
        )
        gate = WakeGate(config.wake.wake_words(), config.wake.near_miss)
        model = fittings.ready_wake_model(config)
        speech_gate = SpeechGate(model.memory, closes=config.wake.speech_gate)
        self._listen = Listen(
            sound,
            model,
            gate,
            uplink,
            SpeechDetector(),
            speech_gate=speech_gate,
            post=self.post,
            stored=self._line.sound_arrived,
            report=report,
            speaking=lambda: self._speak.speaking,
            awaited=lambda: not self.converse.over,
            muted=lambda: self.converse.muted,
            clock=time.monotonic,
            rising=self._line.hear,
        )

        if config.presence.enabled:
            self._tell = Tell(
                broker=self._broker,
                tree=fittings.tree_of(config),
                presence=fittings.presence_of(config, started=time.time()),
                commands=fittings.commands_of(config.presence),
                post=self.post,
                set_volume=partial(setattr, self._speak, "volume"),
                clock=time.monotonic,
                wall=time.time,
                quiet=lambda: self.renewal.config.presence.quiet_at(datetime.now().astimezone().time()),
                spread=lambda: random.uniform(0.0, _BIRTH_SPREAD),  # noqa: S311 - spreads answers, hides nothing
            )
            self._tell.keep_from(config.devices)
        crew = Crew(
            act=self._act,
            automate=self._automate,
            confirmations=self._confirmations,
            converse=self.converse,
            discover=self._discover if self._discovers else None,
            gate=gate,
            line=self._line,
            purse=self._purse,
            ring=self._ring,
            servers=servers,
            speak=self._speak,
            speech_gate=speech_gate,
            tell=self._tell,
            uplink=uplink,
        )
        self.renewal = Renewal(config, crew)

    def report(self, report: Report) -> None:
        """Put a report into the event stream, here as on MQTT."""
        self._report(report)
        if self._tell is not None:
            self._tell.report(report)

    def post(self, event: Event) -> None:
        """Put an event into the conversation's inbox."""
        self._confirmations.witness(event, speaking=self._speak.speaking)
        self._ring.witness(event)
        self.converse.post(event)

    def _watch(self, devices: tuple[Device, ...]) -> None:
        """Take it that these are the devices of the house now."""
        self._act.watch(devices)
        if self._tell is not None:
            self._tell.keep_from(devices)

    def _say(self, text: str) -> None:
        """Have words of the hub's own said in the next pause; nobody waits for word of it."""
        self.post(SayAsked("", text))

    def _reply(self, reply: Reply) -> None:
        """Give the conversation's word on a request to all who may have made it."""
        takers: list[Callable[[str, WishStatus, str], None]] = [self._automate.reply, self._ring.reply]
        takers += [] if self._tell is None else [self._tell.reply]
        for take in takers:
            take(reply.request, reply.status, reply.text)

    @property
    def behind(self) -> int:
        """How many frames of the wake model wait for it: who makes the sound can wait as well."""
        return self._listen.behind

    @property
    def connected(self) -> bool:
        """Whether the broker is connected."""
        return self._broker.connected

    def signs(self) -> Signs:
        """Return what shows whether the hub hears."""
        return Signs(
            last_frame=self._listen.last_frame,
            looks_by=self._sound.looks_by,
            unscored_since=self._listen.unscored_since,
            broker_by=self._broker.acts_by,
            unread_since=self.converse.unread_since,
        )

    async def warmed_up(self) -> None:
        """Return when the next wake word would be heard."""
        await self._listen.warmed_up()

    async def newer_connection(self, than: int) -> int:
        """Return the number of the broker's connection, once it is higher than this one."""
        return await self._broker.newer_connection(than)

    async def wind_up(self) -> None:
        """Have the open answer finished, or cut it, and take leave; within 2.6 s."""
        farewell = nothing if self._tell is None else self._tell.take_leave
        await wind_up(self.converse, played=self._sound.drained, closed=self._line.closed, farewell=farewell)

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            if self._tell is not None:
                tasks.create_task(self._tell.run(), name="tell")
            if self._discovers:
                tasks.create_task(self._discover.run(), name="discover")
            for name, stage in (
                ("broker", self._broker),
                ("act", self._act),
                ("ring", self._ring),
                ("automate", self._automate),
                ("carry over", self._carry_over),
                ("purse", self._purse),
                ("line", self._line),
                ("announce", self._announce),
                ("speak", self._speak),
                ("converse", self.converse),
                ("listen", self._listen),
            ):
                tasks.create_task(stage.run(), name=name)
