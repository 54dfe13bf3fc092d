"""``hubd run``: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from hubd.commands.common import OK, say
from hubd.config import find, load
from hubd.edges.systemd_notify import SystemdNotifier
from hubd.errors import ConfigError
from hubd.reports import Report, to_json
from hubd.secrets import all_secrets
from hubd.standing import Head

if TYPE_CHECKING:
    from hubd.daemon import Daemon

SUMMARY: Final = "run the hub until it is told to stop"

_STANDARD_INPUT, _STANDARD_ERROR = 0, 2
_KEPT_BACK: Final = frozenset({signal.SIGHUP})


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print the event stream, one object a line")
    parser.set_defaults(log_level=logging.INFO)


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    if not faulthandler.is_enabled():
        # The watchdog's SIGABRT then shows where every thread was.
        faulthandler.enable(_STANDARD_ERROR)
    with _ready_for_signals():
        notifier = SystemdNotifier(os.environ)
        notifier.status(Head.STARTING)
        try:
            return _run(options, notifier)
        except ConfigError as error:
            # systemd shows the last status of a service that failed.
            notifier.status(f"{Head.BROKEN}: {error.complaints[0]}")
            raise


def _run(options: argparse.Namespace, notifier: SystemdNotifier) -> int:
    from hubd.daemon import Daemon  # noqa: PLC0415 -- check must not wait for what only run needs

    read = partial(load, find(options.config, os.environ))
    config = read()
    secrets = all_secrets(os.environ)

    def tell(shown: Report) -> None:
        if options.json:
            say(to_json(shown, time.time()))

    on_terminal = os.isatty(_STANDARD_INPUT)

    async def live() -> None:
        daemon = Daemon(config, secrets, read=read, notifier=notifier, report=tell, environment=os.environ)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, daemon.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: _hang_up(daemon, on_terminal=on_terminal))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _KEPT_BACK)
        await daemon.run()

    asyncio.run(live())
    return OK


def _hang_up(daemon: Daemon, *, on_terminal: bool) -> None:
    """Have the configuration read anew; but when its terminal is closed the hub must not listen on unseen."""
    if on_terminal and not os.isatty(_STANDARD_INPUT):
        daemon.stop()
    else:
        daemon.reload()


@contextmanager
def _ready_for_signals() -> Iterator[None]:
    """Take care of what systemd may send before the event loop does."""
    before = signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(OK))
    # Who asks for a reload must not kill a hub that still starts; it is done as soon as there is a hub.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _KEPT_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGTERM, before)
