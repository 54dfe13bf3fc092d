"""The layout as data: who may import whom, with a checker that reads the source."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "hubd"
LONGEST_MODULE = 300

# Import order (`design.md` 4): a module imports only from rows above its own, so modules of one row never import each
# other. A new module has to be placed here.
ROWS: tuple[str, ...] = (
    "errors exhibits hunches rises spans tables wishes",
    "control events transitions",
    "reports",
    "effects",
    "audio.pcm",
    "audio.buffers audio.cards audio.hush audio.level audio.resample audio.speech audio.tones audio.wav",
    "audio.wire",
    "audio.capture audio.playback audio.quality",
    "backoff bell guesses timers",
    "wake",
    "peaks",
    "speech_gate thresholds",
    "live.wire",
    "live.message",
    "live.content",
    "live.declarations",
    "live.failures live.setup",
    "live.messages live.models",
    "live.codec live.history",
    "live.settings",
    "live.opening live.turn",
    "live.session",
    "live.mouth",
    "devices.fields devices.payloads devices.vocabulary devices.colors devices.announced_keys devices.spoken_names",
    "devices.parameters devices.templates devices.value_filters mqtt.filters",
    "devices.value_sums",
    "devices.value_templates",
    "devices.announced_options",
    "devices.announced",
    "devices.functions",
    "devices.channels devices.keys devices.offers",
    "devices.model",
    "devices.cells devices.expectations devices.settling",
    "devices.announced_reports devices.codecs devices.discovered devices.known devices.wording",
    "devices.announced_light_units",
    "devices.announced_template_lights",
    "devices.announced_lights devices.announced_movers devices.announced_presence devices.announced_things",
    "devices.announced_devices devices.bridge_list devices.native_tasmota",
    "devices.discovery",
    "devices.bridged devices.topical",
    "devices.kinds",
    "devices.catalog devices.dialects devices.phrases",
    "devices.appendix devices.places devices.render devices.state",
    "declaring devices.queries own_functions",
    "actions conditions",
    "automations",
    "allowance batches ledger requests site",
    "kind_calls",
    "all_off",
    "tools",
    "outcomes",
    "repetition sums troubles vigil vitals",
    "findings",
    "departure ear floor minutes news notices open_calls pace privacy standing states story timer_functions usage",
    "chronicle confirmation continuation patience",
    "bridge",
    "parts",
    "crossing leaving",
    "announcing overdue",
    "choice conversation grievance question_states",
    "question",
    "ports",
    "budget mqtt.backlog mqtt.faults mqtt.orders mqtt.outbox mqtt.settings mqtt.tree",
    "access mqtt.entities mqtt.gate mqtt.members",
    "mqtt.reading",
    "mqtt.results mirror presence",
    "view",
    # The act stage in four parts: the first three are used by it alone.
    "stages.errand",
    "stages.round",
    "stages.running",
    # What brings a command that runs beside the hub to the broker.
    "stages.reach",
    # What several stages have in common.
    "stages.filters",
    "stages.scorer",
    # The line in five parts: it alone uses the others.
    "stages.carry_over stages.connection",
    "stages.briefing stages.head_start stages.inbox",
    # The one edge in parts: each is used by the next ones alone.
    "edges.paho_dialling edges.paho_window",
    "edges.paho_packets",
    "edges.paho_connection",
    # Whoever has loaded something, or lacks it, uses them, another edge too.
    "edges.memory edges.packages",
    # The other edge in three parts: both ends of the line to a sound process.
    "edges.sound_hub edges.sound_process",
    # One edge in parts: where the wake models' files are, what is made of the networks in them, what runs them.
    "edges.protobuf_fields edges.wake_model_files",
    "edges.onnx_graph edges.onnx_session edges.tls_trust",
    "edges.onnx_spectrogram edges.onnx_stream",
    "edges.spectrogram",
    "edges.speech_embedding",
    (
        "stages.act stages.announce stages.ask stages.converse stages.discover stages.line stages.listen stages.look "
        "stages.attend stages.automate stages.reload stages.ring stages.tell edges.control_socket edges.journal "
        "stages.speak stages.visit stages.wind_up edges.micro_wake_model edges.onnx_wake_model edges.paho_broker "
        "edges.pyaudio_sound edges.sound_link edges.wav_sound edges.state_file edges.systemd_notify "
        "edges.websockets_link stages.purse"
    ),
    "offline.words",
    "offline.phrases",
    "offline.automaton offline.parameters",
    "offline.names offline.reduction offline.verbs",
    "offline.doings offline.groups offline.timing",
    "offline.questions",
    "offline.sentences",
    "offline.grammar offline.numerals offline.pronunciation offline.confidence",
    "offline.effects offline.interpreter",
    "offline.ear offline.memory offline.state offline.steps",
    "offline.brain offline.calls offline.output",
    "offline.mind offline.talk",
    "offline.rates",
    "offline.dialogue",
    "offline.host",
    "offline.connection offline.entered",
    "offline.listener",
    "offline.espeak_voice offline.pocketsphinx_decoder",
    "offline.pocketsphinx_recognizer",
    "offline.recognizer_link",
    "offline.server offline.standby offline.stop_word",
    "simulator.admission simulator.hearing simulator.kinds simulator.pipe simulator.sound simulator.tokens",
    "simulator.script",
    "simulator.lines simulator.record",
    "simulator.brain simulator.reading",
    "simulator.director",
    "simulator.server",
    "config.suggestions config.toml_words config.toml_lines",
    "config.toml_files",
    "config.complaints config.micro_models config.options",
    "config.live_rules config.live_tables",
    (
        "config.automation_section config.discovery_section config.forbidden config.includes config.live_section "
        "config.mending config.presence_section config.sections config.timer_section config.wake_section"
    ),
    "config.clashes config.named_files",
    "config.loading",
    "config.changes config.manner config.offer",
    "config.tokens",
    "config.live_notices config.overrides",
    "config.overview",
    "config",
    "secrets sound_card",
    "roster trials",
    "fittings",
    "renewal",
    "app",
    "daemon",
    "asking",
    "demo.pretender demo.private_broker demo.show",
    "demo.stand_in",
    "demo.house",
    "demo.home",
    "demo.stage",
    "doctor.findings doctor.holders doctor.requirements",
    "doctor.diary doctor.hearing doctor.presence doctor.storage doctor.timekeeping doctor.unit",
    "doctor.case",
    "doctor.probes.configuration doctor.probes.processes doctor.probes.software",
    (
        "doctor.probes.broker doctor.probes.clock doctor.probes.disk doctor.probes.live doctor.probes.offline "
        "doctor.probes.service doctor.probes.sound doctor.probes.wake_word"
    ),
    "doctor.examination",
    "commands.common commands.looking commands.scoring commands.watching",
    "commands.screen",
    (
        "commands.ask commands.check commands.demo commands.devices commands.doctor commands.mute commands.reload "
        "commands.run commands.simulate commands.wake commands.watch"
    ),
    "cli",
    "__main__",
)

# Modules that may wait, talk to the outside, or read the clock. All others are pure: time is their argument.
IMPURE = re.compile(
    r"stages\..+|edges\..+|demo\..+|commands\..+|doctor\.(examination|probes\..+)|offline\.(connection|listener|server|recognizer_link|pocketsphinx_recognizer|espeak_voice|standby)|simulator\.(pipe|server)|app|asking|daemon|cli|__main__"
)
# What of the standard library pure modules may import: it computes.
COMPUTES = """
    __future__ abc base64 bisect codecs collections colorsys contextlib copy dataclasses datetime decimal difflib enum
    fnmatch fractions functools hashlib heapq http.HTTPStatus ipaddress itertools json logging math operator re
    statistics string struct textwrap tomllib types typing unicodedata urllib.parse uuid warnings zlib
