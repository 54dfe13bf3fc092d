"""What follows when others than the person want something said, asked, listened to."""

from __future__ import annotations

from hubd import effects
from hubd.crossing import speech_without_line
from hubd.events import Backend
from hubd.notices import MUTED, UNHEARD, Notice, Purpose, bounded, plain, result
from hubd.pace import BargeIn
from hubd.parts import Parts
from hubd.patience import Awaiting
from hubd.reports import HeardReport, SaidReport, ToldReport
from hubd.states import State
from hubd.wishes import (
    NAMELESS,
    Announced,
    AskAsked,
    Ending,
    Fact,
    ListenAsked,
    SayAsked,
    Scheduling,
    Sign,
    Standing,
    Told,
    WishStatus,
)

_ANOTHER = "another question is open"


def wished(parts: Parts, event: Told | SayAsked | AskAsked | ListenAsked | Announced, now: float) -> State:
    """Return the state after a wish, or the end of what was announced for one."""
    match event:
        case Told():
            return _told(parts, event, now)
        case SayAsked():
            return _say_asked(parts, event, now)
        case AskAsked():
            return _ask_asked(parts, event, now)
        case ListenAsked():
            return _listen_asked(parts, event, now)
        case Announced():
            return _announced(parts, event, now)


def _told(parts: Parts, event: Told, now: float) -> State:
    """Return the state after news from an automation."""
    source, text = plain(event.source), bounded(event.text)
    parts.effects.append(effects.Tell(ToldReport(source, text, event.scheduling)))
    if event.scheduling is Scheduling.SILENT:
        parts.effects.append(effects.Learn((Fact(source, text, Standing.KNOWN),)))
        return parts.state
    sign = Sign.ALERT if event.scheduling is Scheduling.INTERRUPT else None
    return _wait(parts, Notice(Purpose.TELL, text, sign, event.scheduling, source=source), now)


def _say_asked(parts: Parts, event: SayAsked, now: float) -> State:
    """Return the state after somebody wants a text said."""
    if event.replaces:
        parts.effects += parts.notices.supersede()
    heard = parts.state is not State.MUTED
    notice = Notice(
        Purpose.LISTEN if event.then_listen and heard else Purpose.SAY,
        bounded(event.text),
        event.sign,
        event.scheduling,
        event.request,
        source=NAMELESS,
        volume=event.volume,
        remark=UNHEARD if event.then_listen and not heard else "",
    )
    return _wait(parts, notice, now)


def _ask_asked(parts: Parts, event: AskAsked, now: float) -> State:
    """Return the state after somebody wants the person asked."""
    if parts.state is State.MUTED or parts.notices.asking:
        reason = MUTED if parts.state is State.MUTED else _ANOTHER
        parts.effects.append(effects.Reply(event.request, WishStatus.REFUSED, reason))
        return parts.state
    notice = Notice(Purpose.ASK, bounded(event.text), request=event.request, source=NAMELESS, timeout=event.timeout)
    return _wait(parts, notice, now)


def _listen_asked(parts: Parts, event: ListenAsked, now: float) -> State:
    """Return the state after somebody wants the microphone opened: as after a wake word."""
    if parts.state is State.MUTED:
        parts.effects.append(effects.Reply(event.request, WishStatus.REFUSED, MUTED))
        return parts.state
    if event.context:
        _told(parts, Told(NAMELESS, event.context, Scheduling.SILENT), now)
    parts.effects += (*parts.notices.cut(), *parts.ear.uncover(), effects.Quiet())
    if parts.state is State.IDLE or (parts.state is State.FOLLOWING_UP and parts.bridge.cut_off):
        sign = Sign.WOKE if parts.pace.chime and not event.silent else None
        notice = Notice(Purpose.LISTEN, "", sign, Scheduling.INTERRUPT, event.request, timeout=event.timeout)
        return _wait(parts, notice, now)
    parts.patience.first_word = event.timeout
    parts.notices.openers.append(event.request)
    if parts.state is State.OPENING:
        return parts.state
    parts.effects += parts.notices.opened()
    parts.patience.renew(now)
    if parts.state is State.SPEAKING:
        parts.hush()
        parts.floor.refuse()
        return State.LISTENING
    parts.expect(parts.patience.awaiting, now)
    parts.extend(now)
    return parts.state


