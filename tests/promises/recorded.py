"""A recorded conversation, replayed with the connection cut somewhere, held up to the promise P1."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from hubd.edges.websockets_link import connect
from hubd.events import CallStatus
from hubd.ledger import Ledger
from hubd.live.models import endpoint
from hubd.offline import steps
from hubd.pace import Pace
from hubd.ports import LiveLink
from hubd.reports import SaidReport
from hubd.simulator.pipe import PipeLink
from hubd.simulator.reading import read
from hubd.simulator.record import Visit
from hubd.simulator.script import Cut, Direction
from hubd.simulator.server import Simulator
from hubd.states import State
from tests.promises.kitchen import MODEL, Kitchen, Person
from tests.promises.stories import CAR, COSY, DEVICES, GARAGE, LIGHT, STORIES, THANKS, TOPICS, react, spoken
from tests.virtual_time import now, run

# Until the hub must have given up whatever it waits for, s.
PATIENCE: Final = 240.0
_TRIES: Final = 3
# The keepalive of websockets_link, which a pipe does not have, s.
_PING_EVERY, _PONG_WITHIN = 20.0, 60.0
# What is sent over loopback arrives within this time, or a little later than the clock says, real s.
_LOOPBACK: Final = 0.0005
_NOT_TOLD: Final = frozenset({CallStatus.ON_ITS_WAY, CallStatus.DUPLICATE, CallStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: on which visit, which way, what."""

    visit: int
    direction: Direction
    text: str


@dataclass(slots=True)
class Course:
    """What came of a replay: what breaks the promise, in words; how often the person had to say something again."""

    violations: list[str] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    repeats: int = 0
    visits: list[Visit] = field(default_factory=list)
    statuses: Counter[CallStatus] = field(default_factory=Counter)
    recorded: int = 0

    def count(self, direction: Direction) -> int:
        """Return how many frames of the conversation itself went this way."""
        return sum(frame.direction is direction for frame in self.frames[: self.recorded])


@dataclass(frozen=True, slots=True)
class Case:
    """One replay.

    story: which conversation. cuts: where the connection ends. manual: whether the hub marks where
    speech begins and ends. model: its id. naming_again: whether the service, after a resumption, repeats earlier calls
    by their ids. loopback: whether there is a real connection between the two.
    """

    story: str
    cuts: tuple[Cut, ...] = ()
    manual: bool = True
    model: str = MODEL
    naming_again: bool = False
    loopback: bool = False


class Service:
    """The simulator, with what happened in one order."""

    def __init__(self, case: Case) -> None:
        script = replace(read(STORIES[case.story]), cuts=case.cuts)
        self.simulator = Simulator(script, listen=case.loopback, tell=self._note)
        self._loopback = case.loopback
        self.frames: list[Frame] = []
        self._naming_again = case.naming_again
        self._noted: Counter[tuple[int, Direction]] = Counter()

    async def dial(self) -> LiveLink:
        """Connect; without a network too there are the pings of a real connection."""
        if self._loopback:
            return await connect(endpoint(self.simulator.url, "v1beta"), None)
        link = await self.simulator.connect()
        asyncio.get_running_loop().call_later(_PING_EVERY, self._ping, link)
        return link

    def _ping(self, link: PipeLink) -> None:
        pipe, loop = link._pipe, asyncio.get_running_loop()
        if pipe.closing is not None:
            return
        if pipe._held:
            loop.call_later(_PONG_WITHIN, pipe.end, (1011, "keepalive ping timeout"))
        else:
            loop.call_later(_PING_EVERY, self._ping, link)

    def _note(self, _line: str) -> None:
        for visit in self.simulator.record.visits[-2:]:
            for direction, texts in ((Direction.RECEIVED, visit.received), (Direction.SENT, visit.sent)):
                key = (visit.number, direction)
                for text in texts[self._noted[key] :]:
                    self._noted[key] += 1
                    self.frames.append(Frame(visit.number, direction, text))
                    if self._naming_again and visit.resumed and '"setupComplete"' in text:
                        asyncio.get_running_loop().call_later(0.5, self._name_again, visit)

    def _name_again(self, visit: Visit) -> None:
        if visit not in self.simulator._attending:
            return
        attendance, connection = self.simulator._attending[visit]
        earlier = [call for each in self.simulator.record.visits if each is not visit for call in each.calls]
        if earlier:
            attendance.host.perform((steps.Call(tuple(earlier)),), now())
            connection.carry_out()


def replay(case: Case, ledger: Ledger | None = None) -> Course:
    """Hold the conversation; return what came of it. ledger: one to be tried instead of the real one."""
    course = Course()

    async def scenario() -> None:
        service = Service(case)
        kitchen = Kitchen(
            service.dial, DEVICES, pace=Pace(manual_activity=case.manual), model=case.model, ledger=ledger
        )
        kitchen.broker.on_publish = partial(react, kitchen)
        try:
            async with service.simulator, kitchen.open():
                await _hold(course, service, kitchen)
        except* Exception as faults:  # noqa: BLE001 -- whatever stops the hub is a violation, told with its case
            course.violations.append(f"the hub stopped: {faults.exceptions!r}")
        course.frames, course.visits = service.frames, service.simulator.record.visits
        _judge(course, kitchen)

    run(scenario(), patience=_LOOPBACK if case.loopback else 0.0)
    return course


