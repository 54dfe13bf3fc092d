from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from hubd.mqtt import faults

GIVEN_BY_BROKERS = {PacketTypes.CONNACK, PacketTypes.PUBACK, PacketTypes.SUBACK, PacketTypes.DISCONNECT}
# Every reason code with which MQTT 5 lets a broker refuse something, as the library knows them.
CODES = sorted(
    code
    for code, names in ReasonCode(PacketTypes.CONNACK).names.items()
    if code >= faults.FIRST_FAILURE and any(GIVEN_BY_BROKERS & set(packets) for packets in names.values())
)


@pytest.mark.parametrize("code", CODES)
def test_each_reason_has_plain_words(code: int) -> None:
    """No reason that a broker can give reaches a person as a number."""
    assert "0x" not in faults.words(code)


@given(code=st.integers(0, 255))
def test_no_reason_is_too_strange(code: int) -> None:
    """Any code gives a problem that names the broker, with advice that is a sentence."""
    for fault in (faults.refused("broker:1883", code), faults.dismissed("broker:1883", code)):
        assert "broker:1883" in fault.problem
        assert fault.advice.endswith(".")


def test_the_common_reasons_say_what_to_do() -> None:
    """A wrong login names the password's file; a twin names the option that tells the two apart."""
    assert "mqtt_password" in faults.refused("b", 0x86).advice
    assert "mqtt_password" in faults.refused("b", 0x87).advice
    assert "mqtt.client_id" in faults.dismissed("b", 0x8E).advice
    assert "same id" in faults.dismissed("b", 0x8E).problem


@pytest.mark.parametrize("reason", ["certificate is not yet valid", "certificate has expired"])
def test_a_date_is_a_matter_of_the_clock(reason: str) -> None:
    """A computer that does not know the time yet has to wait; the file of authorities has nothing to do with it."""
    assert "clock" in faults.untrusted("b", reason).advice
    assert "mqtt.ca_file" not in faults.untrusted("b", reason).advice
    assert "mqtt.ca_file" in faults.untrusted("b", "self-signed certificate").advice
