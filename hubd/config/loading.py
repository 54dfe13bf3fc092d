"""TOML files → one checked Config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field, ValidationError

from hubd.config.automation_section import AutomationSettings
from hubd.config.clashes import clashes
from hubd.config.complaints import Mistake, complaints_about, mistakes_of
from hubd.config.discovery_section import DiscoverySettings
from hubd.config.forbidden import forbidden
from hubd.config.includes import DEFAULT_INCLUDE, read_all
from hubd.config.live_section import LiveSettings
from hubd.config.mending import MendedTree
from hubd.config.named_files import Problems, with_certificates, with_instruction, with_models
from hubd.config.presence_section import PresenceSettings
from hubd.config.sections import (
    ConversationSettings,
    DeviceDefaults,
    HubSettings,
    LimitsSettings,
    MicrophoneSettings,
    MqttSettings,
    PrivacySettings,
    SpeakerSettings,
)
from hubd.config.timer_section import TimerSettings
from hubd.config.toml_files import TomlFile, name_of
from hubd.config.toml_lines import KeyPath
from hubd.config.wake_section import WakeSettings
from hubd.devices.fields import Table
from hubd.devices.model import Device
from hubd.errors import Complaint, ConfigError

VARIABLE = "HUBD_CONFIG"
SYSTEM_FILE = Path("/etc/hubd/hubd.toml")


class IncludedFile(Table):
    """What an included file may hold."""

    include: tuple[str, ...] = ()
    device: tuple[Device, ...] = ()
    automation: tuple[AutomationSettings, ...] = ()


class MainFile(Table):
    """What the main file may hold: the sections, and all that an included file may hold."""

    include: tuple[str, ...] = DEFAULT_INCLUDE
    hub: HubSettings = Field(default_factory=HubSettings)
    wake: WakeSettings = Field(default_factory=WakeSettings)
    microphone: MicrophoneSettings = Field(default_factory=MicrophoneSettings)
    speaker: SpeakerSettings = Field(default_factory=SpeakerSettings)
    live: LiveSettings = Field(default_factory=LiveSettings)
    conversation: ConversationSettings = Field(default_factory=ConversationSettings)
    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    presence: PresenceSettings = Field(default_factory=PresenceSettings)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    timers: TimerSettings = Field(default_factory=TimerSettings)
    discovery: DiscoverySettings = Field(default_factory=DiscoverySettings)
    limits: LimitsSettings = Field(default_factory=LimitsSettings)
    devices: DeviceDefaults = Field(default_factory=DeviceDefaults)
    device: tuple[Device, ...] = ()
    automation: tuple[AutomationSettings, ...] = ()


_SECTIONS = frozenset(MainFile.model_fields) - frozenset(IncludedFile.model_fields)
# A chain of rules is shorter: values, parameter, function, device, each mended at its place, then around it.
_ROUNDS = 12
# Whoever has so many mistakes has enough for this time; each further round would take seconds.
_ENOUGH = 1000
_ONLY_MAIN = "only the main file may have this section"


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without a mistake.

    files: all that was read, the main file first. devices: of all files, in their order, [devices] applied.
    origins: the file of each device, by its id.
    Paths of wake words and of mqtt.ca_file are absolute; live.system_instruction is the text, wherever it came from.
    """

    files: tuple[Path, ...]
    hub: HubSettings
    wake: WakeSettings
    microphone: MicrophoneSettings
    speaker: SpeakerSettings
    live: LiveSettings
    conversation: ConversationSettings
    mqtt: MqttSettings
    presence: PresenceSettings
    privacy: PrivacySettings
    timers: TimerSettings
    discovery: DiscoverySettings
    limits: LimitsSettings
    devices: tuple[Device, ...]
    origins: Mapping[str, str] = field(default_factory=dict)
    automations: tuple[AutomationSettings, ...] = ()


def find(option: Path | None, environment: Mapping[str, str], system_file: Path = SYSTEM_FILE) -> Path:
    """Return the main file: option (--config), else $HUBD_CONFIG, else /etc/hubd/hubd.toml.

    A file that was named is returned unseen. Raises ConfigError that says where it looked if none was named, and
    the last is not there.
    """
    if option is not None:
        return option
    if named := environment.get(VARIABLE):
        return Path(named)
    try:
        is_there = system_file.exists()
    except OSError:
        # A folder that is closed to us: reading the file gives the complaint that says so.
        is_there = True
    if is_there:
        return system_file
    problem = f"is not there, --config was not given, ${VARIABLE} is not set; name a file with --config FILE"
    raise ConfigError([Complaint(file=str(system_file), key="", problem=problem)])


