"""The control socket with real clients, friendly or not."""

from __future__ import annotations

import asyncio
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hubd.control import Reply, Request, Wish, refused
from hubd.edges import control_socket
from hubd.edges.control_socket import NAME, ControlSocket, ask, folder_of
from hubd.errors import Complaint, HubdError
from tests.running import running
from tests.virtual_time import run

RELOAD = Request(wish=Wish.RELOAD)


@pytest.fixture
def place() -> Iterator[Path]:
    """Yield a folder with a path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="hubd-") as folder:
        yield Path(folder)


async def done(_request: Request) -> Reply:
    """Answer that all is well."""
    return Reply(waiting=("mqtt.host",))


@asynccontextmanager
async def listening(folder: Path, answer: control_socket.Answer = done) -> AsyncIterator[Path]:
    """Have a socket in the folder; yield its path."""
    with ControlSocket(folder, answer) as control:
        async with running(control.run()):
            yield folder / NAME


def asking(folder: Path) -> asyncio.Task[Reply]:
    """Ask as a command does whose environment names the folder."""
    return asyncio.create_task(ask(RELOAD, {"RUNTIME_DIRECTORY": str(folder)}))


def test_where_it_is() -> None:
    """The service's own folder comes first, then that of the session; without both there is none."""
    assert folder_of({"RUNTIME_DIRECTORY": "/run/hubd:/run/other", "XDG_RUNTIME_DIR": "/run/user/1"}) == Path(
        "/run/hubd"
    )
    assert folder_of({"XDG_RUNTIME_DIR": "/run/user/1"}) == Path("/run/user/1/hubd")
    assert folder_of({}) is None


async def test_a_request_gets_its_reply(place: Path) -> None:
    """What the hub answers arrives, however long; the socket is its owner's alone, and gone with the hub."""
    folder = place / "run" / "hubd"
    long = refused([Complaint("hubd.toml", "key", "x" * 10_000)] * 200)

    async def answer(request: Request) -> Reply:
        assert request == RELOAD
        return long

    async with listening(folder, answer) as path:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert await asking(folder) == long
    assert not path.exists()


async def test_without_a_hub_it_is_said_so(place: Path) -> None:
    """Nobody there, a socket that was left behind, something else of this name: no hub runs."""
    with pytest.raises(
        HubdError, match=r"no hub runs here \(nobody listens at .*/control.sock, /run/hubd/control.sock\)"
    ):
        await asking(place)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place / NAME))
    with pytest.raises(HubdError, match="no hub runs here"):
        await asking(place)


async def test_a_socket_that_was_left_behind_is_replaced(place: Path) -> None:
    """A hub that was killed leaves its socket; the next one listens all the same."""
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(place / NAME))
    async with listening(place):
        assert await asking(place) == Reply(waiting=("mqtt.host",))


async def test_a_second_hub_is_told_of_the_first(place: Path) -> None:
    """It ends with what to do about it, and the first one is asked as before."""
    async with listening(place) as path:
        with pytest.raises(HubdError, match="another hub runs here already"):
            ControlSocket(place, done).__enter__()
        assert path.exists()
        assert await asking(place) == Reply(waiting=("mqtt.host",))


@pytest.mark.parametrize("where", [None, "/proc/nothing", "x" * 200])
async def test_where_there_can_be_none_the_hub_runs_all_the_same(
    where: str | None, place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nowhere, a folder that can't be made, a path that is too long: it is logged, and nothing else happens."""
    caplog.set_level("INFO")
    with ControlSocket(None if where is None else place / where, done) as control:
        await control.run()
    assert "no control socket" in caplog.text


@pytest.mark.parametrize(
    "said",
    [b"", b"\n", b"{}\n", b'{"wish": "dance"}\n', b"\xff\0\n", b"x" * 100_000, b'{"wish":"reload"}\n' * 1000],
    ids=["nothing", "empty line", "no wish", "unknown wish", "no text", "too long", "too often"],
)
async def test_hostile_clients_harm_nobody(place: Path, said: bytes) -> None:
    """Whatever one sends before it goes, the next one is answered."""
    async with listening(place) as path:
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(said)
        writer.write_eof()
        try:
            line = await reader.readline()
        except ConnectionResetError:
            line = b""
        writer.transport.abort()
        if line:
            assert Reply.read(line) in (
                Reply(waiting=("mqtt.host",)),
                Reply(problem="what came over the control socket can't be understood"),
            )
        assert await asking(place) == Reply(waiting=("mqtt.host",))


def test_those_who_say_nothing_are_given_up(place: Path) -> None:
    """Clients who wait for nothing keep others out until their time is over, and no longer."""

    async def main() -> None:
        async with listening(place) as path:
            silent = [await asyncio.open_unix_connection(path) for _ in range(8)]
            with pytest.raises(HubdError, match="broke the connection off"):
                await asking(place)
            for reader, writer in silent:
                assert await reader.read() == b""
                writer.transport.abort()
            assert await asking(place) == Reply(waiting=("mqtt.host",))

    run(main())


async def test_a_client_who_goes_before_the_reply(place: Path) -> None:
    """What it asked for is done all the same, and the next one is answered."""
    asked, answers = asyncio.Event(), asyncio.Event()

    async def answer(_request: Request) -> Reply:
        asked.set()
        await answers.wait()
        return Reply()

    async with listening(place, answer) as path:
        _, writer = await asyncio.open_unix_connection(path)
        writer.write(RELOAD.to_line())
        async with asyncio.timeout(10):
            await asked.wait()
        writer.transport.abort()
        answers.set()
        assert await asking(place) == Reply()


async def test_a_hub_that_stops_waits_for_nobody(place: Path) -> None:
    """Whoever waits for a reply then is told that there will be none."""
    asked = asyncio.Event()

    async def never(_request: Request) -> Reply:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    async with listening(place, never):
        waiting = asking(place)
        async with asyncio.timeout(10):
            await asked.wait()
    with pytest.raises(HubdError, match="broke the connection off"):
        await waiting


async def test_a_hub_that_does_not_answer(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks does not wait for ever."""
    monkeypatch.setattr(control_socket, "_REPLY_WITHIN", 0.2)

    async def never(_request: Request) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async with listening(place, never):
        with pytest.raises(HubdError, match="has not answered"):
            await asking(place)
