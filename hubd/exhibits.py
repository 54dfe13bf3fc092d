"""What the model shows beside its speech."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Program:
    """A program that the model wrote, and has run at the server."""

    language: str
    code: str


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """What a program printed, or what went wrong with it."""

    ok: bool
    output: str


@dataclass(frozen=True, slots=True)
class Source:
    """A page that the model used; the title may be empty."""

    title: str
    address: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The pages that the model used for what it says."""

    pages: tuple[Source, ...]


Exhibit = Program | ProgramResult | Sources
