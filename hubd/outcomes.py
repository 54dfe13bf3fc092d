"""What the model reads about a call: status, a sentence, the device's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from hubd.devices import phrases
from hubd.devices.expectations import Expectation
from hubd.devices.kinds import presentable
from hubd.devices.model import Command
from hubd.events import Answer, AnswerKind, Call, CallStatus, Scheduling
from hubd.own_functions import OwnCall
from hubd.requests import Refusal

# What the model may choose from instead of a name that does not exist.
_OPTIONS = "valid_options"
NAMES = "{names}"
_CONFIRM = "Nothing was done yet. Ask the person this now; after a yes make the same call again, after a no don't."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call.

    message: one sentence, fit to be spoken, that leaves nothing to ask again: a bare "ok" makes the model call again
    (``live-protocol.md`` 8.4). device: its spoken name, or empty. state: what it reported, in the front's units.
    retryable: whether the same call may be made once more. choices: names that are valid instead.
    confirm: what the model has to do for a person to say yes; empty where nobody has to.
    fault: what is to be said of it in a sum of several, with NAMES where the devices are named; empty if all is well.
    error: what went wrong, for the protocol's own key (``live-protocol.md`` 5); only where the model was left waiting.
    """

    status: CallStatus
    message: str
    device: str = ""
    state: Mapping[str, JsonValue] = field(default_factory=dict)
    retryable: bool = False
    choices: tuple[str, ...] = ()
    confirm: str = ""
    fault: str = ""
    error: str = ""

    def answer(self, call: Call, scheduling: Scheduling, kind: AnswerKind = AnswerKind.OUTCOME) -> Answer:
        """Return the answer to the call, with the JSON object that the model reads."""
        response: dict[str, JsonValue] = {"status": self.status.value}
        if self.device:
            response["device"] = self.device
        response["message"] = self.message
        if self.device:
            response["state"] = dict(self.state)
        response["retryable"] = self.retryable
        if self.choices:
            response[_OPTIONS] = list(self.choices)
        if self.confirm:
            response["confirm"] = self.confirm
        if self.error:
            response["error"] = self.error
        return Answer(call, self.status, scheduling, response, kind)


