"""The table of close codes, row by row (``live-protocol.md`` 12)."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.live.failures import TABLE, NextAttempt, Phase, classify

WITH: Final = NextAttempt.RETRY_WITH_HANDLE
FRESH: Final = NextAttempt.RETRY_FRESH
FATAL: Final = NextAttempt.FATAL
NO_MODEL: Final = (
    "models/x is not found for API version v1beta, or is not supported for bidiGenerateContent. Call ListMod"
)
MODALITIES: Final = "The requested combination of response modalities (TEXT) is not supported by the model."


# What the server says, with the next attempt after an open session, then after one and two failures to open one.
CASES: Final[tuple[tuple[int | None, str, NextAttempt, NextAttempt, NextAttempt], ...]] = (
    (1000, "", WITH, WITH, WITH),
    (1001, "", WITH, WITH, WITH),
    (1005, "", WITH, WITH, WITH),
    (1006, "the connection broke off", WITH, WITH, WITH),
    (1012, "", WITH, WITH, WITH),
    (1013, "", WITH, WITH, WITH),
    (1014, "", WITH, WITH, WITH),
    (1007, "API key not valid. Please pass a valid API key.", FATAL, FATAL, FATAL),
    (1007, "API key expired. Please renew the API key.", FATAL, FATAL, FATAL),
    (1007, "API Key not found. Please pass a valid API key.", FATAL, FATAL, FATAL),
    (1007, "User location is not supported for the API use.", FATAL, FATAL, FATAL),
    (1007, "Invalid JSON payload received. Unknown name \"x\" at 'setup': Cannot find field.", FATAL, FATAL, FATAL),
    (1007, MODALITIES, FATAL, FATAL, FATAL),
    (1007, "Thinking is not supported by this model.", FRESH, FATAL, FATAL),
    (1007, "", FRESH, FRESH, FATAL),
    (1007, "Request contains an invalid argument.", FRESH, FRESH, FATAL),
    (1008, NO_MODEL, FATAL, FATAL, FATAL),
    (1008, "Requested entity was not found.", FRESH, FRESH, FRESH),
    (1008, "BidiGenerateContent session expired", FRESH, FRESH, FRESH),
    (1008, "The operation was aborted.", WITH, WITH, WITH),
    (1008, "Operation is not implemented, or supported, or enabled.", WITH, WITH, FATAL),
    (1008, "Permission denied on resource project x.", FATAL, FATAL, FATAL),
    (1008, "Your API key was reported as leaked.", FATAL, FATAL, FATAL),
    (1008, "Requests to this API are blocked.", FATAL, FATAL, FATAL),
    (1009, "over size limit", WITH, WITH, WITH),
    (1011, "You exceeded your current quota, please check your plan", WITH, WITH, WITH),
    (1011, "Deadline expired before operation could complete.", WITH, WITH, FRESH),
    (1011, "The service is currently unavailable.", WITH, WITH, FRESH),
    (1011, "Internal error encountered.", WITH, WITH, FRESH),
    (1011, "Token has been used too many times", FATAL, FATAL, FATAL),
    (1011, "auth token has expired", FATAL, FATAL, FATAL),
    (1011, "keepalive ping timeout", WITH, WITH, WITH),
    (200, "OK", WITH, WITH, WITH),
    (301, "Moved Permanently", WITH, WITH, WITH),
    (302, "Found", WITH, WITH, WITH),
    (511, "Network Authentication Required", WITH, WITH, WITH),
    (400, "Bad Request", FATAL, FATAL, FATAL),
    (401, "Unauthorized", FATAL, FATAL, FATAL),
    (403, "Forbidden", FATAL, FATAL, FATAL),
    (404, "Not Found", FATAL, FATAL, FATAL),
    (409, "Conflict", FRESH, FRESH, FRESH),
    (429, "Too Many Requests", WITH, WITH, WITH),
    (500, "Internal Server Error", WITH, WITH, WITH),
    (503, "Service Unavailable", WITH, WITH, WITH),
    (None, "can't reach localhost: Connection refused", WITH, WITH, WITH),
    (None, "the certificate of g is not trusted: certificate is not yet valid", WITH, WITH, WITH),
    (None, "the certificate of g is not trusted: certificate has expired", WITH, WITH, WITH),
    (None, "the certificate of g is not trusted: self-signed certificate", WITH, WITH, WITH),
    (None, "g does not answer as a WebSocket server", WITH, WITH, WITH),
    (None, "no session within 15 s", WITH, WITH, WITH),
    (None, "the API key holds a character that no API key has", FATAL, FATAL, FATAL),
    (1002, "", WITH, WITH, FRESH),
    (1011, "something new", WITH, WITH, FRESH),
    (4000, "", WITH, WITH, FRESH),
)


@pytest.mark.parametrize(("code", "reason", "opened", "first", "again"), CASES)
def test_a_row_of_the_table(
    code: int | None, reason: str, opened: NextAttempt, first: NextAttempt, again: NextAttempt
) -> None:
    """The verdict after an open session, after the first failure to open one, after the second."""
    verdicts = (
        classify(code, reason),
        classify(code, reason, phase=Phase.SETTING_UP, failures=1),
        classify(code, reason, phase=Phase.SETTING_UP, failures=2),
    )
    assert tuple(verdict.next for verdict in verdicts) == (opened, first, again)


def test_every_row_has_a_case() -> None:
    """No row of the table is without a test; nor is an HTTP status that an upgrade may end with."""
    deciding = [
        next(row for row in TABLE if (not row.codes or code in row.codes) and row.reason.search(reason))
        for code, reason, *_ in CASES
    ]
    assert [row for row in TABLE if row not in deciding] == []
    assert {301, 400, 401, 403, 404, 409, 429, 500, 503} <= {code for code, *_ in CASES}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (1007, "API key not valid. Please pass a valid API key."),
        (1007, "API key expired. Please renew the API key."),
        (1008, "Your API key was reported as leaked."),
        (400, "API key not valid"),
        (401, "Request had invalid authentication credentials."),
        (403, "Forbidden"),
    ],
)
def test_pitfall_37_key_errors_look_different(code: int, reason: str) -> None:
    """However a key is refused, it is the end, and the person is sent to the key."""
    verdict = classify(code, reason, phase=Phase.SETTING_UP)
    assert verdict.next is FATAL
    assert "API key" in verdict.words


def test_a_handle_gets_one_attempt() -> None:
    """Once the server may have seen a handle, it is not tried again unless the session opened."""
    for code, reason in ((1006, ""), (1011, "Internal error"), (None, "no answer to the set-up")):
        assert classify(code, reason, phase=Phase.SETTING_UP, handle_used=True).next is FRESH
        assert classify(code, reason, phase=Phase.OPEN, handle_used=True).next is WITH
        assert classify(code, reason, phase=Phase.SETTING_UP, handle_used=False).next is WITH


def test_a_network_that_is_away_does_not_spend_a_handle() -> None:
    """The handle was never sent; after a refused upgrade it counts as spent."""
    assert classify(None, "can't reach it", phase=Phase.CONNECTING, failures=5, handle_used=True).next is WITH
    assert classify(503, "", phase=Phase.CONNECTING, handle_used=True).next is FRESH


@pytest.mark.parametrize(("code", "reason"), [(1008, "Requested entity was not found."), (409, "Conflict")])
def test_a_fresh_session_has_nothing_to_take_up(code: int, reason: str) -> None:
    """That the earlier conversation is lost is said only where there was one to go on from."""
    told = {used: classify(code, reason, phase=Phase.SETTING_UP, handle_used=used).words for used in (True, False)}
    assert told == {
        True: "The earlier conversation can't be taken up again.",
        False: "The connection to the Live server was lost.",
    }


def test_a_spent_quota_waits() -> None:
    """No attempt before 60 s, however many failures of other kinds came before; those leave it to the back-off."""
    quota = "You exceeded your current quota"
    assert [classify(1011, quota, failures=failures).wait for failures in (1, 2, 3)] == [60.0, 60.0, 60.0]
    assert classify(1006, "", failures=3).wait == 0.0


@given(st.none() | st.integers(), st.text(), st.sampled_from(Phase), st.integers(1, 10_000), st.booleans())
def test_every_failure_has_a_verdict(code: int | None, reason: str, phase: Phase, failures: int, used: bool) -> None:  # noqa: FBT001 -- hypothesis passes by position
    """Whatever the server says, there is one, with words for the person."""
    verdict = classify(code, reason, phase=phase, failures=failures, handle_used=used)
    assert verdict.words.endswith(".")
    assert verdict.wait in {0.0, 60.0}


def test_the_last_row_takes_everything() -> None:
    """The table has no gap."""
    assert not TABLE[-1].codes
    assert TABLE[-1].reason.pattern == ""


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (200, "OK"),
        (302, "Found"),
        (511, "Network Authentication Required"),
        (None, "the certificate of g is not trusted: Hostname mismatch, certificate is not valid for 'g'"),
        (None, "g does not answer as a WebSocket server"),
    ],
)
def test_a_login_page_is_told_as_such(code: int | None, reason: str) -> None:
    """Whoever answers in the service's place, as a hotel's network does, is not taken for a lost connection."""
    words = classify(code, reason, phase=Phase.CONNECTING).words
    assert "login page" in words


@pytest.mark.parametrize("date", ["certificate is not yet valid", "certificate has expired"])
def test_a_date_is_a_matter_of_the_clock(date: str) -> None:
    """A computer that does not know the time yet is told to wait for it."""
    words = classify(None, f"the certificate of g is not trusted: {date}", phase=Phase.CONNECTING).words
    assert "clock" in words
    assert "Wait" in words
