"""All checks of a hub, side by side where none disturbs another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from hubd.doctor import diary, hearing, storage, timekeeping, unit
from hubd.doctor.case import Case
from hubd.doctor.findings import Finding, Findings, bad
from hubd.doctor.probes import broker, clock, disk, live, offline, service, sound, wake_word
from hubd.errors import HubdError


class Lane(Enum):
    """Checks of one lane come one after the other: what computes must not disturb what measures sound."""

    SYSTEM = auto()
    SOUND = auto()
    NETWORK = auto()


@dataclass(frozen=True, slots=True)
class Check:
    """One row of the table. within: after so many s it has failed."""

    name: str
    lane: Lane
    probe: Callable[[Case], Awaitable[Findings]]
    within: float


_OURS: Final = "Update hubd, and report it if that does not help."
# As they are told. Each probe has shorter limits of its own; these are for what nobody thought of.
CHECKS: Final = (
    Check(timekeeping.CHECK, Lane.SYSTEM, clock.look, 10),
    Check(unit.CHECK, Lane.SYSTEM, service.look, 40),
    Check(storage.CHECK, Lane.SYSTEM, disk.look, 10),
    Check(hearing.CHECK, Lane.SOUND, sound.look_at_microphone, 40),
    Check(wake_word.CHECK, Lane.SOUND, wake_word.look, 60),
    Check(sound.SPEAKER, Lane.SOUND, sound.look_at_speaker, 40),
    Check(broker.CHECK, Lane.NETWORK, broker.look, 40),
    Check(live.CHECK, Lane.NETWORK, live.look, 60),
    Check(offline.CHECK, Lane.SOUND, offline.look, 60),
    Check(diary.CHECK, Lane.SYSTEM, service.troubles, 40),
)


async def examine(case: Case, tell: Callable[[Finding], None], checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Carry the checks out; return all findings. tell: takes each, in the order of the checks, as soon as it may."""
    loop = asyncio.get_running_loop()
    results: dict[Check, asyncio.Future[Findings]] = {check: loop.create_future() for check in checks}
    found: list[Finding] = []
    async with asyncio.TaskGroup() as tasks:
        for lane in Lane:
            tasks.create_task(_go_through([check for check in checks if check.lane is lane], case, results))
        for check in checks:
            for finding in await results[check]:
                found.append(finding)
                tell(finding)
    return found


async def _go_through(checks: Sequence[Check], case: Case, results: dict[Check, asyncio.Future[Findings]]) -> None:
    for check in checks:
        results[check].set_result(await _look(check, case))


async def _look(check: Check, case: Case) -> Findings:
    try:
        async with asyncio.timeout(check.within):
            return await check.probe(case)
    except TimeoutError:
        return [bad(check.name, f"This could not be found out within {check.within:g} s.", _OURS)]
    except (HubdError, OSError) as error:
        return [bad(check.name, str(error))]
    except Exception as error:  # noqa: BLE001 -- a doctor who stumbles over one part looks at the others all the same
        # The text of an exception that nobody expected may hold anything, a secret too.
        return [bad(check.name, f"This check is broken ({type(error).__name__}).", _OURS)]
