"""``hubd run``: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import time
from typing import Final

from hubd import story
from hubd.commands.common import OK, say, until_told
from hubd.config import find, load
from hubd.privacy import without_words
from hubd.reports import Report, to_json

SUMMARY: Final = "run the hub until it is told to stop"

logger = logging.getLogger("hubd")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="print the event stream, one object a line")
    parser.set_defaults(log_level=logging.INFO)


def run(options: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    from hubd import app, fittings  # noqa: PLC0415 -- check must not wait for what only run needs

    config = load(find(options.config, os.environ))
    secrets = fittings.secrets(os.environ)

    def tell(report: Report) -> None:
        shown = report if config.privacy.publish_transcripts else without_words(report)
        logger.info("%s", story.line(shown))
        if options.json:
            say(to_json(shown, time.time()))

    asyncio.run(until_told(app.run(config, secrets, tell, os.environ)))
    return OK
