from __future__ import annotations

from collections.abc import Iterable

from hubd.effects import Tell
from hubd.events import Backend, LinkLost, LinkReady
from hubd.minutes import Minutes
from hubd.reports import HeardReport, Report, SaidReport, SessionChange, SessionReport

READY = LinkReady(Backend.GEMINI, resumed=False)


def reports(tells: Iterable[Tell]) -> list[Report]:
    """Return what is told."""
    return [tell.report for tell in tells]


class TestSession:
    def test_opened_and_closed(self) -> None:
        """The end has the reason that was set; the next end has its own."""
        minutes = Minutes()
        assert reports(minutes.open(READY)) == [SessionReport(SessionChange.OPENED, Backend.GEMINI)]
        minutes.reason = "stopped"
        assert reports(minutes.close(interrupted=False)) == [
            SessionReport(SessionChange.CLOSED, Backend.GEMINI, "stopped")
        ]
        minutes.open(READY)
        assert reports(minutes.close(interrupted=False)) == [SessionReport(SessionChange.CLOSED, Backend.GEMINI)]

    def test_resumed(self) -> None:
        """A session that goes on from a handle is told as such."""
        told = reports(Minutes().open(LinkReady(Backend.OFFLINE, resumed=True)))
        assert told == [SessionReport(SessionChange.RESUMED, Backend.OFFLINE)]

    def test_failed(self) -> None:
        """A session that failed is not closed as well."""
        minutes = Minutes()
        minutes.open(READY)
        assert reports(minutes.lose(LinkLost(Backend.GEMINI, "gone"))) == [
            SessionReport(SessionChange.FAILED, Backend.GEMINI, "gone")
        ]
        assert reports(minutes.close(interrupted=False)) == []

    def test_never_opened(self) -> None:
        """A session that never was is not closed."""
        assert reports(Minutes().close(interrupted=False)) == []

    def test_reason_from_before(self) -> None:
        """A reason that was set between two conversations is none."""
        minutes = Minutes()
        minutes.reason = "the microphone was muted"
        minutes.open(READY)
        assert minutes.reason == ""


class TestWords:
    def test_pitfall_29_person_is_heard_piece_by_piece(self) -> None:
        """Each piece tells all that was heard so far; final is told once, when the model begins."""
        minutes = Minutes()
        assert reports(minutes.hear(" Turn on", final=False)) == [HeardReport("Turn on", final=False)]
        assert reports(minutes.hear(" the light", final=False)) == [HeardReport("Turn on the light", final=False)]
        assert reports(minutes.say(" Done")) == [HeardReport("Turn on the light", final=True)]
        assert reports(minutes.say(".")) == []
        assert reports(minutes.close_turn(interrupted=False)) == [SaidReport("Done.", interrupted=False)]
        assert reports(minutes.close_turn(interrupted=False)) == []

    def test_server_says_that_it_is_final(self) -> None:
        """Then it is told as final at once, and not again."""
        minutes = Minutes()
        assert reports(minutes.hear("Lights.", final=True)) == [HeardReport("Lights.", final=True)]
        assert reports(minutes.say("Done.")) == []

    def test_silent_turn(self) -> None:
        """A turn without a word closes what the person said."""
        minutes = Minutes()
        minutes.hear("Lights", final=False)
        assert reports(minutes.close_turn(interrupted=False)) == [HeardReport("Lights", final=True)]

    def test_cut_short(self) -> None:
        """The end of the conversation closes what is open, before the session."""
        minutes = Minutes()
        minutes.open(READY)
        minutes.say("Once upon")
        assert reports(minutes.close(interrupted=True)) == [
            SaidReport("Once upon", interrupted=True),
            SessionReport(SessionChange.CLOSED, Backend.GEMINI),
        ]

    def test_blanks_are_no_words(self) -> None:
        """A piece without a letter is not told as said."""
        minutes = Minutes()
        minutes.say("  ")
        minutes.hear("", final=True)
        assert reports(minutes.close_turn(interrupted=False)) == []