def load(path: Path) -> Config:
    """Read the main file with all that it includes; raises ConfigError with every complaint about all of them."""
    read = read_all(path)
    complaints = list(read.complaints)
    devices: list[Device] = []
    automations: list[AutomationSettings] = []
    origins: dict[str, str] = {}
    sections = MainFile()
    for position, file in enumerate(read.files):
        model = IncludedFile if position else MainFile
        parsed, problems = _validated(file, model)
        sections = parsed if isinstance(parsed, MainFile) else sections
        found = parsed.device if parsed is not None else ()
        devices += found
        origins |= {device.id: file.name for device in found}
        automations += parsed.automation if parsed is not None else ()
        complaints += complaints_about(file, problems)
    complaints += clashes(read.files)
    if complaints:
        order = {name: position for position, name in enumerate([name_of(path), *(file.name for file in read.files)])}
        raise ConfigError(sorted(complaints, key=lambda each: (order.get(each.file, len(order)), each.line or 0)))
    return Config(
        files=tuple(file.path for file in read.files),
        hub=sections.hub,
        wake=sections.wake,
        microphone=sections.microphone,
        speaker=sections.speaker,
        live=sections.live,
        conversation=sections.conversation,
        mqtt=sections.mqtt,
        presence=sections.presence,
        privacy=sections.privacy,
        timers=sections.timers,
        discovery=sections.discovery,
        limits=sections.limits,
        devices=tuple(_with_defaults(device, sections.devices) for device in devices),
        origins=origins,
        automations=tuple(automations),
    )


def _validated(file: TomlFile, model: type[MainFile | IncludedFile]) -> tuple[MainFile | IncludedFile | None, Problems]:
    """Return the file as the model has it, what was wrong replaced (``mending.py``), with every mistake in it.

    Rules about a table are checked only when every value in it is right, those about the table around it only then: so
    after each round the mistakes are mended, until there are none.
    """
    mended = MendedTree(file.tree)
    mistakes = [Mistake(path, problem) for path, problem in forbidden(file.tree)]
    if model is IncludedFile:
        mistakes += [Mistake((name,), _ONLY_MAIN, on_key=True) for name in _SECTIONS & file.tree.keys()]
    problems: Problems = [(mistake.path, mistake.problem) for mistake in mistakes]
    refused = {mistake.path for mistake in mistakes}
    known: set[KeyPath] = set()
    for _ in range(_ROUNDS):
        mended.mend(mistakes)
        known.update(mistake.path for mistake in mistakes)
        try:
            parsed = model.model_validate(mended.tree)
        except ValidationError as error:
            mistakes = mistakes_of(error, mended.tree, model)
            found = [(mended.original(mistake.path), mistake.problem) for mistake in mistakes]
            # A refused value is complained about once, by the more general rule.
            problems += [(path, problem) for path, problem in found if not _is_under(path, refused)]
            if len(problems) > _ENOUGH:
                break
            continue
        if isinstance(parsed, MainFile):
            parsed, more = _with_named_files(parsed, file.path.parent)
            # A stand-in names no file.
            problems += [(mended.original(at), problem) for at, problem in more if not _is_under(at, known)]
        return parsed, list(dict.fromkeys(problems))
    return None, list(dict.fromkeys(problems))


def _is_under(path: KeyPath, others: set[KeyPath]) -> bool:
    return any(path[:length] in others for length in range(1, len(path) + 1))


def _with_named_files(main: MainFile, folder: Path) -> tuple[MainFile, Problems]:
    wake, wake_problems = with_models(main.wake, folder)
    live, live_problems = with_instruction(main.live, folder)
    mqtt, mqtt_problems = with_certificates(main.mqtt, folder)
    sections = main.model_copy(update={"wake": wake, "live": live, "mqtt": mqtt})
    return sections, wake_problems + live_problems + mqtt_problems


def _with_defaults(device: Device, defaults: DeviceDefaults) -> Device:
    if "valid_for" in device.model_fields_set:
        return device
    return device.model_copy(update={"valid_for": defaults.valid_for})
