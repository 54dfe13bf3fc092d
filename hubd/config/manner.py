"""How conversations go with a configuration."""

from __future__ import annotations

from hubd.config.loading import Config
from hubd.config.sections import TurnEnd
from hubd.devices.kinds import KIND_OF_FUNCTION
from hubd.events import Behavior
from hubd.live.models import capabilities
from hubd.pace import BargeIn, Pace
from hubd.tools import Toolbox


def pace(config: Config, toolbox: Toolbox) -> Pace:
    """Return the patience and the manners of every conversation; toolbox: what is offered to the model."""
    conversation = config.conversation
    return Pace(
        follow_up=conversation.follow_up,
        max_listening=conversation.max_listening,
        answer_timeout=conversation.answer_timeout,
        silence_timeout=conversation.silence_timeout,
        barge_in=BargeIn[conversation.barge_in.name],
        chime=conversation.chime,
        manual_activity=conversation.turn_end is TurnEnd.LOCAL,
        hold_while_acting=not capabilities(config.live.model).input_during_blocking_call,
        blocking=blocking_functions(toolbox),
    )


def blocking_functions(toolbox: Toolbox) -> frozenset[str]:
    """Return the functions for which a conversation waits, those of kinds included of which devices may yet come."""
    names = (*KIND_OF_FUNCTION, *(declaration.name for declaration in toolbox.declarations()))
    return frozenset(name for name in names if toolbox.behavior(name) is Behavior.BLOCKING)
