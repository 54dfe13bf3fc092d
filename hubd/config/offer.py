"""What a configuration offers to the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hubd import timer_functions
from hubd.all_off import ALL_OFF
from hubd.allowance import Allowance
from hubd.config.loading import Config
from hubd.config.suggestions import quoted
from hubd.devices.catalog import Catalog, fold
from hubd.devices.queries import GET_STATE
from hubd.events import Behavior
from hubd.live.models import capabilities
from hubd.own_functions import OwnFunction
from hubd.site import Site, fits, matches
from hubd.tools import END_CONVERSATION, Toolbox

_SHOWN_NAMES = 4


def offer(config: Config, own: Sequence[OwnFunction] = ()) -> Toolbox:
    """Return the functions, declared as the model of the configuration takes them; own: those of the hub's own."""
    takes = capabilities(config.live.model)
    return Toolbox(
        Catalog(config.devices),
        takes,
        blocking_timeout=config.conversation.blocking_timeout,
        site=site(config),
        own=own,
    )


def site_notices(config: Config) -> Iterator[str]:
    """Yield what is limited or called by a name that nothing has; with discovery it may yet come."""
    if config.discovery.enabled:
        return
    own = (END_CONVERSATION, ALL_OFF, GET_STATE, *(function.name for function in timer_functions.FUNCTIONS))
    for key, patterns in (("allow", config.limits.allow), ("deny", config.limits.deny)):
        for pattern in patterns:
            if not any(fits(pattern, device) for device in config.devices) and not matches(pattern, own):
                yield f"limits.{key}: {quoted(pattern)} fits no device and no function"
    rooms = {fold(device.room) for device in config.devices if device.room is not None}
    for floor, among in (config.hub.floors or {}).items():
        for room in among:
            if fold(room) not in rooms:
                yield f"hub.floors.{floor}: no device is in the room {quoted(room)}"


def allowance(config: Config) -> Allowance:
    """Return how many messages may go out."""
    limits = config.limits
    return Allowance(in_all=limits.messages_per_second, per_device=limits.messages_per_device)


def site(config: Config) -> Site:
    """Return where the hub is, with what may be operated there."""
    limits = config.limits
    return Site(config.hub.id, config.hub.room, config.hub.floors or {}, limits.allow, limits.deny)


def call_notices(config: Config) -> Iterator[str]:
    """Yield what the model, or the time that a conversation waits, makes of the functions."""
    toolbox, longest = offer(config), config.conversation.blocking_timeout
    if forced := toolbox.forced():
        (only,) = capabilities(config.live.model).behaviors
        more = f" and {len(forced) - _SHOWN_NAMES} more" if len(forced) > _SHOWN_NAMES else ""
        names = ", ".join(forced[:_SHOWN_NAMES]) + more
        yield f"live.model: {config.live.model} knows {only} functions only, so this holds for {names}{_then(only)}"
    for device in config.devices:
        for function in device.functions:
            within = function.expect.within if function.expect is not None else None
            if toolbox.behavior(function.name) is Behavior.BLOCKING and within is not None and within > longest:
                yield (
                    f"device[{device.id}].function[{function.name}].expect.within: {within:g} s, but "
                    f"a BLOCKING call is answered after {longest:g} s (conversation.blocking_timeout)"
                )


def _then(only: Behavior) -> str:
    if only is Behavior.BLOCKING:
        return " as well; the conversation waits for them, a few seconds at most, and hears of the rest as a note"
    return " as well; the conversation does not wait for them"
