"""The demo, wired: private broker, house, hub, requests."""

from __future__ import annotations

import asyncio
import glob
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from hubd.app import Hub
from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE, bytes_of
from hubd.audio.resample import Resampler
from hubd.config import BackendChoice, Config, at_server, load
from hubd.config.loading import VARIABLE
from hubd.demo.home import at_home
from hubd.demo.house import demo_devices
from hubd.demo.show import Request, Screen, Show
from hubd.devices.model import Device
from hubd.edges.wav_sound import WavSound, read_wav
from hubd.errors import Complaint, ConfigError, SoundError, UsageError
from hubd.events import Backend, CallStatus
from hubd.fittings import live_server
from hubd.offline.espeak_voice import EspeakVoice
from hubd.ports import Sound
from hubd.secrets import Secrets
from hubd.sound_card import microphone_and_speaker

# Of espeak-ng's voices the one that both the wake models and the offline recogniser understand best; at a quicker pace
# the wake models miss a wake word that is followed by its request in one breath.
_VOICE: Final = "en-us"
_WORDS_PER_MINUTE: Final = 130
# What the room is like is heard before anybody speaks.
_LEAD_IN_MS: Final = 400
_PAUSE_MS: Final = 600
# After an answer the server may still have a word to say; a far one takes longer.
_QUIET: Final[Mapping[Backend, float]] = {Backend.OFFLINE: 1.0, Backend.GEMINI: 4.0}
# Frames of 80 ms; on a busy machine a request is said later than real time has it, but all of it is listened to.
_MOST_BEHIND: Final = 6
# What the demo says by itself, with the device that is to jam.
SCRIPT: Final = (
    ("hey jarvis, turn on the kitchen lights", CallStatus.DONE),
    ("hey jarvis, set the heater to twenty one degrees", CallStatus.DONE),
    ("hey jarvis, open the garage door", CallStatus.FAILED),
)
JAMMED: Final = frozenset({"garage_door"})


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to see.

    wav, say: requests, as files or as text. microphone: the person's own microphone with their speaker.
    record: where to put what the speaker played. devices: a folder with devices instead of the demo house.
    url: a Live server instead of the offline one. config: a configuration for everything but broker and devices.
    """

    wav: Sequence[Path] = ()
    say: Sequence[str] = ()
    microphone: bool = False
    record: Path | None = None
    devices: Path | None = None
    url: str = ""
    config: Path | None = None


def configuration(wish: Wish, environment: Mapping[str, str]) -> Config:
    """Return the demo's configuration: --config, else $HUBD_CONFIG, else the defaults.

    Raises ConfigError, UsageError.
    """
    file = wish.config or (Path(named) if (named := environment.get(VARIABLE)) else None)
    config = load(file) if file is not None else _defaults()
    devices = _devices_in(wish.devices) if wish.devices is not None else demo_devices()
    live = config.live
    if wish.url:
        live = at_server(live, wish.url)
    elif file is None:
        live = live.model_copy(update={"backend": BackendChoice.OFFLINE})
    return replace(config, devices=devices, live=live)


def requests(wish: Wish) -> tuple[Request, ...]:
    """Return what is to be said; raises UsageError for what can't be said, MissingPartError without a voice."""
    if wish.microphone:
        return (Request("say the wake word, then what you want", None),)
    if not all(text.strip() for text in wish.say):
        raise UsageError("--say wants words, and there is a text without any")
    sounds = [(path.name, _read(path), CallStatus.DONE) for path in wish.wav]
    spoken = [(text, CallStatus.DONE) for text in wish.say] or ([] if sounds else list(SCRIPT))
    sounds += [(text, pcm, wanted) for (text, wanted), pcm in zip(spoken, _spoken([t for t, _ in spoken]), strict=True)]
    return tuple(
        Request(title, bytes(bytes_of(_PAUSE_MS if index else _LEAD_IN_MS, UPLINK_RATE)) + pcm, wanted)
        for index, (title, pcm, wanted) in enumerate(sounds)
    )


async def run(wish: Wish, config: Config, secrets: Secrets, screen: Screen) -> bool:
    """Run the demo to its end; return whether everything went as it should.

    Raises UsageError before anything starts, MissingPartError.
    """
    to_say = requests(wish)
    _check_record(wish.record)
    scripted = not (wish.wav or wish.say or wish.microphone or wish.devices)
    jammed = JAMMED if scripted else frozenset[str]()
    async with (
        live_server(config.live, secrets.live_key) as (backend, url, key),
        at_home(config, jammed=jammed) as here,
    ):
        show = Show(screen, quiet=_QUIET[backend])
        wav = WavSound(record=wish.record, waits=lambda: hub.behind > _MOST_BEHIND)
        sound: Sound = microphone_and_speaker(here, show.take) if wish.microphone else wav
        hub = Hub(here, replace(secrets, live_key=key), sound=sound, backend=backend, url=url, report=show.take)
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run(), name=name) for name, part in (("sound", sound), ("hub", hub))]
            good = await show.run(to_say, speak=wav.speak, post=hub.post)
            for task in running:
                task.cancel()
        return good


def _read(path: Path) -> bytes:
    try:
        return read_wav(path)
    except SoundError as error:
        raise UsageError(str(error)) from error


def _check_record(path: Path | None) -> None:
    if path is None:
        return
    try:
        path.open("ab").close()
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}.") from error


def _spoken(texts: Sequence[str]) -> list[bytes]:
    if not texts:
        return []
    voice = EspeakVoice(_VOICE, _WORDS_PER_MINUTE)
    resampler = Resampler(from_rate=DOWNLINK_RATE, to_rate=UPLINK_RATE)
    return [resampler.push(voice.speak(text)) + resampler.finish() for text in texts]


def _defaults() -> Config:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "hubd.toml"
        empty.touch()
        return load(empty)


def _devices_in(folder: Path) -> tuple[Device, ...]:
    """Return the devices of a folder's files; raises ConfigError."""
    if not folder.is_dir():
        raise ConfigError([Complaint(str(folder), "", "is no folder; --devices wants one with files *.toml")])
    if not any(folder.glob("*.toml")):
        raise ConfigError([Complaint(str(folder), "", "has no file *.toml with devices in it")])
    with tempfile.TemporaryDirectory() as place:
        main = Path(place) / "hubd.toml"
        pattern = f"{glob.escape(str(folder.resolve()))}/*.toml"
        main.write_text(f"include = [{json.dumps(pattern)}]\n", encoding="utf-8")
        return load(main).devices
