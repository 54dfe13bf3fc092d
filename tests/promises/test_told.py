"""What automations ask for by MQTT, in every state of the conversation: one result each, and what follows."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from pydantic import JsonValue

from hubd import events
from hubd.mqtt.entities import Identity
from hubd.mqtt.tree import Tree
from hubd.pace import Pace
from hubd.presence import Presence, Words
from hubd.stages.tell import Commands, Tell
from hubd.states import State
from tests.promises.chaos import AUDIO, CALLS, Chaos, Wire
from tests.promises.kitchen import WALL, Kitchen, Person
from tests.promises.stories import DEVICES, GARAGE
from tests.running import running
from tests.stages.act_fakes import FakeBroker
from tests.virtual_time import now, run, settle

TREE: Final = Tree("hubd", "kitchen")
TEXT: Final = "The washing machine has finished."
SOON: Final = 1.0
# Longer than any state lasts by itself.
LATER: Final = 120.0
TALKING: Final = frozenset({State.OPENING, State.LISTENING, State.ACTING, State.SPEAKING, State.FOLLOWING_UP})
AT_REST: Final = frozenset({State.IDLE, State.MUTED})
# Where there is a pause in which the hub may speak.
PAUSE: Final = frozenset({*AT_REST, State.FOLLOWING_UP})


class World:
    """A kitchen, the service that it talks to, the broker by which others command it."""

    def __init__(self) -> None:
        self.service = Chaos()
        self.kitchen = Kitchen(self.service.dial, DEVICES, pace=Pace())
        self.person = Person(self.kitchen)
        self.broker = FakeBroker()
        self.tell = Tell(
            broker=self.broker,
            tree=TREE,
            presence=Presence(Identity("Kitchen hub", "", "1"), TREE, words=Words.PUBLISHED, volume=50, started=WALL),
            commands=Commands.ALL,
            post=self.kitchen.post,
            set_volume=lambda _percent: None,
            clock=now,
            wall=lambda: WALL + now(),
            quiet=lambda: False,
            spread=lambda: 0.0,
        )
        self._replied = 0

    @property
    def wire(self) -> Wire:
        """The connection that is open."""
        assert self.service.wire is not None
        return self.service.wire

    async def hear(self, seconds: float) -> None:
        """Let so much time pass; what the conversation replies goes to who asked."""
        for _ in range(round(seconds / 0.2)):
            await self.person.hear(0.2)
            while self._replied < len(self.kitchen.replies):
                reply = self.kitchen.replies[self._replied]
                self._replied += 1
                self.tell.reply(reply.request, reply.status, reply.text)
        await settle()

    async def give(self, command: str, payload: JsonValue) -> None:
        """Give a command."""
        self.broker.say(f"hubd/kitchen/cmd/{command}", payload)
        await self.hear(SOON)

    @property
    def results(self) -> list[dict[str, JsonValue]]:
        """The results that were published."""
        return [json.loads(each.payload) for each in self.broker.published if "/result/" in each.topic]

    @property
    def said(self) -> int:
        """How often the hub's own voice said the text."""
        return self.kitchen.announced.count(TEXT)

    def noted(self, since: int = 0) -> list[str]:
        """Return the frames in which the model was given the text."""
        return [text for text in self.service.texts[since:] if TEXT in text]

    def say(self, pieces: int) -> None:
        """Let the model say a turn of so many half seconds."""
        for _ in range(pieces):
            self.wire.say({"serverContent": AUDIO})
        self.wire.say({"serverContent": {"generationComplete": True}})
        self.wire.say({"serverContent": {"turnComplete": True}})

    async def reach(self, state: State) -> None:
        """Bring the conversation into a state."""
        if state in TALKING:
            self.service.mute_set_ups = int(state is State.OPENING)
            await self.person.wake()
        match state:
            case State.ACTING:
                self.wire.ask(next(number for number, call in enumerate(CALLS) if call[0] == GARAGE))
            case State.SPEAKING:
                self.say(pieces=40)
            case State.FOLLOWING_UP:
                self.say(pieces=1)
                await self.hear(1.0)
            case State.MUTED:
                self.kitchen.post(events.MuteChanged(muted=True))
            case _:
                pass
        await self.hear(0.2)
        assert self.kitchen.state is state


def in_state(state: State, scenario: Callable[[World], Awaitable[None]]) -> None:
    """Run the scenario in a world whose conversation is in a state."""

    async def main() -> None:
        world = World()
        async with world.kitchen.open(), running(world.tell.run()):
            await world.reach(state)
            await scenario(world)

    run(main())


@pytest.mark.parametrize("state", State)
def test_silent(state: State) -> None:
    """No word of it is spoken, nothing is cut or opened; the model knows it now, or from its next conversation on."""

    async def scenario(world: World) -> None:
        dials = world.service.dials
        await world.give("tell", {"text": TEXT, "source": "washing machine"})
        assert (world.kitchen.state, world.service.dials) == (state, dials)
        assert len(world.noted()) == (state in TALKING - {State.OPENING})
        await world.hear(LATER)
        world.kitchen.post(events.MuteChanged(muted=False))
        await world.person.wake()
        await world.hear(SOON)
        assert world.said == 0
        assert world.noted()
        assert not any('"realtimeInput"' in frame or '"turnComplete": true' in frame for frame in world.noted())
        assert [result["status"] for result in world.results] == ["done"]

    in_state(state, scenario)


