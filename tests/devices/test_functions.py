from __future__ import annotations

import pytest

from hubd.devices.functions import Function, PublishTemplate
from hubd.devices.parameters import Parameter, ParameterType


@pytest.mark.parametrize(
    ("parameter", "own_words"),
    [
        (Parameter(type=ParameterType.STRING), True),
        (Parameter(type=ParameterType.STRING, enum=("loud", "soft")), False),
        (Parameter(type=ParameterType.INTEGER), False),
    ],
)
def test_own_words(parameter: Parameter, *, own_words: bool) -> None:
    """A message may repeat what somebody said if its function takes any text at all."""
    publish = PublishTemplate(topic="phone/notify", payload={"text": "{{ text }}"})
    function = Function(name="notify", description="Notify.", parameters={"text": parameter}, publish=publish)
    assert function.takes_own_words() == own_words
