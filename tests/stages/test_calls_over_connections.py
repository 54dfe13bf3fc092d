"""Calls, their outcomes, connections that come and go: the act stage behind real sessions."""

from __future__ import annotations

import json

from pydantic import JsonValue

from hubd.events import AnswerKind, Backend, CallsCancelled, CallStatus, ToolsAsked
from hubd.live.models import capabilities
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from tests.stages.act_fakes import House, in_virtual_time
from tests.virtual_time import pass_time

KITCHEN = "zigbee2mqtt/kitchen_lights"
LAMP_ON: dict[str, JsonValue] = {"device": "kitchen lights", "on": True}
MODEL = "gemini-3.8-live"


class Connection:
    """A session, with the house that its calls are for."""

    def __init__(self, house: House, model: str = MODEL) -> None:
        self._house = house
        self._passed_on = len(house.given())
        self.session = LiveSession(Opening(SessionSettings(model=model), ()), None, Backend.GEMINI)
        self.session.data_to_send()
        self.session.receive('{"setupComplete":{}}')

    def says(self, frame: dict[str, JsonValue]) -> None:
        """Let the server say something; its calls and cancellations reach the house."""
        for event in self.session.receive(json.dumps(frame)):
            match event:
                case ToolsAsked(calls):
                    self._house.act.ask(calls)
                case CallsCancelled(ids):
                    self._house.act.cancel(ids)
                case _:
                    pass

    def asks(self, *ids: str, name: str = "set_light", **arguments: JsonValue) -> None:
        """Let the model call a function, in one frame for all ids."""
        calls: list[JsonValue] = [{"id": call_id, "name": name, "args": dict(arguments or LAMP_ON)} for call_id in ids]
        self.says({"toolCall": {"functionCalls": calls}})

    def hears(self) -> list[list[dict[str, JsonValue]]]:
        """Return the responses that the model hears now, one list a frame; what it won't listen to is in unheard."""
        fresh = self._house.batches()[self._passed_on :]
        self._passed_on = len(self._house.batches())
        self.unheard = [each for batch in fresh for each in self.session.respond(batch)]
        return [json.loads(frame)["toolResponse"]["functionResponses"] for frame in self.session.data_to_send()]


def test_pitfall_31_the_same_wish_on_another_connection() -> None:
    """The connection breaks, the model asks again: nothing is sent twice, the new call hears that it is being done."""

    async def scenario(house: House) -> None:
        Connection(house).asks("a")
        await house.settle()
        second = Connection(house)
        second.asks("b")
        ((response,),) = second.hears()
        assert (response["id"], response["scheduling"]) == ("b", "SILENT")
        assert "already being done" in str(response["response"])
        house.broker.say(KITCHEN, {"state": "ON"})
        await house.settle()
        assert second.hears() == []
        assert [(each.call.id, each.status) for each in second.unheard] == [("a", CallStatus.DONE)]
        assert len(house.broker.published) == 1

    in_virtual_time(scenario)


def test_pitfall_31_five_equal_calls_are_answered_in_one_frame_or_two() -> None:
    """The one that is carried out has its outcome, the four others an answer in silence."""

    async def scenario(house: House) -> None:
        connection = Connection(house)
        connection.asks("1", "2", "3", "4", "5")
        await pass_time(0.1)
        house.broker.say(KITCHEN, {"state": "ON"})
        await house.settle()
        early, late = connection.hears()
        assert sorted(str(each["id"]) for each in early) == ["2", "3", "4", "5"]
        assert {each["scheduling"] for each in early} == {"SILENT"}
        assert [each["id"] for each in late] == ["1"]
        assert connection.session.open_calls == ()

    in_virtual_time(scenario)


def test_pitfall_7_an_outcome_whose_connection_is_gone_is_no_response() -> None:
    """The next connection hands it back, to be told as text."""

    async def scenario(house: House) -> None:
        Connection(house).asks("a")
        await house.settle()
        house.broker.say(KITCHEN, {"state": "ON"})
        await house.settle()
        second = Connection(house)
        assert second.session.respond(house.given()) == tuple(house.given())
        assert second.session.data_to_send() == []

    in_virtual_time(scenario)


def test_the_same_call_on_another_connection_has_its_answer_there() -> None:
    """A server that names an open call again after resuming hears of it under its id."""

    async def scenario(house: House) -> None:
        Connection(house).asks("a")
        await house.settle()
        second = Connection(house)
        second.asks("a")
        house.broker.say(KITCHEN, {"state": "ON"})
        await house.settle()
        ((response,),) = second.hears()
        assert response["id"] == "a"
        assert len(house.broker.published) == 1

    in_virtual_time(scenario)


def test_pitfall_32_a_cancellation_after_the_command_went_out() -> None:
    """No response goes out for the call, on whichever connection; what happened comes as an afterword."""

    async def scenario(house: House) -> None:
        connection = Connection(house)
        connection.asks("a")
        await house.settle()
        connection.says({"toolCallCancellation": {"ids": ["a"]}})
        house.broker.say(KITCHEN, {"state": "ON"})
        await house.settle()
        assert connection.hears() == []
        (afterword,) = connection.unheard
        assert (afterword.kind, afterword.status) == (AnswerKind.AFTERWORD, CallStatus.DONE)

    in_virtual_time(scenario)


def test_pitfall_33_what_the_model_reads_is_a_sentence() -> None:
    """Every response has a message that can be spoken as it is: no topic, no JSON, no bare "ok"."""

    async def scenario(house: House) -> None:
        connection = Connection(house)
        connection.asks("1")
        connection.asks("2")
        connection.asks("3", name="set_light", device="no such lamp", on=True)
        connection.asks("4", name="open_garage_door")
        connection.asks("5", name="no_such_function")
        await pass_time(30)
        responses = [response for frame in connection.hears() for response in frame]
        assert len(responses) == 5
        for response in responses:
            body = response["response"]
            assert isinstance(body, dict)
            message = str(body["message"])
            assert message[0].isupper()
            assert message.endswith((".", "?"))
            assert len(message) < 200
            assert not {"{", "}", "/"} & set(message)

    in_virtual_time(scenario)


def test_pitfall_36_capabilities_say_who_hears_one_frame_only() -> None:
    """2.5 models do; all others hear of each call when it is known."""
    assert capabilities("gemini-2.5-flash-native-audio-preview-12-2025").answers_together
    assert not capabilities("gemini-3.8-live").answers_together
    assert not capabilities("nobody-knows-it").answers_together
