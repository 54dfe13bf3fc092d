"""What the command line puts in place of the configuration's own."""

from __future__ import annotations

from pydantic import ValidationError

from hubd.config.live_section import LiveSettings
from hubd.errors import UsageError


def at_server(live: LiveSettings, url: str) -> LiveSettings:
    """Return the settings for the Live server at url (``--url``); raises UsageError for what is no base URL."""
    try:
        return LiveSettings.model_validate({**live.model_dump(exclude_unset=True), "url": url, "backend": "gemini"})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]["msg"]
        raise UsageError(f"--url: {problem}") from None