"""
COMPUTING = frozenset(COMPUTES.split())
# Pure modules that read files all the same, with what they may import for it.
READERS = re.compile(r"config\..+|secrets|offline\.pocketsphinx_decoder")
READING = frozenset({"glob", "os", "pathlib", "stat", "sys"})

# Outside libraries, each with the modules that may import it.
EVERYWHERE = re.compile(r".+")
LIBRARIES: dict[str, re.Pattern[str]] = {
    "jinja2": re.compile(r"devices\.(templates|value_filters|value_sums|value_templates)"),
    "numpy": EVERYWHERE,
    "onnxruntime": re.compile(r"edges\.onnx_session"),
    "paho": re.compile(r"edges\.paho_(dialling|packets|connection)"),
    "pocketsphinx": re.compile(r"offline\.pocketsphinx_decoder"),
    "pyaudio": re.compile(r"edges\.pyaudio_sound"),
    "pydantic": EVERYWHERE,
    "pymicro_wakeword": re.compile(r"edges\.micro_wake_model"),
    "pydantic_core": EVERYWHERE,
    "soxr": re.compile(r"audio\.resample|offline\.espeak_voice"),
    "systemd": re.compile(r"edges\.(journal|systemd_notify)"),
    "websockets": re.compile(r"edges\.websockets_link|offline\.listener"),
}


@dataclass(frozen=True, slots=True)
class Module:
    """A module of the package; name is without the package's own, and empty for the package itself."""

    name: str
    path: Path
    source: str
    tree: ast.Module

    @property
    def is_package(self) -> bool:
        """Whether this is a package's ``__init__``."""
        return self.path.name == "__init__.py"