def _announced(parts: Parts, event: Announced, now: float) -> State:
    """Return the state after an announcement."""
    notice = parts.notices.over(event.number)
    if notice is None:
        return parts.state
    parts.effects += parts.ear.uncover()
    if notice.text and event.ending is not Ending.UNSPEAKABLE:
        parts.effects.append(effects.Tell(SaidReport(notice.text, event.ending is Ending.CUT)))
    parts.patience.renew(now)
    parts.extend(now)
    state = parts.state
    if notice.opens_microphone and event.ending is Ending.PLAYED:
        state = _listen(parts, notice, event.position)
    else:
        parts.effects += result(notice, event.ending)
    if state is parts.state:
        return proceed(parts, now)
    if parts.notices.urgent:
        _play(parts)
    return state


def proceed(parts: Parts, now: float) -> State:
    """Play what may be played now; return the state that follows.

    Call it when a notice came, and when its moment may have: another one, an answer, a conversation is over.
    """
    notices = parts.notices
    if notices.urgent:
        parts.effects += notices.give_way()
        if notices.playing:
            return parts.state
        state = parts.state
        if state is State.SPEAKING and parts.floor.sounding:
            parts.hush()
            parts.floor.refuse()
            state = parts.after_answer()
        _play(parts)
        return state
    pause = parts.state is State.FOLLOWING_UP and parts.patience.awaiting is Awaiting.SPEECH
    if notices.playing or not (pause or parts.state in {State.IDLE, State.MUTED}):
        return parts.state
    # The offline server takes every text for a request: the hub tells such facts itself.
    if pause and parts.minutes.backend is Backend.GEMINI and (facts := notices.hand_over()):
        parts.effects.append(effects.Learn(tuple(each.fact(Standing.WANTED) for each in facts)))
        parts.bridge.departure.turn_began()
        parts.patience.awaiting = Awaiting.ANSWER
        parts.extend(now)
    else:
        _play(parts)
    return parts.state


def answered(parts: Parts) -> None:
    """Let who asked have what the person has just said, if anything is asked and anything was said."""
    if parts.notices.question is None:
        return
    for effect in tuple(parts.effects):
        match effect:
            case effects.Tell(HeardReport(text, True)):
                parts.effects += parts.notices.answered(text)
            case _:
                pass


def _wait(parts: Parts, notice: Notice, now: float) -> State:
    parts.effects += parts.notices.add(notice)
    return proceed(parts, now)


def _play(parts: Parts) -> None:
    played = parts.notices.play()
    if played and parts.pace.barge_in is not BargeIn.SPEECH:
        parts.effects += parts.ear.cover()
    parts.effects += played


def _listen(parts: Parts, notice: Notice, position: int) -> State:
    """Return the state in which the person is listened to, from this position in the uplink on."""
    notices = parts.notices
    parts.patience.first_word = notice.timeout
    if notice.purpose is Purpose.ASK:
        notices.question = notice.request
        parts.effects.append(effects.Learn((notice.fact(Standing.ASKED),)))
    else:
        notices.openers.append(notice.request)
        parts.effects += (effects.Learn((notice.fact(Standing.SAID),)),) if notice.text else ()
    if parts.state is State.IDLE:
        parts.bridge.progressed()
        # What the last conversation left to be played was played before.
        parts.floor.hush()
        parts.patience.awaiting = Awaiting.SPEECH
        parts.ear.woke(position, position)
        return State.OPENING
    if parts.state is State.FOLLOWING_UP and parts.bridge.cut_off:
        parts.ear.woke(position, position)
        return speech_without_line(parts)
    if parts.state is not State.OPENING:
        parts.effects += notices.opened()
    return State.LISTENING if parts.state is State.FOLLOWING_UP else parts.state
