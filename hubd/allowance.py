"""How many messages may go out in a second."""

from __future__ import annotations

from collections import OrderedDict, deque

IN_ALL = 50
PER_DEVICE = 10
# Devices that were sent something within the second are few: so many are remembered, the oldest are forgotten.
_MAX_DEVICES = 1000
_SECOND = 1.0


class Allowance:
    """Counts messages: at most so many go out in any second, to one device, to all of them.

    Nothing is kept for later: what does not fit is to be refused. Every ``now`` is monotonic, s.
    """

    def __init__(self, *, in_all: int = IN_ALL, per_device: int = PER_DEVICE) -> None:
        self._in_all = _Window(in_all)
        self._per_device = per_device
        self._devices: OrderedDict[str, _Window] = OrderedDict()

    def take(self, device_id: str, count: int, now: float) -> str:
        """Count messages to a device that go out now; return why they may not, or nothing."""
        device = self._devices.pop(device_id, None) or _Window(self._per_device)
        self._devices[device_id] = device
        while len(self._devices) > _MAX_DEVICES:
            self._devices.popitem(last=False)
        if not device.fits(count, now):
            return f"one device is sent at most {self._per_device} messages a second"
        if not self._in_all.fits(count, now):
            return f"at most {self._in_all.size} messages a second are sent"
        device.add(count, now)
        self._in_all.add(count, now)
        return ""

    def room_at(self, device_id: str, count: int, now: float) -> float:
        """Return when so many messages to a device fit, now or later, if no others come before them, s."""
        device = self._devices.get(device_id)
        return max(self._in_all.room_at(count, now), now if device is None else device.room_at(count, now))


class _Window:
    """The times of the last messages, as many as go out in a second."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._times: deque[float] = deque(maxlen=size)

    def fits(self, count: int, now: float) -> bool:
        """Return whether so many more may go out now."""
        return self.room_at(count, now) <= now

    def room_at(self, count: int, now: float) -> float:
        """Return when so many more may go out; more than ever fit count as all that fit."""
        crowding = len(self._times) + min(count, self.size) - self.size
        return max(now, self._times[crowding - 1] + _SECOND) if crowding > 0 else now

    def add(self, count: int, now: float) -> None:
        """Note so many that go out now."""
        self._times.extend([now] * count)
