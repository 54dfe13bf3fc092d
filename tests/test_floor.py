from __future__ import annotations

import pytest

from hubd.floor import Floor, Turn


def talking(pieces: int = 2) -> Floor:
    """Return a floor on which the model has said so much."""
    floor = Floor()
    for _ in range(pieces):
        assert floor.speak()
    return floor


class TestSound:
    def test_sounding(self) -> None:
        """Speech sounds until the last piece of it is played."""
        floor = talking(3)
        assert floor.sounding
        floor.drain(2)
        assert floor.sounding
        floor.drain(3)
        assert not floor.sounding

    def test_late_word_from_the_speaker(self) -> None:
        """A count that comes late takes nothing back."""
        floor = talking(3)
        floor.drain(3)
        floor.drain(1)
        assert not floor.sounding

    @pytest.mark.parametrize("cut", [Floor.hush, Floor.refuse, Floor.interrupt])
    def test_cut(self, cut: object) -> None:
        """What is cut sounds no more."""
        floor = talking()
        assert callable(cut)
        cut(floor)
        assert not floor.sounding


class TestTurn:
    def test_own_end(self) -> None:
        """A turn runs from its first word, or call, to its end; generated or not."""
        floor = Floor()
        assert floor.begin()
        before = floor.running
        floor.generated()
        assert (before, floor.running) == (True, True)
        assert floor.turn is Turn.GENERATED
        assert floor.complete()

    def test_not_running(self) -> None:
        """Before its first word no turn runs, nor after its end."""
        floor = Floor()
        before = floor.running
        floor.begin()
        floor.complete()
        assert (before, floor.running) == (False, False)

    def test_generated_without_a_turn(self) -> None:
        """The end of a generation that was cut opens no turn."""
        floor = Floor()
        floor.generated()
        assert floor.turn is Turn.NONE

    def test_refused_until_its_end(self) -> None:
        """What the model says after the person took the floor is not played until that turn has ended."""
        floor = talking()
        floor.refuse()
        assert not floor.running
        assert not floor.speak()
        assert not floor.begin()
        assert not floor.sounding
        assert not floor.complete()
        assert floor.speak()

    def test_nothing_to_refuse(self) -> None:
        """Without a turn the next one is heard."""
        floor = talking()
        floor.complete()
        floor.refuse()
        assert floor.speak()

    def test_interrupted_by_the_server(self) -> None:
        """The end of a turn that the server cut is no answer."""
        floor = talking()
        floor.interrupt()
        assert not floor.running
        assert not floor.complete()
        assert floor.complete()

    def test_interrupted_after_its_end(self) -> None:
        """Cutting a turn that is over cuts no other."""
        floor = talking()
        floor.complete()
        floor.interrupt()
        assert floor.turn is Turn.NONE

    def test_refused_turn_is_cut(self) -> None:
        """Once the server knows of the cut, what follows is a new turn."""
        floor = talking()
        floor.refuse()
        floor.interrupt()
        assert floor.speak()
