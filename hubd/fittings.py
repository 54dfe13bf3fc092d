"""What a hub is composed of, each made from the configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import lru_cache, partial
from typing import assert_never

from pydantic import SecretStr

from hubd import __version__
from hubd.audio.buffers import Uplink
from hubd.audio.hush import hush
from hubd.automations import Automations
from hubd.config import BackendChoice, Config, LiveSettings, MqttSettings, PresenceSettings, TurnEnd
from hubd.config.live_section import may_carry_key
from hubd.config.offer import offer
from hubd.continuation import fingerprint
from hubd.devices.catalog import Catalog
from hubd.edges.memory import give_back
from hubd.edges.micro_wake_model import MicroWakeModel
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.edges.state_file import StateFile
from hubd.edges.wake_model_files import find_model
from hubd.edges.websockets_link import LastAddress, connect
from hubd.errors import MissingPartError
from hubd.events import Backend
from hubd.live.models import endpoint
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.mqtt.entities import Identity
from hubd.mqtt.settings import LastWill
from hubd.mqtt.tree import Tree
from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.server import OfflineServer
from hubd.offline.standby import Standby
from hubd.offline.stop_word import StopWord
from hubd.ports import LiveLink, OfflineVoice, WakeModel
from hubd.presence import OFFLINE, Presence, Words
from hubd.reports import ReportSink
from hubd.secrets import Secrets
from hubd.stages.connection import Server
from hubd.stages.tell import Commands
from hubd.timer_functions import FUNCTIONS
from hubd.tools import Toolbox
from hubd.wake import FRAME_SAMPLES, WakeEngine


@asynccontextmanager
async def live_server(
    settings: LiveSettings, key: SecretStr | None, report: ReportSink = lambda _report: None
) -> AsyncIterator[tuple[Backend, str, SecretStr | None]]:
    """Yield whom to talk to, with the base URL and the key that is to be shown there.

    key: Gemini's. report: takes trouble of the offline server, which has a key of its own, and runs as long as the
    context is open.
    """
    other_server = settings.url != LiveSettings().url
    match settings.backend:
        case BackendChoice.GEMINI:
            offline = False
        case BackendChoice.OFFLINE:
            offline = True
        case BackendChoice.AUTO:
            offline = key is None and not other_server
    if not offline:
        yield Backend.GEMINI, settings.url, key
        return
    async with OfflineServer(report=report) as server:
        yield Backend.OFFLINE, server.url, server.key


def kept(name: str, config: Config, environment: Mapping[str, str], report: ReportSink) -> StateFile | None:
    """Return the file with what the hub keeps of this name; None if it keeps nothing on disk."""
    folder = config.hub.state_folder(environment)
    return None if folder is None else StateFile(folder / f"{name}-{config.hub.id}.json", report)


def ready_wake_model(config: Config) -> WakeModel:
    """Return a wake model that has heard a hush: what it hears first is heard as if a quiet room came before it.

    What it took to load it, and to hear so much at once, is given back. Raises MissingPartError or HubdError if there
    is none to be had.
    """
    model = _wake_model(config)
    model.score(hush(model.memory * FRAME_SAMPLES))
    give_back()
    return model


def _wake_model(config: Config) -> WakeModel:
    words = config.wake.words
    match config.wake.engine:
        case WakeEngine.OPENWAKEWORD:
            from hubd.edges.onnx_wake_model import OnnxWakeModel  # noqa: PLC0415 -- costs 20 MB, which few commands need

            return OnnxWakeModel({word.name: find_model(word.model) for word in words})
        case WakeEngine.MICROWAKEWORD:
            return MicroWakeModel({word.name: word.model for word in words})
        case engine:
            assert_never(engine)


def dial(settings: LiveSettings, url: str, key: SecretStr | None) -> Callable[[], Awaitable[LiveLink]]:
    """Return what opens links to the Live server at url, a base URL; key: None for a server that wants none."""
    sent = key if may_carry_key(url) else None
    address = endpoint(url, settings.api_version)
    return partial(connect, address, sent, last=LastAddress(), open_timeout=settings.connect_timeout)


async def dial_standby(settings: LiveSettings, standby: Standby) -> LiveLink:
    """Open a link to the standby server, which is started for it."""
    server = await standby.server()
    return await dial(settings, server.url, server.key)()


def servers_of(
    config: Config, toolbox: Toolbox, uplink: Uplink
) -> Callable[[Backend, str, Callable[[], Awaitable[LiveLink]]], Server]:
    """Return what makes a server of a backend, its base URL, and what dials it."""
    settings = _session_settings(config)

    @lru_cache(maxsize=1)  # kept for as long as the toolbox offers the same house
    def opening(_house: Catalog) -> Opening:
        return Opening(settings, toolbox.declarations())

    def server(backend: Backend, url: str, dialling: Callable[[], Awaitable[LiveLink]]) -> Server:
        def mouth(handle: str | None) -> Mouth:
            session = LiveSession(opening(toolbox.catalog), handle, backend)
            return Mouth(session, uplink, manual=settings.manual_activity)

        return Server(
            backend,
            dialling,
            make_mouth=mouth,
            # The whole set-up stands for persona and tools: it is all that a session knows of itself.
            fingerprint=lambda: fingerprint((url, opening(toolbox.catalog).text(None))),
            setup_timeout=config.live.setup_timeout,
        )

    return server


def live_servers(  # noqa: PLR0913 -- two servers, each with what leads to it
    config: Config,
    toolbox: Toolbox,
    *,
    backend: Backend,
    url: str,
    key: SecretStr | None,
    standby: Standby | None,
    uplink: Uplink,
) -> list[Server]:
    """Return whom a conversation is opened with: the server at url first, then the standby server, if there is one."""
    server = servers_of(config, toolbox, uplink)
    # The offline server is near enough, and starts its recogniser for whoever calls.
    ahead = config.live.head_start and backend is Backend.GEMINI
    first = replace(server(backend, url, dial(config.live, url, key)), ahead=ahead)
    if standby is None:
        return [first]
    return [first, server(Backend.OFFLINE, "", partial(dial_standby, config.live, standby))]


def toolbox_of(config: Config) -> Toolbox:
    """Return what the model may call in this house, without what announces itself."""
    return offer(config, FUNCTIONS if config.timers.enabled else ())


def automations_of(config: Config) -> Automations:
    """Return the automations, of which nothing is known yet."""
    return Automations([each.rule() for each in config.automations])


def stop_word_of(config: Config) -> type[StopWord] | None:
    """Return who hears "stop" while a timer rings; None for nobody."""
    return StopWord if config.timers.stop_word else None


def offline_voice() -> OfflineVoice | None:
    """Return the voice that needs no Live server; None where espeak-ng is not installed."""
    try:
        return EspeakVoice()
    except MissingPartError:
        return None


def _session_settings(config: Config) -> SessionSettings:
    return config.live.session(manual_activity=config.conversation.turn_end is TurnEnd.LOCAL)


def tree_of(config: Config) -> Tree:
    """Return the topics of the hub."""
    presence = config.presence
    return Tree(presence.base_topic, config.hub.id, presence.discovery_prefix if presence.home_assistant else None)


def presence_of(config: Config, *, started: float) -> Presence:
    """Return the face of the hub on MQTT; started: s since 1970, UTC."""
    volume = config.speaker.volume
    return Presence(identity_of(config), tree_of(config), words=words_of(config), volume=volume, started=started)


def identity_of(config: Config) -> Identity:
    """Return who the hub is on MQTT."""
    room = config.hub.room
    name = config.hub.name or (f"{room.capitalize()} hub" if room else f"Hub {config.hub.id}")
    return Identity(name, room.capitalize(), __version__)


def words_of(config: Config) -> Words:
    """Return whether what people said may go out."""
    return Words.PUBLISHED if config.privacy.publish_transcripts else Words.KEPT_BACK


def will_of(config: Config) -> LastWill | None:
    """Return what the broker publishes when the hub is gone."""
    return LastWill(tree_of(config).availability, OFFLINE) if config.presence.enabled else None


def commands_of(settings: PresenceSettings) -> Commands:
    """Return which commands the hub takes."""
    if not settings.commands:
        return Commands.NONE
    return Commands.ALL if settings.may_unmute else Commands.ALL_BUT_UNMUTE


def broker_settings(
    settings: MqttSettings, hub: str, password: SecretStr | None, will: LastWill | None = None
) -> BrokerSettings:
    """Return the broker as the hub with this id sees it; will: what the broker publishes when the hub is gone."""
    return BrokerSettings(
        host=settings.host,
        port=settings.port,
        client_id=settings.client_id or f"hubd-{hub}",
        username=settings.username,
        password=password,
        tls=settings.tls,
        ca_file=settings.ca_file,
        keepalive=round(settings.keepalive),
        will=will,
    )


def guest_broker(client_id: str, config: Config, secrets: Secrets, report: ReportSink) -> PahoBroker:
    """Return the daemon's broker for a command that runs beside it.

    client_id: another than the daemon's: of two clients with one id a broker throws out the older.
    """
    settings = broker_settings(config.mqtt, config.hub.id, secrets.mqtt_password)
    return PahoBroker(replace(settings, client_id=client_id, will=None), report)
