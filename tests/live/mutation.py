"""Frames with something wrong: made from good ones, the same for the same seed."""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic.alias_generators import to_snake

CAPTURED: Final = Path(__file__).resolve().parents[2] / ".." / "shared" / "reference" / "live-frames"
_SOUND: Final = base64.b64encode(bytes(range(256)) * 5).decode()

# Client frames as hubd and Google's client send them, server frames as the service sends them.
CLIENT_FRAMES: Final[tuple[str, ...]] = (
    (
        '{"setup":{"model":"models/gemini-3.8-live","generationConfig":{"responseModalities":["AUDIO"],"temperature":0.4,'
        '"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Leda"}}}},"systemInstruction":{"parts":[{'
        '"text":"Speak for the house."}]},"tools":[{"functionDeclarations":[{"name":"set_light","description":"Lamp.",'
        '"behavior":"NON_BLOCKING","parameters":{"type":"OBJECT","properties":{"device":{"type":"STRING","enum":["lamp"]},'
        '"brightness":{"type":"INTEGER","minimum":0,"maximum":100}},"required":["device"]}}]},{"googleSearch":{}}],'
        '"realtimeInputConfig":{"automaticActivityDetection":{"disabled":true}},"sessionResumption":{"handle":"x"},'
        '"contextWindowCompression":{"triggerTokens":"25000","slidingWindow":{"targetTokens":"8000"}},'
        '"inputAudioTranscription":{},"outputAudioTranscription":{}}}'
    ),
    '{"realtimeInput":{"activityStart":{}}}',
    '{"realtimeInput":{"activityEnd":{}}}',
    '{"realtimeInput":{"audioStreamEnd":true}}',
    '{"realtimeInput":{"text":"turn on the lamp"}}',
    '{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"' + _SOUND + '"}}}',
    '{"realtime_input":{"video":{"mimeType":"image/jpeg","data":"_9j_"}}}',
    (
        '{"clientContent":{"turns":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"text":"Hi"}]}],'
        '"turnComplete":true}}'
    ),
    (
        '{"toolResponse":{"functionResponses":[{"id":"call_1","name":"set_light","scheduling":"WHEN_IDLE",'
        '"willContinue":true,"response":{"result":{"device":"lamp","state":{"on":true,"brightness":40.5}}}}]}}'
    ),
)
SERVER_FRAMES: Final[tuple[str, ...]] = (
    '{"setupComplete":{}}',
    "{}",
    '{"sessionResumptionUpdate":{}}',
    '{"sessionResumptionUpdate":{"newHandle":"c2c0c8c4","resumable":true,"lastConsumedClientMessageIndex":"7"}}',
    '{"serverContent":{"modelTurn":{"role":"model","parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"'
    + _SOUND
    + '"}}]},"outputTranscription":{"text":" Moving it"}}}',
    (
        '{"serverContent":{"modelTurn":{"parts":[{"text":"hm","thought":true},{"executableCode":{"language":"PYTHON",'
        '"code":"print(1)"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}}]}}}'
    ),
    (
        '{"serverContent":{"groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://x","title":"X"}}],'
        '"webSearchQueries":["x"]}}}'
    ),
    '{"serverContent":{"inputTranscription":{"text":"turn it on","finished":true},"interrupted":true}}',
    '{"serverContent":{"generationComplete":true}}',
    (
        '{"serverContent":{"turnComplete":true},"usageMetadata":{"promptTokenCount":412,"responseTokenCount":55,'
        '"totalTokenCount":467,"responseTokensDetails":[{"modality":"AUDIO","tokenCount":55}]}}'
    ),
    (
        '{"toolCall":{"functionCalls":[{"id":"call_1","name":"set_light","args":{"device":"lamp","brightness":40}},'
        '{"id":"call_2","name":"lock"}]}}'
    ),
    '{"toolCallCancellation":{"ids":["call_1"]}}',
    '{"goAway":{"timeLeft":"9.500s"}}',
    '{"voiceActivity":{"type":"ACTIVITY_START","audioOffset":"1s"},"serverContent":{}}',
    '{"error":{"code":13,"message":"Internal","status":"INTERNAL"}}',
)
_BYTES: Final = (
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b'"',
    b"\\",
    b"{",
    b"]",
    b",",
    b"\r\n",
    b"1e999",
)
_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 3, 99, 2**31, -(2**31) - 1, 2**63, 2**64, 10**40, 0.5, 1e308, -0.0),
    *(
        "",
        "x",
        "5",
        "1e999999999s",
        "9999999999999s",
        "-1s",
        "AUDIO",
        "silent",
        "models/",
        "\ud83d",
        "\u202e\x07",
        "=" * 9,
    ),
    *([], {}, [None], [[]], [{}], {"": None}, {"x": {"x": {"x": [1, 2, [3]]}}}, ["x"] * 300, "y" * 20_000),
)