@pytest.mark.parametrize("state", State)
def test_when_idle(state: State) -> None:
    """It waits for the pause: there the model is to tell it; without a conversation the hub's own voice does, once.

    The model of this world never speaks of it: then the hub's voice does in the end.
    """

    async def scenario(world: World) -> None:
        dials = world.service.dials
        await world.give("tell", {"text": TEXT, "source": "washing machine", "scheduling": "WHEN_IDLE"})
        assert (world.kitchen.state, world.service.dials) == (state, dials)
        assert world.said == (state in AT_REST)
        assert len(world.noted()) == (state is State.FOLLOWING_UP)
        await world.hear(LATER)
        by_model = sum('"realtimeInput"' in frame for frame in world.noted())
        assert by_model == (state in {State.ACTING, State.SPEAKING, State.FOLLOWING_UP})
        assert world.said == 1
        assert [result["status"] for result in world.results] == ["done"]

    in_state(state, scenario)


@pytest.mark.parametrize("state", State)
def test_interrupt(state: State) -> None:
    """The hub's own voice says it at once, whatever is going on, once; the model learns that it was said."""

    async def scenario(world: World) -> None:
        dials = world.service.dials
        await world.give("tell", {"text": TEXT, "source": "washing machine", "scheduling": "INTERRUPT"})
        assert (world.said, world.service.dials) == (1, dials)
        assert world.kitchen.state is (State.FOLLOWING_UP if state is State.SPEAKING else state)
        await world.hear(LATER)
        world.kitchen.post(events.MuteChanged(muted=False))
        await world.person.wake()
        await world.hear(SOON)
        assert world.said == 1
        assert any("has said this aloud" in frame for frame in world.noted())
        assert not any('"realtimeInput"' in frame for frame in world.noted())
        assert [result["status"] for result in world.results] == ["done"]

    in_state(state, scenario)


@pytest.mark.parametrize("state", State)
def test_say(state: State) -> None:
    """The hub's own voice says it in the next pause, exactly once, and the result comes when it has been said."""

    async def scenario(world: World) -> None:
        dials = world.service.dials
        await world.give("say", TEXT)
        assert (world.kitchen.state, world.service.dials) == (state, dials)
        assert world.said == (state in PAUSE)
        await world.hear(LATER)
        assert world.said == 1
        assert [result["status"] for result in world.results] == ["done"]

    in_state(state, scenario)


@pytest.mark.parametrize("state", State)
def test_ask(state: State) -> None:
    """It is asked in the next pause, the model knows it, the person's first words are the result; never while muted."""

    async def scenario(world: World) -> None:
        await world.give("ask", TEXT)
        if state is State.MUTED:
            await world.hear(LATER)
            assert (world.said, world.service.dials, world.results[0]["status"]) == (0, 0, "refused")
            return
        assert world.said == (state in PAUSE)
        for _ in range(100):
            await world.hear(1.0)
            if world.said and world.kitchen.state is State.LISTENING and world.noted():
                break
        world.wire.say({"serverContent": {"inputTranscription": {"text": "Thanks.", "finished": True}}})
        await world.hear(LATER)
        assert world.said == 1
        assert [(result["status"], result["text"]) for result in world.results] == [("done", "Thanks.")]

    in_state(state, scenario)


@pytest.mark.parametrize("state", State)
def test_listen(state: State) -> None:
    """The microphone opens as after a wake word, but for a muted one."""

    async def scenario(world: World) -> None:
        dials = world.service.dials
        await world.give("listen", "PRESS")
        await world.hear(LATER if state is State.OPENING else 2.0)
        statuses = [result["status"] for result in world.results]
        if state is State.MUTED:
            assert (statuses, world.service.dials, world.kitchen.state) == (["refused"], 0, State.MUTED)
            return
        assert statuses == ["done"]
        assert world.service.dials - dials == (state in {State.IDLE, State.OPENING})

    in_state(state, scenario)


@pytest.mark.parametrize("state", State)
def test_stop(state: State) -> None:
    """Whatever is going on ends; a muted microphone stays muted."""

    async def scenario(world: World) -> None:
        await world.give("stop", "PRESS")
        assert world.kitchen.state is (State.MUTED if state is State.MUTED else State.IDLE)
        assert [result["status"] for result in world.results] == ["done"]

    in_state(state, scenario)


@pytest.mark.parametrize("state", State)
def test_mute(state: State) -> None:
    """The microphone closes in every state, and nothing said for an automation opens it."""

    async def scenario(world: World) -> None:
        await world.give("mute", "ON")
        assert world.kitchen.state is State.MUTED
        dials = world.service.dials
        await world.give("say", TEXT)
        await world.hear(5.0)
        await world.give("tell", {"text": TEXT, "scheduling": "INTERRUPT"})
        await world.hear(LATER)
        assert (world.said, world.service.dials, world.kitchen.state) == (2, dials, State.MUTED)

    in_state(state, scenario)