async def _hold(course: Course, service: Service, kitchen: Kitchen) -> None:
    person = Person(kitchen)
    await person.hear(1.0)
    await _ask(course, person, kitchen, COSY, LIGHT)
    # The person does not let it finish.
    at_rest = {State.SPEAKING, State.FOLLOWING_UP, State.IDLE}
    if not await person.wait(lambda: kitchen.state in at_rest, PATIENCE):
        course.violations.append(f"the hub is {kitchen.state} for ever")
    await person.hear(0.8)
    await _ask(course, person, kitchen, CAR, GARAGE)
    if not await person.wait(lambda: kitchen.state is State.IDLE, PATIENCE):
        course.violations.append(f"the hub stays {kitchen.state}")
    course.recorded = len(service.frames)
    # Whatever was not told yet is told when they talk the next time.
    await person.hear(30.0)
    said = len(kitchen.reports)
    await person.wake()
    await person.say(spoken(THANKS))
    if not await person.wait(
        lambda: any(isinstance(each, SaidReport) and "welcome" in each.text for each in kitchen.reports[said:]),
        PATIENCE,
    ):
        course.violations.append("the next time there is no answer")
    if not await person.wait(lambda: kitchen.state is State.IDLE, PATIENCE):
        course.violations.append(f"after that the hub stays {kitchen.state}")


async def _ask(course: Course, person: Person, kitchen: Kitchen, words: str, function: str) -> None:
    """Ask for something until it is seen to be done, but no more often than people do."""

    def seen() -> bool:
        return any(publish.topic == TOPICS[function] for publish in kitchen.broker.published)

    for attempt in range(_TRIES):
        course.repeats += attempt > 0
        await person.wake()
        await person.say(spoken(words))
        await person.wait(lambda: seen() or kitchen.state is State.IDLE, PATIENCE)
        if seen():
            return
        await person.hear(2.0)


def _judge(course: Course, kitchen: Kitchen) -> None:
    published = Counter(publish.topic for publish in kitchen.broker.published)
    course.violations += [
        f"{function} was published {published[topic]} times"
        for function, topic in TOPICS.items()
        if published[topic] != 1
    ]
    by_call = Counter(each.call for each in kitchen.published)
    course.violations += [f"call {call} was published {count} times" for call, count in by_call.items() if count > 1]
    functions = {call.id: call.name for visit in course.visits for call in visit.calls}
    outcomes = {
        each.call: each.status for each in kitchen.answered if each.call in by_call and each.status not in _NOT_TOLD
    }
    course.statuses = Counter(outcomes.values())
    known = _known(course)
    course.violations += [
        f"the model does not know that {functions.get(str(call), call)} is {status}"
        for call, status in outcomes.items()
        if (functions.get(str(call), ""), status) not in known
    ]
    course.violations += [f"call {call} has no outcome" for call in by_call if call not in outcomes]
    for visit in course.visits:
        final = Counter(each.id for each in visit.answers if not each.will_continue)
        course.violations += [f"call {call} was answered {count} times" for call, count in final.items() if count > 1]
        if visit.code in (1007, 1008) and "aborted" not in visit.reason:
            course.violations.append(f"visit {visit.number} was refused: {visit.reason}")


def _known(course: Course) -> set[tuple[str, CallStatus]]:
    """Return of which functions the model knows what became of them, in the session of the last connection.

    A session that goes on from a handle knows what had been said when the handle was issued, no more.
    """
    visits = {visit.number: visit for visit in course.visits}
    at_handle: dict[str, set[tuple[str, CallStatus]]] = {}
    known: set[tuple[str, CallStatus]] = set()
    covered: set[tuple[str, CallStatus]] = set()
    answers = Counter[int]()
    for frame in course.frames:
        message = json.loads(frame.text)
        visit = visits[frame.visit]
        if "setup" in message:
            known = set(at_handle[visit.handle] if visit.resumed else covered)
        elif "toolResponse" in message:
            for _ in message["toolResponse"]["functionResponses"]:
                answer = visit.answers[answers[visit.number]]
                answers[visit.number] += 1
                if answer.taken:
                    known.add((answer.name, CallStatus(str(answer.response["status"]))))
        elif "sessionResumptionUpdate" in message:
            if handle := message["sessionResumptionUpdate"].get("newHandle"):
                at_handle[handle] = covered = set(known)
        else:
            known |= _told(frame.text)
    return known


def _told(frame: str) -> set[tuple[str, CallStatus]]:
    """Return what a note in the frame says."""
    if "Note from the hub" not in frame:
        return set()
    message = json.loads(frame)
    content = message.get("clientContent", {}).get("turns", [{"parts": [{"text": ""}]}])
    text = message.get("realtimeInput", {}).get("text") or content[0]["parts"][0]["text"]
    lines = str(text).splitlines()
    return {
        (function, status)
        for function in TOPICS
        for status in CallStatus
        if any(line.startswith(f"{function}, ") and f'"status": "{status}"' in line for line in lines)
    }
