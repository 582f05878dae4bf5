"""Read server-sent events.

Source: WHATWG, HTML, section 9.2.6 (interpreting an event stream).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One event: what its `event` field says, and the lines of its data."""

    kind: str
    data: str


class EventReader:
    """Takes an event stream in pieces of any size, and gives the events that are complete.

    Holds at most `limit` bytes of an event that is not.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._line: list[bytes] = []
        self._held = 0
        self._kind = "message"
        self._lines: list[str] = []
        self._ended_in_cr = False
        self._begun = False

    def push(self, piece: bytes) -> list[Event]:
        """Take a piece; raises ValueError if an event is longer than the limit."""
        if self._ended_in_cr and piece.startswith(b"\n"):
            piece = piece[1:]
            self._ended_in_cr = False
        if piece:
            self._ended_in_cr = piece.endswith(b"\r")
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *ended, rest = piece.split(b"\n")
        events = []
        for end in ended:
            self._hold(end)
            event = self._end_line()
            if event:
                events.append(event)
        self._hold(rest)
        return events

    def _hold(self, part: bytes) -> None:
        self._held += len(part)
        if self._held > self._limit:
            raise ValueError(f"an event is longer than {self._limit:,} bytes")
        if part:
            self._line.append(part)

    def _end_line(self) -> Event | None:
        line = b"".join(self._line).decode("utf-8", "replace")
        self._line.clear()
        if not self._begun:
            self._begun = True
            line = line.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
        if not line:
            return self._end_event()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._lines.append(value)
        elif name == "event":
            self._kind = value or "message"
        return None

    def _end_event(self) -> Event | None:
        event = Event(self._kind, "\n".join(self._lines)) if self._lines else None
        self._kind = "message"
        self._lines = []
        self._held = 0
        return event