def client_corpus() -> tuple[str, ...]:
    """Return good client frames, with those captured from Google's own client where they are there."""
    captured = (path.read_text() for path in sorted(CAPTURED.glob("*.json")) if not path.name.startswith("handshake-"))
    return (*CLIENT_FRAMES, *captured)


class Mutator:
    """An endless source of frames, each a good one with one to three things done to it."""

    def __init__(self, corpus: Sequence[str], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- to be repeated, not to be secret
        self._corpus = tuple(corpus)
        self._bytes = tuple(frame.encode() for frame in corpus)

    def frames(self, count: int) -> Iterator[bytes]:
        """Yield so many."""
        for _ in range(count):
            yield self.frame()

    def frame(self) -> bytes:
        """Return the next."""
        draw = self._random
        if draw.random() < 0.5:
            value = json.loads(draw.choice(self._corpus))
            for _ in range(draw.randint(1, 3)):
                value = self._bend(value)
            return json.dumps(value, ensure_ascii=draw.random() < 0.5).encode(errors="surrogatepass")
        data = draw.choice(self._bytes)
        for _ in range(draw.randint(1, 3)):
            data = self._break(data)
        return data

    def _break(self, data: bytes) -> bytes:
        draw = self._random
        at, to = sorted((draw.randint(0, len(data)), draw.randint(0, len(data))))
        nest = draw.choice((b"[", b'{"a":', b'{"setup":')) * draw.choice((3, 200, 3000))
        return draw.choice(
            (
                data[:at],
                data[:at] + data[to:],
                data[:to] + data[at:to] + data[to:],
                data[:at] + draw.choice(_BYTES) + data[at:],
                data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :],
                data[:at] + draw.choice(self._bytes)[-to:],
                data[:at] + nest + data[at:],
                data + draw.choice((data, b" ", b"{}", b"\n" * 50)),
            )
        )

    def _bend(self, value: Any) -> Any:
        """Do something to one place of a JSON value."""
        draw = self._random
        places = list(_places(value))
        if not places:
            return copy.deepcopy(draw.choice(_VALUES))
        holder, key = draw.choice(places)
        acts: list[Callable[[], object]] = [
            lambda: holder.__setitem__(key, copy.deepcopy(draw.choice(_VALUES))),
            lambda: holder.__setitem__(key, [holder[key]]),
            lambda: holder.__setitem__(key, {str(key): holder[key]}),
            lambda: holder.__setitem__(key, json.loads(draw.choice(self._corpus))),
            lambda: holder.__delitem__(key),
        ]
        if isinstance(holder, dict):
            name = draw.choice((f"{key}x", to_snake(str(key)), str(key).upper(), "", "x" * 5000, "\u0000", "setup"))
            acts += [
                lambda: holder.__setitem__(name, holder.pop(key)),
                lambda: holder.__setitem__(name, copy.deepcopy(holder[key])),
            ]
        draw.choice(acts)()
        return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a JSON value, as what holds it with its key."""
    keys: Sequence[Any] = (
        list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from _places(value[key])