def read_modules(top: Path) -> dict[str, Module]:
    """Return every module below top, the package's own folder, by name."""
    modules: dict[str, Module] = {}
    for path in sorted(top.rglob("*.py")):
        parts = path.relative_to(top).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        source = path.read_text(encoding="utf-8")
        modules[name] = Module(name, path, source, ast.parse(source, str(path)))
    return modules


def imports_of(module: Module) -> Iterator[str]:
    """Yield the full name of all that the module imports, also inside functions; ``from a import b`` is ``a.b``."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=origin, names=names, level=level):
                start = "." * level + (origin or "")
                yield from (f"{start}.{alias.name}" for alias in names)


def violations(top: Path) -> list[str]:
    """Return what in the package at top breaks a rule of this page, one sentence each, with the module's name first."""
    modules = read_modules(top)
    found: list[str] = []
    for module in modules.values():
        shown = f"{PACKAGE}.{module.name}".rstrip(".")
        for check in (_charter, _length, _place, _libraries):
            found += (f"{shown} {complaint}" for complaint in check(module))
        found += (f"{shown} {complaint}" for complaint in _order(module, modules))
    return found


def stale_rows(top: Path) -> list[str]:
    """Return the modules that the order lists but that do not exist."""
    return sorted(_rank().keys() - read_modules(top).keys())


def _rank() -> dict[str, int]:
    return {name: rank for rank, row in enumerate(ROWS) for name in row.split()}


def _charter(module: Module) -> Iterator[str]:
    charter = ast.get_docstring(module.tree)
    if not charter:
        yield "has no charter: its docstring has to say in one line what it is for"
    elif "\n" in charter:
        yield "has a charter of more than one line"
    elif re.search(r"\band\b", charter, re.IGNORECASE):
        yield 'has an "and" in its charter: two subjects are two modules'


def _length(module: Module) -> Iterator[str]:
    lines = len(module.source.splitlines())
    if lines > LONGEST_MODULE:
        yield f"has {lines} lines, more than {LONGEST_MODULE}"


def _place(module: Module) -> Iterator[str]:
    if not module.is_package and module.name not in _rank():
        yield f"is not in the import order: place it in ROWS of {Path(__file__).name}"


def _libraries(module: Module) -> Iterator[str]:
    imported = sorted({name for name in imports_of(module) if not name.startswith((PACKAGE, "."))})
    for name in imported:
        if name.partition(".")[0] in sys.stdlib_module_names and not _may_import(module, name):
            yield f"is pure but imports {name}"
    for name in sorted({name.partition(".")[0] for name in imported} - sys.stdlib_module_names):
        allowed = LIBRARIES.get(name)
        if allowed is None:
            yield f"imports {name}, a library that nobody was given"
        elif not allowed.fullmatch(module.name):
            yield f"imports {name}, which belongs to {allowed.pattern}"


def _may_import(module: Module, name: str) -> bool:
    """Return whether a module may import this name of the standard library: it, or what it is part of, is allowed."""
    if IMPURE.fullmatch(module.name):
        return True
    allowed = COMPUTING | READING if READERS.fullmatch(module.name) else COMPUTING
    parts = name.split(".")
    return any(".".join(parts[:length]) in allowed for length in range(1, len(parts) + 1))


def _order(module: Module, modules: dict[str, Module]) -> Iterator[str]:
    rank = _rank()
    # A package that is not listed stands above everything, so it imports nothing; a module that is not listed, below.
    own = rank.get(module.name, -1 if module.is_package else len(ROWS))
    for name in sorted(set(imports_of(module))):
        if name.startswith("."):
            yield f"imports {name} relatively"
            continue
        target = _module_named(name, modules)
        if target is None:
            continue
        if rank.get(target, -1) >= own:
            yield f"imports {PACKAGE}.{target}, which does not stand above it"


def _module_named(name: str, modules: dict[str, Module]) -> str | None:
    """Return the module of the package that an imported name belongs to, or None for a name from outside."""
    if name.partition(".")[0] != PACKAGE:
        return None
    parts = name.split(".")[1:]
    while ".".join(parts) not in modules:
        parts.pop()
    return ".".join(parts)
