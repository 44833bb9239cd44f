"""One object of a JSON document, read property by property; whatever is wrong is collected with its JSON Pointer."""

from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

from feeds import fields, text
from feeds.faults import Faults

T = TypeVar("T")

_JSON_NAMES = {str: "a string", dict: "an object", list: "an array", int: "a whole number"}


class JsonObject:
    """`members` at `place` (a JSON Pointer). Readers return "", None or [] for what is absent or faulty."""

    HINTS: ClassVar[dict[str, str]] = {}

    def __init__(self, members: dict[str, Any], place: str, faults: Faults) -> None:
        self.members = members
        self.place = place
        self.faults = faults

    def fault(self, name: str, detail: str) -> None:
        self.faults.add(f"{self.place}/{name}" if name else self.place, detail)

    def get(self, name: str, expected: type[T]) -> T | None:
        """The value, when it is of the type; null, like any other type, is a fault."""
        if name not in self.members:
            return None
        value = self.members[name]
        if isinstance(value, expected) and not (expected is int and isinstance(value, bool)):
            return value
        self.fault(name, f"must be {_JSON_NAMES[expected]}{self.HINTS.get(name, '')}")
        return None

    def require(self, name: str) -> str:
        if name not in self.members:
            self.fault(name, "is missing")
        return self.get(name, str) or ""

    def list_objects(self, name: str) -> list[Self]:
        """The objects of an array; at most MAX_ITEMS are taken."""
        values = self.get(name, list) or []
        if len(values) > fields.MAX_ITEMS:
            self.fault(name, f"{len(values):,} items; at most {fields.MAX_ITEMS} are taken")
        objects = []
        for number, value in enumerate(values[: fields.MAX_ITEMS]):
            if isinstance(value, dict):
                objects.append(type(self)(value, f"{self.place}/{name}/{number}", self.faults))
            else:
                self.fault(f"{name}/{number}", "must be an object")
        return objects

    def read_line(self, name: str) -> str:
        return fields.read_line(self.get(name, str) or "", f"{self.place}/{name}", self.faults)

    def read_text(self, name: str) -> str:
        return fields.read_text(self.get(name, str) or "", f"{self.place}/{name}", self.faults)

    def read_time(self, name: str) -> datetime | None:
        value = self.get(name, str)
        return None if value is None else fields.read_time(value, f"{self.place}/{name}", self.faults)

    def read_uri(self, name: str) -> str | None:
        value = self.get(name, str)
        return None if value is None else fields.read_uri(value, f"{self.place}/{name}", self.faults)

    def read_language(self, name: str) -> str:
        value = self.get(name, str)
        return "" if value is None else fields.read_language(value, f"{self.place}/{name}", self.faults)

    def read_urgency(self, name: str) -> int | None:
        value = self.get(name, int)
        return None if value is None else fields.read_urgency(value, f"{self.place}/{name}", self.faults)

    def read_count(self, name: str) -> int | None:
        value = self.get(name, int)
        if value is not None and not 0 <= value < 2**40:
            self.fault(name, "must be a whole number from 0")
            return None
        return value

    def read_content_type(self) -> str:
        """text/html or text/plain; plain text when it is not said."""
        value = self.get("contentType", str)
        if value not in {None, "text/html", "text/plain"}:
            self.fault("contentType", "must be text/html or text/plain")
        return value or "text/plain"


def find_unreadable(root: dict[str, Any], faults: Faults, place: str = "") -> None:
    """Reports every string of `root` at `place`, property names included, that holds a forbidden character."""
    waiting: list[tuple[str, Any]] = [(place, root)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            if found := text.find_forbidden(value):
                faults.add(place, f"holds the control character {found}")
        elif isinstance(value, dict):
            for name, child in reversed(value.items()):
                if found := text.find_forbidden(name):
                    faults.add(place, f"a property name holds the control character {found}")
                waiting.append((f"{place}/{escape_pointer(name)}", child))
        elif isinstance(value, list):
            waiting.extend((f"{place}/{number}", child) for number, child in reversed(list(enumerate(value))))


def escape_pointer(name: str) -> str:
    """A property name as a step of a JSON Pointer (RFC 6901 §3)."""
    return text.drop_forbidden(name[:80]).replace("~", "~0").replace("/", "~1")
