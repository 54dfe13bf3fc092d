"""What a changed configuration means for the parts of a hub that runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hubd.allowance import Allowance
from hubd.audio.buffers import Uplink
from hubd.automations import Automations
from hubd.config import Config
from hubd.config.changes import in_force, waiting
from hubd.config.manner import pace
from hubd.config.offer import allowance
from hubd.confirmation import Confirmations
from hubd.devices.discovery import Discovery, Rules
from hubd.devices.model import Device
from hubd.fittings import automations_of, commands_of, identity_of, stop_word_of, toolbox_of, words_of
from hubd.live.models import capabilities
from hubd.pace import Pace
from hubd.speech_gate import SpeechGate
from hubd.stages.act import Act
from hubd.stages.automate import Automate
from hubd.stages.connection import Server
from hubd.stages.converse import Converse
from hubd.stages.discover import Discover
from hubd.stages.line import Line
from hubd.stages.purse import Purse
from hubd.stages.reload import Change
from hubd.stages.ring import Ring
from hubd.stages.speak import Speak
from hubd.stages.tell import Tell
from hubd.tools import Toolbox
from hubd.wake import WakeGate


@dataclass(frozen=True, slots=True)
class Crew:
    """Who takes over what has changed; discover, tell: None for a hub without.

    servers: makes the Live servers of a configuration that offers a toolbox.
    """

    act: Act
    automate: Automate
    confirmations: Confirmations
    converse: Converse
    discover: Discover | None
    gate: WakeGate
    line: Line
    purse: Purse
    ring: Ring
    servers: Callable[[Config, Toolbox], Sequence[Server]]
    speak: Speak
    speech_gate: SpeechGate
    tell: Tell | None
    uplink: Uplink


@dataclass(frozen=True, slots=True)
class _Manners:
    """What a conversation keeps from its beginning to its end."""

    pace: Pace
    toolbox: Toolbox
    servers: Sequence[Server]
    allowance: Allowance
    together: bool
    devices: tuple[Device, ...]
    rules: Rules


class Renewal:
    """Makes changes of a configuration for a hub that was started with one.

    config: the one in force.
    """

    def __init__(self, config: Config, crew: Crew) -> None:
        self._started = self.config = config
        self._crew = crew
        self._devices = config.devices
        self._rules = config.discovery.rules()
        self._replay = pace(config, toolbox_of(config)).replay

    def prepare(self, wanted: Config) -> Change:
        """Return what a changed configuration means; works in any thread, and changes nothing.

        A conversation that goes on is finished as it began.
        """
        config = in_force(self._started, wanted)
        toolbox = toolbox_of(config)
        manners = _Manners(
            pace=pace(config, toolbox),
            toolbox=toolbox,
            servers=self._crew.servers(config, toolbox),
            allowance=allowance(config),
            together=capabilities(config.live.model).answers_together,
            devices=config.devices,
            rules=config.discovery.rules(),
        )
        automations = automations_of(config)
        return Change(waiting(self._started, wanted), lambda: self._take(config, manners, automations))

    def _take(self, config: Config, manners: _Manners, automations: Automations) -> None:
        crew, before, self.config = self._crew, self.config, config
        crew.gate.adopt(config.wake.wake_words(), config.wake.near_miss)
        crew.speech_gate.closes = config.wake.speech_gate
        crew.purse.adopt(config.live.daily_token_budget, config.live.when_budget_is_spent)
        crew.ring.adopt(most=config.timers.most, lasts=config.timers.ring_for, ear=stop_word_of(config))
        crew.automate.adopt(automations)
        if crew.tell is not None:
            crew.tell.adopt(identity_of(config), words_of(config), commands_of(config.presence))
        if config.speaker.volume != before.speaker.volume:
            # Else it stays as loud as somebody may have made it since.
            crew.speak.volume = config.speaker.volume
            if crew.tell is not None:
                crew.tell.set_volume(config.speaker.volume)
        crew.converse.between(lambda: self._begin_anew(manners))

    def _begin_anew(self, manners: _Manners) -> None:
        """Have the next conversation go so; none goes on."""
        crew = self._crew
        crew.converse.adopt(manners.pace)
        crew.confirmations.barge_in = manners.pace.barge_in
        if manners.pace.replay != self._replay:
            self._replay = manners.pace.replay
            crew.uplink.resize(round(self._replay * 1000))
        crew.line.adopt(manners.servers)
        crew.act.adopt(manners.toolbox, manners.allowance, together=manners.together)
        other_rules = manners.rules != self._rules
        other_devices = manners.devices != self._devices
        self._rules, self._devices = manners.rules, manners.devices
        if crew.discover is not None:
            crew.discover.adopt(manners.devices, manners.toolbox, Discovery(manners.rules) if other_rules else None)
        elif other_devices:
            crew.act.watch(manners.devices)
            if crew.tell is not None:
                crew.tell.keep_from(manners.devices)
