"""How often the offline recogniser is right, how often it is fooled.

It speaks commands and everyday sentences with espeak-ng, takes read speech out of two packages (downloaded to a
temporary folder, one of them builds for some minutes, or found in --material DIR), cuts all of it as the server does,
and counts. What it fits the decision's weights on (--fit prints them for hubd/offline/confidence.py) shares no
sentence, house, voice or recording with what it measures.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import wave
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from hubd.audio.pcm import UPLINK_RATE
from hubd.live.declarations import FunctionDeclaration
from hubd.offline.confidence import Evidence
from hubd.offline.ear import Ear, Ended
from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.grammar import Grammar, Meaning, Understood
from hubd.offline.pocketsphinx_recognizer import Recognizer
from hubd.offline.recognizer_link import pronunciations
from hubd.offline.words import spoken

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Voice:
    """Who speaks, how fast, in how much noise; over a telephone or not."""

    name: str
    words_per_minute: int
    noise: float
    telephone: bool = False


@dataclass(frozen=True)
class Material:
    """A house with what is said in it, and by whom."""

    house: list[FunctionDeclaration]
    commands: list[str]
    everyday: list[str]
    voices: list[Voice]
    recordings: str  # which package


def function(name: str, description: str, required: tuple[str, ...] = (), **properties: object) -> FunctionDeclaration:
    """Return a declaration."""
    schema = {"type": "OBJECT", "properties": properties, "required": list(required)} if properties else None
    return FunctionDeclaration.read({"name": name, "description": description, "parameters": schema})


def names(*values: str) -> dict[str, object]:
    """Return a parameter that is one of these."""
    return {"type": "STRING", "enum": list(values)}


def sentences(text: str) -> list[str]:
    """Return the lines of a text."""
    return [line.strip() for line in text.strip().splitlines()]


# Samples at 24 kHz: 120 ms. The wake word's end is found to about that.
WAKE_WORD_REST = 2880
AUDIBLE = 200
# Each text is spoken by one in so many of the voices, by other ones each time.
ONE_VOICE_IN = 3

ON = {"type": "BOOLEAN"}
PERCENT = {"type": "INTEGER", "minimum": 0, "maximum": 100, "description": "in percent"}
DEGREES = {"type": "INTEGER", "minimum": 5, "maximum": 30}
GOODBYE = function("end_conversation", "End the conversation.")

FIT = Material(
    house=[
        function(
            "set_light",
            "Switch a light.",
            ("device",),
            device=names("kitchen lights", "office lights"),
            on=ON,
            brightness=PERCENT,
        ),
        function("set_switch", "Switch a plug.", ("device", "on"), device=names("coffee machine"), on=ON),
        function("turn_on_the_lights", "Turn on the living room lights.", brightness=PERCENT | {"minimum": 1}),
        function("turn_off_the_lights", "Turn off the living room lights."),
        function("set_heater", "Set the heater to a temperature in degrees.", ("temperature",), temperature=DEGREES),
        function("open_garage_door", "Open the garage door."),
        function("close_garage_door", "Close the garage door."),
        GOODBYE,
    ],
    commands=sentences("""
        turn on the kitchen lights
        turn off the kitchen lights
        dim the kitchen lights to thirty percent
        switch on the coffee machine and turn off the office lights
        turn on the lights
        turn off the lights
        set the heater to twenty one degrees
        open the garage door
        close the garage door
        turn on the living room lights
        set the kitchen lights to fifty percent
        goodbye
        please turn the office lights off
        could you turn on the coffee machine
        that's all thank you
        set the heater to eighteen
        turn the coffee machine off
        dim the lights to ten percent
        hey jarvis open the garage door
        never mind
        switch off the kitchen lights
        dim the office lights to fifty percent
        set the office lights to eighty percent
        turn on the office lights
        turn the office lights off please
        turn off the living room lights
        set the heater to eighteen degrees
        please open the garage door
        turn on the coffee machine
        switch the coffee machine off
        could you turn off the coffee machine
        turn the kitchen lights on
        dim the living room lights to ten percent
        turn off the kitchen lights and close the garage door
        switch on the kitchen lights
        turn the kitchen lights off
        dim the kitchen lights to forty percent
        set the kitchen lights to twenty percent
        please turn on the office lights
        switch off the office lights
        set the heater to nineteen degrees
        set the heater to twenty two
        can you open the garage door
        close the garage door please
        switch off the coffee machine
        turn on the coffee machine and open the garage door
        turn on the kitchen lights and set the heater to twenty degrees
        dim the office lights to seventy five percent
        turn the coffee machine on
    """),
    everyday=sentences("""
        what a lovely day
        turn around and look at me
        I think the kitchen is on fire
        hey jarvis tell me a joke
        what is the weather like tomorrow
        the lights in this town are beautiful
        can you come over for dinner tonight
        I will open a bottle of wine
        he closed the window and went to bed
        how many apples are left in the basket
        play some music by the beatles
        set an alarm for seven in the morning
        turn left at the next corner
        the coffee is cold again
        please give me the newspaper
        she switched schools last summer
        did you hear what the president said
        no I don't think so
        yes of course
        stop it you two
        nobody likes the kitchen lights
        he painted the garage door
        what about the coffee machine
        the lights are far too bright
        is that the heater
        we met at the office
        thank you for the flowers
        I said goodbye to my mother
        the door is open
        half past seven
        turn to page twenty one
        my brother bought a coffee machine and a heater
        who is in the living room
        set the table for four
        what a lovely day it is today
        what is the time
        tell me a joke
        how are you doing today my friend
        the weather is nice in the garden
        please call my mother
        who won the football game last night
        open your mouth and say ah
        where did I put my keys
        what should we cook for dinner
        do you want to go for a walk
        the train leaves at half past nine
        my phone is almost out of battery
        could you pass me the salt please
        is it going to rain this afternoon
        let's watch a movie tonight
        she lives on the other side of the river
        I have to finish my homework
        what does this word mean
        the dog wants to go out
        he turned off the road at the second crossing
        turn the page and read the next line
        they opened a new shop down the street
        we closed the deal last week
        how far is it to the station
        write a letter to the bank
        the garage is full of boxes
        the kitchen smells of garlic
        our office moved to another building
        a cup of coffee would be nice
        this machine is broken
        the heating bill was very high
        there is somebody at the door
        all the lights went out during the storm
        read me the news
        play some jazz in the living room
        what is the capital of Australia
        how tall is the Eiffel tower
        set a timer for ten minutes
        add milk to the shopping list
        good morning how did you sleep
        I don't know what you are talking about
        come here and sit down
        did you brush your teeth
        wait a minute I am on the phone
        that was a great party
        put the plates on the table
        nothing is as good as home
        switch to another channel
        he never listens to me
        it is twenty degrees outside
        thirty percent of the people agreed
        my office is on the second floor
        could you open the window
        please close the drawer
        turn left after the bridge
        how do I get a stain out of a carpet
        we are going to be late again
    """),
    voices=[
        Voice("en-us", 150, 20),
        Voice("en-gb", 150, 100),
        Voice("en-us+f3", 165, 30),
        Voice("en-us+m3", 140, 60),
        Voice("en-us", 140, 40, telephone=True),
        Voice("en-us+f3", 175, 150),
    ],
    recordings="pocketsphinx",
)

MEASURE = Material(
    house=[
        function(
            "set_light",
            "Switch a light.",
            ("device",),
            device=names("bedroom lamp", "hallway light", "desk lamp"),
            on=ON,
            brightness=PERCENT,
        ),
        function(
            "set_switch", "Switch a plug.", ("device", "on"), device=names("fan", "radio", "Christmas tree"), on=ON
        ),
        function("open_front_door", "Unlock the front door."),
        function(
            "set_cover",
            "Open or close a blind.",
            ("device",),
            device=names("bathroom blinds", "awning"),
            open=ON,
            position=PERCENT,
        ),
        function("set_thermostat", "Set the thermostat.", ("temperature",), temperature=DEGREES),
        function("start_robot_vacuum", "Start the robot vacuum."),
        GOODBYE,
    ],
    commands=sentences("""
        switch on the bedroom lamp
        turn the hallway light off
        dim the desk lamp to twenty percent
        turn on the radio
        turn the fan on please
        open the bathroom blinds
        close the awning
        set the thermostat to nineteen degrees
        start the robot vacuum
        open the front door
        set the bathroom blinds to forty percent
        turn off the Christmas tree and switch off the radio
        can you turn on the desk lamp
        thank you goodbye
        hey mycroft switch off the fan
        set the brightness of the bedroom lamp to sixty percent
        switch the radio off
        turn on the hallway light and close the bathroom blinds
    """),
    everyday=sentences("""
        mum where are my shoes
        we should go to the garage and fetch the car
        it costs twenty one dollars
        the office is closed on sunday
        why is it so dark in here
        tell me something interesting about turtles
        I have a meeting at three
        order a pizza with mushrooms
        remind me to call my sister
        my battery is at thirty percent
        the radio was invented a long time ago
        he turned the page and went on reading
        are you a fan of football
        open your books on page forty
        hey jarvis how old are you
        somebody is at the front door
        close your eyes and count to ten
        I switched from tea to coffee
        she put the lamp in the bedroom
        what did you dream last night
        that is all I wanted to say to you
        the blind man crossed the street
        start at the beginning please
        turn the volume up a little
        I would like some coffee
        the lights in the city are bright
        the heater is too expensive
        what a lovely day
        what is the weather like in Berlin
        can I have a glass of water
        they live in a small house near the sea
        the children are playing in the garden
        when does the next bus come
        I forgot to buy bread
        look at the stars tonight
        he works in an office downtown
        the coffee machine at work is better than ours
        the door of the garage is green
        somebody left the lights on
        my mother likes the kitchen
        how much does a new heater cost
        open the book at page twelve
        close your eyes and relax
        turn up the music
        turn it down a bit
        dim sum is my favourite dish
        set the table please
        switch places with your brother
        who invented the light bulb
        how old is the president
        sing me a song
        what are you doing
        it is getting late
        I am so tired today
        you never know what happens next
        the quick brown fox jumps over the lazy dog
        one two three four five
        seventy five percent of nothing is nothing
        do not touch that
        that will be all for the moment said the doctor
        we should paint the living room
        is dinner ready
        let me think about it
        excuse me
        nobody told me about it
        call me when you get home
        the office party is on friday
        lights camera action
        thank you for the coffee
        the machine stopped working
        on and off again
        it was twenty one years ago
        degrees do not matter in this job
        heat the soup please
    """),
    voices=[
        Voice("en-us+f2", 150, 30),
        Voice("en-gb-x-rp", 155, 60),
        Voice("en-us+m7", 160, 20),
        Voice("en-gb-scotland", 145, 40),
        Voice("en-us+f5", 170, 100),
        Voice("en-gb+m2", 150, 40, telephone=True),
    ],
    recordings="moonshine-voice",
)


def spoken_by(voice: Voice, text: str) -> Samples:
    """Return a text at 24 kHz."""
    pcm = EspeakVoice(voice.name, voice.words_per_minute).speak(text)
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def speech(voice: Voice, text: str, seed: int, *, in_one_breath: bool) -> Samples:
    """Return a text in the sound of a room; in one breath: after the last of a wake word, as the hub cuts it."""
    if in_one_breath:
        wake_word = np.flatnonzero(np.abs(spoken_by(voice, "hey jarvis")) > AUDIBLE)[-1]
        samples = spoken_by(voice, f"hey jarvis, {text}")[wake_word - WAKE_WORD_REST :]
    else:
        samples = spoken_by(voice, text)
    if voice.telephone:
        samples = soxr.resample(soxr.resample(samples, 24_000, 8_000), 8_000, UPLINK_RATE)
    else:
        samples = soxr.resample(samples, 24_000, UPLINK_RATE)
    samples = np.concatenate([np.zeros(UPLINK_RATE // 3), samples, np.zeros(UPLINK_RATE)])
    return samples + np.random.default_rng(seed).normal(0, voice.noise, samples.size)


def utterances(samples: Samples) -> Iterator[bytes]:
    """Yield what the server's own ear cuts out."""
    ear = Ear(None)
    silence = np.random.default_rng(0).normal(0, 10, UPLINK_RATE)
    pcm = np.clip(np.concatenate([samples, silence]), -32768, 32767).astype("<i2").tobytes()
    yield from (event.pcm for event in ear.audio(pcm) if isinstance(event, Ended) and event.pcm)


