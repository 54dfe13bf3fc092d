from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.continuation import GOOD_FOR, Continuation, Unsaved, fingerprint
from hubd.events import Answer, Backend, Call, CallStatus, Scheduling
from hubd.live.session import LONGEST
from hubd.news import Begun
from hubd.wishes import Fact, Standing

NOW = 1_795_000_000.0
GEMINI, OFFLINE = Backend.GEMINI, Backend.OFFLINE


def kept() -> Continuation:
    """Return a continuation with a handle of each backend, and an outcome that nobody heard."""
    continuation = Continuation()
    continuation.keep(GEMINI, "hush", "persona", NOW)
    continuation.keep(OFFLINE, "local", "persona", NOW)
    answer = Answer(Call("c1", "lock_door"), CallStatus.FAILED, Scheduling.INTERRUPT, {"message": "The door jams."})
    continuation.news.add([answer], NOW, sent=False)
    return continuation


def begun(call: str) -> Begun:
    """Return a call that is being carried out."""
    return Begun(call, "set_light", "kitchen lights", Scheduling.WHEN_IDLE, NOW)


class TestHandle:
    def test_each_backend_has_its_own(self) -> None:
        """A handle is good where it came from."""
        continuation = kept()
        assert continuation.handle(GEMINI, "persona", NOW) == "hush"
        assert continuation.handle(OFFLINE, "persona", NOW) == "local"
        continuation.erase(GEMINI)
        assert continuation.handle(GEMINI, "persona", NOW) is None
        assert continuation.handle(OFFLINE, "persona", NOW) == "local"

    @pytest.mark.parametrize(("age", "good"), [(0, True), (GOOD_FOR, True), (GOOD_FOR + 1, False), (-3600, False)])
    def test_age(self, age: float, *, good: bool) -> None:
        """110 minutes, and none if the clock was set back."""
        assert (kept().handle(GEMINI, "persona", NOW + age) is not None) is good

    def test_age_begins_with_the_end_of_the_connection(self) -> None:
        """While the connection is open the handle does not age."""
        continuation = kept()
        continuation.ended(GEMINI, NOW + 6000)
        assert continuation.handle(GEMINI, "persona", NOW + 6000 + GOOD_FOR) == "hush"

    def test_other_persona_or_tools(self) -> None:
        """Another set-up begins anew, and the handle is gone for good."""
        continuation = kept()
        assert continuation.handle(GEMINI, "other", NOW) is None
        assert continuation.handle(GEMINI, "persona", NOW) is None

    def test_sessions_that_come_to_nothing(self) -> None:
        """The second in a row that was taken up in vain costs the handle, its own backend's alone; then all is new."""
        continuation = kept()
        ends = (continuation.in_vain, continuation.of_use, continuation.in_vain, continuation.in_vain)
        for end, kept_on in zip(ends, (True, True, True, False), strict=True):
            end(GEMINI)
            assert (continuation.handle(GEMINI, "persona", NOW) is not None) is kept_on
        assert continuation.handle(OFFLINE, "persona", NOW) == "local"
        continuation.keep(GEMINI, "new", "persona", NOW)
        continuation.in_vain(GEMINI)
        assert continuation.handle(GEMINI, "persona", NOW) == "new"

    def test_secret(self) -> None:
        """No text that somebody may print holds it."""
        continuation = kept()
        assert "hush" not in repr(continuation.__dict__)

    def test_fingerprint(self) -> None:
        """Each part counts, and where it ends."""
        texts = [("a", "b"), ("ab", ""), ("a", "c"), ("a",)]
        assert len({fingerprint(parts) for parts in texts}) == 4
        assert fingerprint(("a", "b")) == fingerprint(["a", "b"])


