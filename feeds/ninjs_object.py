"""One object of a ninjs document: which properties it may have and of which types."""

import difflib
from typing import ClassVar

from feeds.json_object import JsonObject, escape_pointer
from feeds.ninjs_names import CHOICE, CHOICES, LIST, OBJECT, PROPERTIES, SINCE_1, TIME, URGENCY

_TYPES: dict[str, type] = {LIST: list, OBJECT: dict, URGENCY: int}


class NinjsObject(JsonObject):
    HINTS: ClassVar[dict[str, str]] = {"version": " (ninjs 3.x)", "associations": " (ninjs 3.x)"}

    def is_choice(self, name: str) -> bool:
        return self.members.get(name) in CHOICES[name]

    def check_properties(self) -> None:
        """Names that ninjs 3.x does not have, and types of all it has."""
        for name, value in self.members.items():
            kind = PROPERTIES.get(name)
            if kind is None:
                # Looking for the likely name takes time: not for more names than are listed.
                self.fault(escape_pointer(name), "" if self.faults.is_full else _explain_unknown(name))
            elif self.get(name, _TYPES.get(kind, str)) is None:
                continue
            elif kind == CHOICE and value not in CHOICES[name]:
                self.fault(name, f"must be one of {', '.join(CHOICES[name])}")
            elif kind == TIME:
                self.read_time(name)
            elif kind == LIST:
                self.list_objects(name)


def _explain_unknown(name: str) -> str:
    if name in SINCE_1:
        return f"ninjs 3.x has `{SINCE_1[name]}`"
    near = difflib.get_close_matches(name[:80], PROPERTIES, n=1)
    return f"ninjs 3.x has no such property{f'; is `{near[0]}` meant?' if near else ''}"