def pieces(pcm: bytes) -> Iterator[bytes]:
    """Yield read speech at the length of commands: short utterances whole, long ones also in pieces of 2.5 s."""
    second, step = UPLINK_RATE * 2, UPLINK_RATE * 5
    if len(pcm) <= 6 * second:
        yield pcm
    if len(pcm) > 3 * second:
        yield from (pcm[at : at + step] for at in range(0, len(pcm) - second, step))


def recordings(package: str, folder: Path) -> Iterator[Samples]:
    """Yield the read speech that a package carries."""
    options = ["--no-binary", ":all:"] if package == "pocketsphinx" else []
    found = sorted(folder.glob(f"{package.replace('-', '[-_]')}-*"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *options, "-d", str(folder), package]
        subprocess.run(command, check=True)
        found = sorted(folder.glob(f"{package.replace('-', '[-_]')}-*"))
    if found[0].suffix == ".whl":
        with zipfile.ZipFile(found[0]) as archive:
            for name in sorted(archive.namelist()):
                if name.endswith(".wav") and not name.endswith(("error.wav", "success.wav")):
                    yield _wav(archive.read(name))
        return
    with tarfile.open(found[0]) as archive:
        for member in archive.getmembers():
            if re.search(r"/test/data/(librivox/|cards/|forever/|goforward|something).*\.(wav|raw)$", member.name):
                file = archive.extractfile(member)
                body = file.read() if file is not None else b""
                yield _wav(body) if member.name.endswith(".wav") else np.frombuffer(body, "<i2").astype(np.float64)


def _wav(body: bytes) -> Samples:
    with wave.open(BytesIO(body)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
        return np.asarray(soxr.resample(samples, file.getframerate(), UPLINK_RATE))


@dataclass(frozen=True)
class Trial:
    """One utterance: what was said (None if it is no command), what was found at first, what the house understood."""

    group: str
    said: str | None
    found: Evidence | None
    understood: Meaning | None
    right: bool
    makes_sense: bool


class Bench:
    """A recogniser for one house, with its stop-watch."""

    def __init__(self, material: Material) -> None:
        self.grammar = Grammar(material.house)
        self.recognizer = Recognizer()
        arcs = [(arc.start, arc.end, arc.probability, arc.word) for arc in self.grammar.arcs]
        began = time.perf_counter()
        unknown = self.recognizer.load(arcs)
        self.recognizer.pronounce(pronunciations(self.grammar.arcs, unknown))
        self.load_ms = (time.perf_counter() - began) * 1000
        self.seconds = self.busy = 0.0

    def trial(self, group: str, said: str | None, pcm: bytes) -> Trial:
        """Return what becomes of an utterance."""
        began = time.process_time()
        words = self.recognizer.words(pcm)
        self.busy += time.process_time() - began
        self.seconds += len(pcm) / 2 / UPLINK_RATE
        found = self.recognizer.evidence(pcm)
        first = self.grammar.meaning([fit.word for fit in found.words]) if found is not None else None
        right = said is not None and first == self.grammar.meaning(spoken(said))
        understood = self.grammar.meaning(words) if words is not None else None
        return Trial(group, said, found, understood, right, makes_sense(first))


def makes_sense(meaning: Meaning | None) -> bool:
    """Return whether something would be called."""
    return isinstance(meaning, Understood) and bool(meaning.requests)


def trials(bench: Bench, material: Material, folder: Path) -> Iterator[Trial]:
    """Yield what becomes of each piece of the material."""
    texts = [("commands", text) for text in material.commands] + [("everyday", text) for text in material.everyday]
    for seed, voice in enumerate(material.voices):
        for number, (group, text) in enumerate(texts):
            if (seed + number) % ONE_VOICE_IN == 0:
                samples = speech(voice, text, seed, in_one_breath=(seed + number) % (2 * ONE_VOICE_IN) == 0)
                cut = max(utterances(samples), key=len, default=b"")
                yield bench.trial(group, text if group == "commands" else None, cut)
    for samples in recordings(material.recordings, folder):
        for utterance in utterances(samples):
            for piece in pieces(utterance):
                yield bench.trial("read", None, piece)


def outcome(trial: Trial, grammar: Grammar) -> str:
    """Return what the house would have done, in a word."""
    if trial.understood is None or not makes_sense(trial.understood):
        return "refused"
    if trial.said is not None:
        return "right" if trial.understood == grammar.meaning(spoken(trial.said)) else "WRONG"
    requests = trial.understood.requests if isinstance(trial.understood, Understood) else ()
    return "ended" if all(request.function == GOODBYE.name for request in requests) else "FOOLED"


def report(name: str, done: list[Trial], grammar: Grammar, *, verbose: bool) -> None:
    """Print the counts; verbose prints what went wrong as well."""
    counts = Counter((trial.group, outcome(trial, grammar)) for trial in done)
    for group in ("commands", "everyday", "read"):
        total = sum(count for (of, _), count in counts.items() if of == group)
        parts = ", ".join(f"{count} {word}" for (of, word), count in sorted(counts.items()) if of == group)
        print(f"{name}: {group}: {parts} of {total}")
    for trial in done:
        became = outcome(trial, grammar)
        if verbose and became != ("refused" if trial.said is None else "right"):
            words = " ".join(fit.word for fit in trial.found.words) if trial.found else "nothing"
            print(f"    {became}: {trial.said or trial.group} -> {words}")


def fit(done: list[Trial]) -> None:
    """Print the weights of a logistic regression; commands and the rest weigh the same."""
    sense = [trial for trial in done if trial.found is not None and trial.makes_sense]
    kept = [trial for trial in sense if trial.right or trial.said is None]
    features = np.array([trial.found.features for trial in kept if trial.found is not None])
    said = np.array([trial.right for trial in kept])
    mean, spread = features.mean(axis=0), features.std(axis=0)
    scaled = np.column_stack([(features - mean) / spread, np.ones(len(kept))])
    share = np.where(said, 0.5 / said.sum(), 0.5 / (~said).sum())
    weights = np.zeros(scaled.shape[1])
    for _ in range(20_000):
        error = share * (1 / (1 + np.exp(-scaled @ weights)) - said)
        weights -= 0.5 * (scaled.T @ error + 0.002 * np.append(weights[:-1], 0.0))
    raw = weights[:-1] / spread
    score = scaled @ weights
    print("weights:", [float(f"{weight:.3g}") for weight in raw], "bias:", float(f"{weights[-1] - raw @ mean:.3g}"))
    for lost in (0.0, 0.01, 0.02, 0.05):
        threshold = np.quantile(score[said], lost)
        print(
            f"    {lost:.0%} of the commands lost at {threshold:.2f}: {int((score[~said] >= threshold).sum())} fooled"
        )


def main() -> None:
    """Measure, and fit if that is wanted."""
    options = argparse.ArgumentParser(prog="scripts/measure-recognition", description=__doc__)
    options.add_argument("--material", type=Path, metavar="DIR", help="folder with the downloaded packages")
    options.add_argument("--fit", action="store_true", help="print weights fitted on the first material")
    options.add_argument("--verbose", action="store_true", help="print what went wrong")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.material or Path(temporary)
        for name, material in (("fit", FIT), ("measure", MEASURE)):
            bench = Bench(material)
            done = list(trials(bench, material, folder))
            if chosen.fit and name == "fit":
                fit(done)
            report(name, done, bench.grammar, verbose=chosen.verbose)
            print(f"{name}: grammar loaded in {bench.load_ms:.0f} ms, {bench.busy / bench.seconds:.3f} x real time")
    memory = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(f"most memory: {memory.split()[1]} kB, this program included")


if __name__ == "__main__":
    main()
