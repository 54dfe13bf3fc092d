"""P1: cut after any frame, each command is published exactly once, each outcome reaches the model."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest

from hubd.events import CallStatus
from hubd.news import Item, News
from hubd.simulator.script import Cut, Direction
from tests.promises.blank import Blank
from tests.promises.recorded import Case, Course, replay
from tests.promises.stories import BLINDS, ENDINGS, GARAGE, LIGHT, STORIES

# Of the frames with nothing but sound that a hub sends which leaves it to the server to find the turns.
EVERY_SOUND = 24
EVERY_ON_LOOPBACK = 7


def cuts(course: Course, *, every_sound: int = 1) -> Iterator[tuple[Direction, int]]:
    """Yield after which frames of a conversation to cut; every_sound: only each so manieth of those with sound."""
    counts, sounds = Counter[Direction](), 0
    for frame in course.frames[: course.recorded]:
        counts[frame.direction] += 1
        if frame.text.startswith('{"realtimeInput":{"audio"'):
            sounds += 1
            if sounds % every_sound:
                continue
        yield frame.direction, counts[frame.direction]


def by_turns(frames: Iterable[tuple[Direction, int]]) -> Iterator[Cut]:
    """Yield one cut for each frame, in one way after the other."""
    for frame, how in zip(frames, itertools.cycle(ENDINGS.values()), strict=False):
        yield Cut(*frame, how)


def hold(tell: Callable[[str], None], label: str, cases: Iterable[Case], *, each_of: str = "") -> None:
    """Replay the cases, say how many there are, and fail if something breaks the promise in one; each_of: of what."""
    count, found = 0, []
    for case in cases:
        count += 1
        course = replay(case)
        found += [f"{case}: {violation}" for violation in course.violations]
        if course.repeats:
            found.append(f"{case}: the person had to ask again")
    each = f": each of {each_of}" if each_of else ""
    tell(f"P1: {label}: {count} cases, {len(found)} violations{each}")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("manual", [True, False])
@pytest.mark.parametrize("story", STORIES)
def test_recorded_conversations(story: str, *, manual: bool) -> None:
    """Uncut: two utterances, an interruption, a slow call and a failing one among three, a goAway, all kept."""
    course = replay(Case(story, manual=manual))
    frames = [json.loads(frame.text) for frame in course.frames[: course.recorded]]
    assert len(frames) >= 60
    assert not course.violations
    assert not course.repeats
    assert [call.name for visit in course.visits for call in visit.calls] == [LIGHT, BLINDS, GARAGE]
    assert course.statuses == {CallStatus.DONE: 2, CallStatus.FAILED: 1}
    assert sum("goAway" in frame for frame in frames) == 1
    assert sum(frame.get("serverContent", {}).get("interrupted", False) for frame in frames) == 1
    assert ["toolCallCancellation" in frame for frame in frames].count(True) == (story == "a call taken back")
    assert len(course.visits) == 3
    assert len([turn for visit in course.visits for turn in visit.turns if turn.pcm]) == 3


@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", STORIES)
def test_cut_after_every_frame(story: str, tell: Callable[[str], None]) -> None:
    """Whichever frame was the last, and however the connection ended, nothing happens twice and nothing is lost."""
    frames = list(cuts(replay(Case(story))))
    cases = (Case(story, (Cut(*frame, how),)) for frame in frames for how in ENDINGS.values())
    hold(tell, story, cases, each_of=f"{len(frames)} frames, {', '.join(ENDINGS)}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", STORIES)
def test_cut_before_a_service_that_names_calls_again(story: str, tell: Callable[[str], None]) -> None:
    """A service that, after a resumption, asks for the calls of before by their ids, gets nothing done twice."""
    frames = list(cuts(replay(Case(story))))
    cases = (Case(story, (cut,), naming_again=True) for cut in by_turns(frames))
    hold(tell, f"{story}, calls named again", cases, each_of=f"{len(frames)} frames")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", STORIES)
def test_cut_where_the_server_finds_the_turns(story: str, tell: Callable[[str], None]) -> None:
    """The same, with a microphone that is open all the time."""
    frames = list(cuts(replay(Case(story, manual=False)), every_sound=EVERY_SOUND))
    cases = (Case(story, (cut,), manual=False) for cut in by_turns(frames))
    hold(tell, f"{story}, open microphone", cases)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("story", STORIES)
def test_cut_on_loopback(story: str, tell: Callable[[str], None]) -> None:
    """The same over real connections, for a sample of the frames."""
    frames = list(cuts(replay(Case(story))))[::EVERY_ON_LOOPBACK]
    cases = (Case(story, (cut,), loopback=True) for cut in by_turns(frames))
    hold(tell, f"{story}, real connections", cases)


def test_without_a_ledger() -> None:
    """With the ledger switched off the same replays show commands that were published twice."""
    story = next(iter(STORIES))
    frames = list(cuts(replay(Case(story))))[::8]
    cases = [Case(story, (Cut(*frame, ENDINGS["reset"]),), naming_again=True) for frame in frames]
    found = [violation for case in cases for violation in replay(case, Blank()).violations]
    assert any("was published 2 times" in violation for violation in found)


def test_without_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing carried over the same replays show outcomes that the model never heard of."""
    nothing: tuple[Item, ...] = ()
    monkeypatch.setattr(News, "waiting", nothing)
    story = next(iter(STORIES))
    cases = [Case(story, (Cut(*frame, ENDINGS["reset"]),)) for frame in list(cuts(replay(Case(story))))[::8]]
    found = [violation for case in cases for violation in replay(case).violations]
    assert any("the model does not know" in violation for violation in found)
