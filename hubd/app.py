"""The composition root: Config → objects → one TaskGroup."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from pydantic import SecretStr

from hubd.audio.buffers import Uplink
from hubd.audio.speech import SpeechDetector
from hubd.config import BackendChoice, Config, LiveSettings, MqttSettings, TurnEnd
from hubd.config.offer import offer
from hubd.conversation import Conversation
from hubd.devices.state import StateStore
from hubd.edges.onnx_wake_model import OnnxWakeModel, find_model
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.edges.sound_link import SoundLink, SoundSettings
from hubd.edges.websockets_link import connect
from hubd.events import Backend, Behavior, Event
from hubd.ledger import Ledger
from hubd.live.models import capabilities, endpoint
from hubd.live.mouth import Mouth
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.offline.server import OfflineServer
from hubd.pace import BargeIn, Pace
from hubd.ports import LiveLink, Sound
from hubd.reports import ReportSink
from hubd.secrets import live_key, mqtt_password
from hubd.stages.act import Act
from hubd.stages.converse import Converse
from hubd.stages.line import Line
from hubd.stages.listen import Listen
from hubd.stages.speak import Speak
from hubd.tools import Toolbox
from hubd.usage import TokenCount
from hubd.wake import WakeGate


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the configuration must not hold."""

    live_key: SecretStr | None = None
    mqtt_password: SecretStr | None = None


def secrets(environment: Mapping[str, str]) -> Secrets:
    """Find the secrets; raises ConfigError for one that can't be read."""
    return Secrets(live_key(environment), mqtt_password(environment))


@asynccontextmanager
async def live_server(settings: LiveSettings, key: SecretStr | None) -> AsyncIterator[tuple[Backend, str]]:
    """Yield whom to talk to, with the base URL; the offline server runs as long as the context is open."""
    other_server = settings.url != LiveSettings().url
    match settings.backend:
        case BackendChoice.GEMINI:
            offline = False
        case BackendChoice.OFFLINE:
            offline = True
        case BackendChoice.AUTO:
            offline = key is None and not other_server
    if not offline:
        yield Backend.GEMINI, settings.url
        return
    async with OfflineServer() as server:
        yield Backend.OFFLINE, server.url


class Hub:
    """One hub, wired; run() is its life.

    sound: microphone with speaker. backend, url: whom to talk to, from live_server(). report: takes the event stream.
    """

    def __init__(  # noqa: PLR0913 -- everything comes together here
        self, config: Config, secrets: Secrets, *, sound: Sound, backend: Backend, url: str, report: ReportSink
    ) -> None:
        self._sound = sound
        toolbox = offer(config)
        uplink = Uplink()
        self._broker = PahoBroker(broker_settings(config.mqtt, config.hub.id, secrets.mqtt_password), report)
        self._line = Line(
            dial=dial(config.live, url, secrets.live_key if backend is Backend.GEMINI else None),
            make_mouth=partial(_mouth, _session_settings(config), toolbox, uplink, backend),
            backend=backend,
            setup_timeout=config.live.setup_timeout,
            report=report,
        )
        self._speak = Speak(sound, volume=config.speaker.volume, post=self.post)
        self._act = Act(
            toolbox=toolbox,
            broker=self._broker,
            states=StateStore(config.devices),
            ledger=Ledger(),
            report=report,
            post=self.post,
            together=capabilities(config.live.model).answers_together,
            clock=time.monotonic,
        )
        self.converse = Converse(
            conversation=Conversation(_pace(config, toolbox)),
            line=self._line,
            voice=self._speak,
            hands=self._act,
            usage=TokenCount(lambda: datetime.now().astimezone().date()),
            report=report,
            clock=time.monotonic,
        )
        self._listen = Listen(
            sound,
            OnnxWakeModel({word.name: find_model(word.model) for word in config.wake.words}),
            WakeGate([word.wake_word() for word in config.wake.words]),
            uplink,
            SpeechDetector(),
            post=self.post,
            stored=self._line.sound_arrived,
            report=report,
            speaking=lambda: self._speak.speaking,
            muted=lambda: self.converse.muted,
            clock=time.monotonic,
        )

    def post(self, event: Event) -> None:
        """Put an event into the conversation's inbox."""
        self.converse.post(event)

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, stage in (
                ("sound", self._sound),
                ("broker", self._broker),
                ("act", self._act),
                ("line", self._line),
                ("speak", self._speak),
                ("converse", self.converse),
                ("listen", self._listen),
            ):
                tasks.create_task(stage.run(), name=name)


async def run(config: Config, secrets: Secrets, report: ReportSink) -> None:
    """Run a hub with the sound card's microphone until cancelled."""
    async with live_server(config.live, secrets.live_key) as (backend, url):
        sound = microphone_and_speaker(config, report)
        await Hub(config, secrets, sound=sound, backend=backend, url=url, report=report).run()


def microphone_and_speaker(config: Config, report: ReportSink) -> Sound:
    """Return the sound card's microphone with its speaker, as configured."""
    microphone, speaker = config.microphone, config.speaker
    return SoundLink(
        SoundSettings(
            microphone=microphone.device,
            speaker=speaker.device,
            rate=microphone.rate,
            channels=microphone.channels,
            speaker_rate=speaker.rate,
            speaker_channels=speaker.channels,
        ),
        report,
    )


def dial(settings: LiveSettings, url: str, key: SecretStr | None) -> Callable[[], Awaitable[LiveLink]]:
    """Return what opens a link to the Live server at url, a base URL; key: None for a server that wants none."""
    sent = key if settings.may_carry_key else None
    return partial(connect, endpoint(url, settings.api_version), sent, open_timeout=settings.connect_timeout)


def _mouth(settings: SessionSettings, toolbox: Toolbox, uplink: Uplink, backend: Backend, handle: str | None) -> Mouth:
    session = LiveSession(settings, toolbox.declarations(), handle, backend)
    return Mouth(session, uplink, manual=settings.manual_activity)


def _session_settings(config: Config) -> SessionSettings:
    return config.live.session(manual_activity=config.conversation.turn_end is TurnEnd.LOCAL)


def _pace(config: Config, toolbox: Toolbox) -> Pace:
    conversation = config.conversation
    return Pace(
        follow_up=conversation.follow_up,
        max_listening=conversation.max_listening,
        answer_timeout=conversation.answer_timeout,
        silence_timeout=conversation.silence_timeout,
        barge_in=BargeIn[conversation.barge_in.name],
        chime=conversation.chime,
        manual_activity=conversation.turn_end is TurnEnd.LOCAL,
        blocking=frozenset(
            declaration.name for declaration in toolbox.declarations() if declaration.behavior is Behavior.BLOCKING
        ),
    )


def broker_settings(settings: MqttSettings, hub: str, password: SecretStr | None) -> BrokerSettings:
    """Return the broker as the hub with this id sees it."""
    return BrokerSettings(
        host=settings.host,
        port=settings.port,
        client_id=settings.client_id or f"hubd-{hub}",
        username=settings.username,
        password=password,
        tls=settings.tls,
        ca_file=settings.ca_file,
        keepalive=round(settings.keepalive),
    )