class TestDisk:
    def test_there_and_back(self) -> None:
        """Gemini's handle and the outcome come back; the offline server forgets its sessions with the hub."""
        text = kept().dump()
        again = Continuation()
        assert again.restore(text, NOW + 60)
        assert again.handle(GEMINI, "persona", NOW + 60) == "hush"
        assert again.handle(OFFLINE, "persona", NOW + 60) is None
        assert again.news.waiting == kept().news.waiting

    @pytest.mark.parametrize("secret", ["x" * LONGEST, 'ß"\n\\\u2028'])
    def test_any_text_there_and_back(self, secret: str) -> None:
        """Whatever a session lets through can be kept."""
        before, again = kept(), Continuation()
        before.keep(GEMINI, secret, "persona", NOW)
        before.news.begin(Begun(secret, secret, "", Scheduling.SILENT, NOW))
        assert again.restore(before.dump(), NOW)
        assert (again.handle(GEMINI, "persona", NOW), again.news.items) == (secret, before.news.items)

    def test_begun_since(self) -> None:
        """A call that was begun after the text was written comes back with it; without the text, alone."""
        before = kept()
        text = before.dump()
        lines = [before.begin(begun(name)) for name in ("lamp\n", "ß\ud83d")]
        for written, items in ((text, kept().news.items), ("", ())):
            again = Continuation()
            assert again.restore("\n".join([written, *lines]), NOW)
            assert [item.call for item in again.news.items] == [*(item.call for item in items), "lamp\n", "ß?"]
            assert again.news.items[-2] == before.news.items[-2]
        assert before.unsaved is Unsaved.MUCH

    @given(st.data())
    def test_begun_and_cut(self, data: st.DataObject) -> None:
        """A line that was cut off is passed over, and what stands before it, or behind it, is not."""
        before = kept()
        text = before.dump()
        first, second, third = (before.begin(begun(name)) for name in ("one", "two", "three"))
        cut = second[: data.draw(st.integers(0, len(second) - 1))]
        again = Continuation()
        assert again.restore(f"{text}\n{first}\n{cut}\n{third}", NOW)
        assert [item.call for item in again.news.items[-2:]] == ["one", "three"]
        assert again.handle(GEMINI, "persona", NOW) == "hush"

    def test_half_a_character(self) -> None:
        """It is replaced, and costs nothing else."""
        before, again = kept(), Continuation()
        before.news.learn([Fact("door", "open\ud83d", Standing.KNOWN)], NOW, sent=False)
        assert again.restore(before.dump(), NOW)
        assert [item.message for item in again.news.items] == ["open?", "The door jams."]

    def test_aged_on_disk(self) -> None:
        """A handle ages while the hub is off."""
        again = Continuation()
        again.restore(kept().dump(), NOW + GOOD_FOR + 1)
        assert again.handle(GEMINI, "persona", NOW + GOOD_FOR + 1) is None

    @given(st.data())
    def test_torn(self, data: st.DataObject) -> None:
        """A text that was cut anywhere is none of ours, and changes nothing."""
        text = kept().dump()
        again = Continuation()
        assert not again.restore(text[: data.draw(st.integers(0, len(text) - 1))], NOW)
        assert again.news.items == ()

    @given(st.text() | st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False), st.lists).map(json.dumps))
    def test_foreign(self, text: str) -> None:
        """So is any other text."""
        assert not Continuation().restore(text, NOW)

    @pytest.mark.parametrize(
        "change",
        [
            {"hubd": 2},
            {"more": 1},
            {"handle": {"secret": ""}},
            {"news": None},
            {"handle": {"secret": "x", "since": "y"}},
        ],
    )
    def test_of_another_version(self, change: dict[str, object]) -> None:
        """What was written by another hubd is begun anew."""
        assert not Continuation().restore(json.dumps(json.loads(kept().dump()) | change), NOW)

    def test_how_much_there_is_to_save(self) -> None:
        """A newer handle matters some, an end or a loss matters much; saved, nothing."""
        continuation = Continuation()
        found = [continuation.unsaved]
        continuation.keep(GEMINI, "h", "p", NOW)
        found.append(continuation.unsaved)
        continuation.ended(GEMINI, NOW)
        continuation.keep(GEMINI, "h", "p", NOW)
        found.append(continuation.unsaved)
        continuation.dump()
        found.append(continuation.unsaved)
        continuation.erase(OFFLINE)
        found.append(continuation.unsaved)
        continuation.erase(GEMINI)
        found.append(continuation.unsaved)
        assert found == [
            Unsaved.NOTHING,
            Unsaved.SOME,
            Unsaved.MUCH,
            Unsaved.NOTHING,
            Unsaved.NOTHING,
            Unsaved.MUCH,
        ]