def state_of(command: Command, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return reported values as the model reads them: those of a kind in the front's units, rounded."""
    if command.function is None and command.device.kind is not None:
        return presentable(command.device.kind, values)
    return dict(values)


def confirmed(
    command: Command, label: str, expectation: Expectation, values: Mapping[str, JsonValue], status: CallStatus
) -> Outcome:
    """Return the outcome of a command that the device confirmed; status: done or late. label: its spoken name."""
    say = phrases.late if status is CallStatus.LATE else phrases.done
    return Outcome(status, say(command, label, expectation, values), label, state_of(command, values))


def unconfirmable(label: str) -> Outcome:
    """Return the outcome of a command that was sent where nothing can confirm it."""
    fault = f"the command was sent to {NAMES}, which can't confirm it"
    return Outcome(CallStatus.DONE, phrases.unconfirmable(label), label, fault=fault)


def unconfirmed(command: Command, label: str, expectation: Expectation, values: Mapping[str, JsonValue]) -> Outcome:
    """Return the outcome of a command that was sent, but not confirmed; values: what was reported instead.

    Only the functions of a kind may be tried again: one spelled out may toggle.
    """
    contrary = expectation.contradicted_by(values)
    message = (phrases.contradicted if contrary else phrases.unconfirmed)(command, label, expectation, values)
    fault = f"{NAMES} reported the contrary" if contrary else f"{NAMES} did not answer"
    retryable = command.function is None
    return Outcome(CallStatus.FAILED, message, label, state_of(command, values), retryable=retryable, fault=fault)


def went_back(command: Command, label: str, values: Mapping[str, JsonValue]) -> Outcome:
    """Return what is told of a device that did not stay as it was told to be; values: what it reported since."""
    state = state_of(command, values)
    return Outcome(CallStatus.FAILED, phrases.went_back(command, label, state), label, state)


def after_all(command: Command, label: str, expectation: Expectation, values: Mapping[str, JsonValue]) -> Outcome:
    """Return what is told of a device that did what it was told to, after it had reported the contrary."""
    message = phrases.after_all(command, label, expectation, values)
    return Outcome(CallStatus.LATE, message, label, state_of(command, values))


def not_sent(label: str, reason: str, *, retryable: bool) -> Outcome:
    """Return the outcome of a command that did not reach the broker."""
    fault = f"nothing was sent to {NAMES}: {reason}"
    return Outcome(CallStatus.FAILED, phrases.not_sent(label, reason), label, retryable=retryable, fault=fault)


def too_many(label: str, reason: str) -> Outcome:
    """Return the outcome of a command that would be more than may go out in a second."""
    fault = f"nothing was sent to {NAMES}: {reason}"
    return Outcome(CallStatus.REFUSED, phrases.not_sent(label, reason), label, retryable=True, fault=fault)


def refused(refusal: Refusal) -> Outcome:
    """Return the outcome of a call that did not pass the check."""
    return Outcome(CallStatus.REFUSED, refusal.message, retryable=True, choices=refusal.choices)


def nobody(call: OwnCall) -> Outcome:
    """Return the outcome of a call that the hub itself would carry out, where nobody in it does."""
    return Outcome(CallStatus.REFUSED, f"{call.name} is not possible here.")


def to_confirm(command: Command, label: str) -> Outcome:
    """Return the answer to a call that is carried out after a person's yes only."""
    message = phrases.to_confirm(command, label)
    return Outcome(CallStatus.REFUSED, message, label, retryable=True, confirm=_CONFIRM)


def nobody_to_confirm(_command: Command, label: str) -> Outcome:
    """Return the outcome of a call that needs a person's yes, where nobody can give it."""
    message = (
        f"For {phrases.the(label)} a person has to say yes aloud, which is not possible here: say it to the hub, "
        "or use hubd devices try with --yes."
    )
    return Outcome(CallStatus.REFUSED, message, label)


def early(label: str, status: CallStatus, after: float) -> Outcome:
    """Return what is said of a call that has no outcome after so many seconds; status: ON_ITS_WAY or FAILED."""
    if status is CallStatus.FAILED:
        late = f"no report within {after:g} s"
        return Outcome(status, phrases.waited_in_vain(label, after), label, error=late)
    return Outcome(status, phrases.on_its_way(label), label)


def lost_sight_of(label: str) -> Outcome:
    """Return what is known of a call that was being carried out when the hub ended."""
    return Outcome(CallStatus.FAILED, phrases.lost_sight_of(label), label)


def cut_short(label: str, reason: str = "") -> Outcome:
    """Return the outcome of a command of which only a part was sent: the call was taken back, or there is a reason."""
    fault = f"only a part of the command was sent to {NAMES}"
    return Outcome(CallStatus.FAILED, phrases.cut_short(label, reason), label, retryable=bool(reason), fault=fault)


def taken_back_too_late(outcome: Outcome) -> Outcome:
    """Return what is told of a call that the model took back when its command had gone out already."""
    return replace(outcome, message=f"The call was taken back too late. {outcome.message}", retryable=False)


def duplicate(earlier: Answer | None) -> Outcome:
    """Return the outcome of a call whose equal was carried out before, or is being carried out now."""
    if earlier is None or earlier.status is CallStatus.CANCELLED:
        said = "This is already being done; the same call is not carried out a second time."
    else:
        said = f"The same call was made before, and is not carried out again. {earlier.response.get('message', '')}"
    return Outcome(CallStatus.DUPLICATE, said)


def cancelled() -> Outcome:
    """Return the outcome of a call that the model took back."""
    return Outcome(CallStatus.CANCELLED, "The call was taken back.")


def ending() -> Outcome:
    """Return the outcome of the call that ends the conversation."""
    return Outcome(CallStatus.DONE, "The conversation ends.")
