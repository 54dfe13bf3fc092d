"""A configuration in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from hubd.config.automation_section import DEEDS, HEARING
from hubd.config.live_notices import live_notices
from hubd.config.loading import Config
from hubd.config.offer import call_notices, site_notices
from hubd.config.suggestions import quoted
from hubd.config.tokens import cost_notices
from hubd.config.toml_files import name_of
from hubd.config.wake_section import BUNDLED_WAKE_WORDS
from hubd.devices import dialects
from hubd.devices.vocabulary import Property
from hubd.mqtt.filters import filter_matches
from hubd.wake import WakeEngine

_LOW, _HIGH = 0.2, 0.95
_SHOWN_FILES = 4
# Options of a device, with those of which one has to be there as well.
_USELESS_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "state_on": ("state_topic",),
    "state_off": ("state_topic",),
    "brightness_scale": ("brightness_command_topic", "brightness_state_topic"),
}


def describe(config: Config) -> str:
    """Return a short summary, several lines: files, wake words, whom to talk to, broker, devices, what is off."""
    words = ", ".join(f"{word.model} (threshold {word.threshold:g})" for word in config.wake.words) or "none"
    live, mqtt = config.live, config.mqtt
    scheme = "mqtts" if mqtt.tls else "mqtt"
    lines = {
        "files": _files(config),
        "hub": config.hub.id + (f", in the {config.hub.room}" if config.hub.room else ""),
        "wake words": words,
        "live": f"{live.backend}, {live.model}, voice {live.voice}, {live.url}",
        "mqtt": f"{scheme}://{mqtt.host}:{mqtt.port}" + (f", as {mqtt.username}" if mqtt.username else ""),
        "devices": _devices(config),
        "automation": _automations(config),
        "off": ", ".join(_off(config)) or "nothing",
    }
    return "\n".join(f"{name + ':':12}{text}" for name, text in lines.items())


def notices(config: Config) -> tuple[str, ...]:
    """Return what is allowed but probably not meant, one sentence each."""
    return (
        *live_notices(config),
        *call_notices(config),
        *site_notices(config),
        *cost_notices(config),
        *_house_notices(config),
        *_device_notices(config),
        *_automation_notices(config),
    )


def _files(config: Config) -> str:
    names = [name_of(path) for path in config.files]
    more = f" and {len(names) - _SHOWN_FILES} more" if len(names) > _SHOWN_FILES else ""
    return ", ".join(names[:_SHOWN_FILES]) + more


def _devices(config: Config) -> str:
    kinds = Counter(device.kind or "custom" for device in config.devices)
    counts = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    configured = f"{len(config.devices)} ({counts})" if counts else "none"
    return f"{configured}, further those that announce themselves" if config.discovery.enabled else configured


def _automations(config: Config) -> str:
    counts = Counter(name for each in config.automations for name in sorted(each.then.model_fields_set & DEEDS))
    listed = ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
    return f"{len(config.automations)} ({listed})" if counts else "none"


def _off(config: Config) -> Iterator[str]:
    switches = {
        "chime": config.conversation.chime,
        "barge-in": config.conversation.barge_in != "off",
        "follow-up": config.conversation.follow_up > 0,
        "microphone": not config.microphone.off,
        "speaker": not config.speaker.off,
        "the hub on MQTT": config.presence.enabled,
        "commands by MQTT": config.presence.enabled and config.presence.commands,
        "transcripts on MQTT": config.privacy.publish_transcripts,
        "TLS to the broker": config.mqtt.tls,
    }
    return (name for name, is_on in switches.items() if not is_on)


def _discovery_notices(config: Config) -> Iterator[str]:
    if config.discovery.enabled:
        return
    if not config.devices:
        yield "there is no device: write [[device]] tables into devices.d/*.toml beside the main file"
    if config.discovery.device:
        yield "discovery.device: not used without discovery.enabled = true"


def _house_notices(config: Config) -> Iterator[str]:
    mqtt = config.mqtt
    yield from _discovery_notices(config)
    if not config.wake.words:
        yield "wake.words: with no wake word only automations can wake the hub"
    elif config.microphone.off:
        yield 'wake.words: not used with microphone.device = "none"'
    if config.wake.engine is WakeEngine.MICROWAKEWORD and "speech_gate" in config.wake.model_fields_set:
        yield 'wake.speech_gate: not used with engine = "microwakeword", which never rests'
    for word in config.wake.words:
        fitting = BUNDLED_WAKE_WORDS[config.wake.engine].get(word.model, 0.5)
        # What stands beside a model of one's own may ask for any.
        highest = 1.0 if word.model.endswith(".tflite") else max(_HIGH, fitting)
        if not _LOW <= word.threshold <= highest:
            does = "often wake by itself" if word.threshold < _LOW else "hardly ever wake"
            place = f"wake.words[{word.model}].threshold"
            yield f"{place}: with {word.threshold:g} the hub will {does}; {fitting:g} is usual"
    if mqtt.ca_file and not mqtt.tls:
        yield "mqtt.ca_file: not used without tls = true"
    if (mqtt.port, mqtt.tls) in {(8883, False), (1883, True)}:
        usual, is_on = ("without", "true") if mqtt.tls else ("with", "false")
        yield f"mqtt.port: {mqtt.port} is usual {usual} TLS, but tls is {is_on}"
    if mqtt.username and not mqtt.tls and mqtt.host not in {"localhost", "127.0.0.1", "::1"}:
        yield "mqtt.tls: false, so the password crosses the network unencrypted"
    if config.conversation.barge_in == "speech":
        yield 'conversation.barge_in: "speech" needs echo cancellation; without it the hub interrupts itself'


def _automation_notices(config: Config) -> Iterator[str]:
    for each in config.automations:
        then = f"automation[{each.id}].then"
        for name in sorted(each.then.model_fields_set & HEARING):
            if config.microphone.off:
                yield f'{then}.{name}: nobody is heard with microphone.device = "none"'
        if each.then.publish is not None and filter_matches(each.when.topic, each.then.publish.topic):
            topic, pause = quoted(each.then.publish.topic), each.when.at_most_every
            yield f"{then}.publish.topic: {topic} may set the automation off again, at most every {pause:g} s"


def _device_notices(config: Config) -> Iterator[str]:
    for device in config.devices:
        for key, needed in _USELESS_WITHOUT.items():
            if key in device.model_fields_set and all(getattr(device, other) is None for other in needed):
                yield f"device[{device.id}].{key}: not used without {' or '.join(needed)}"
    sent: dict[str, str] = {}
    for device in config.devices:
        for topic in {message.topic for message in dialects.compose(device, {Property.ON: True})}:
            other = sent.setdefault(topic, device.id)
            if other != device.id:
                yield f"device[{device.id}]: {quoted(topic)} switches {other} as well"
    commands = sent | {function.publish.topic: device.id for device in config.devices for function in device.functions}
    for device in config.devices:
        heard = [source.topic for source in dialects.sources(device)]
        heard += [function.expect.topic for function in device.functions if function.expect is not None]
        for topic in dict.fromkeys(heard):
            if topic in commands:
                told = f"it carries the commands to {commands[topic]}, which would count as reports"
                yield f"device[{device.id}]: {quoted(topic)} is no topic of reports: {told}"
