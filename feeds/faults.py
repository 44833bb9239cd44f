"""What can be wrong with a document from outside.

ValueError
├── UnsupportedFormat    we do not read this media type or charset at all
├── MalformedDocument    not JSON, not XML, not UTF-8, nested or sized beyond reason
└── InvalidDocument      readable, but something in it is wrong: every fault with its place
"""

from dataclasses import dataclass

MAX_FAULTS = 100


class UnsupportedFormat(ValueError):
    """Format not supported"""


class MalformedDocument(ValueError):
    """Document cannot be read"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. `pointer` is a JSON Pointer (RFC 6901) in JSON, an XPath in XML."""

    pointer: str
    detail: str


class InvalidDocument(ValueError):
    """Document is not valid"""

    def __init__(self, errors: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{fault.pointer or '/'}: {fault.detail}" for fault in errors[:3]))
        self.errors = errors


class Faults:
    """Collects what is wrong while a document is read, so that its sender hears everything at once."""

    def __init__(self) -> None:
        self._faults: dict[Fault, None] = {}
        self._left_out = 0

    def add(self, pointer: str, detail: str) -> None:
        if len(self._faults) < MAX_FAULTS:
            self._faults[Fault(pointer, detail)] = None
        else:
            self._left_out += 1

    def is_mentioned(self, pointer: str) -> bool:
        """Is anything wrong at this place or below it?"""
        return any(fault.pointer == pointer or fault.pointer.startswith(f"{pointer}/") for fault in self._faults)

    @property
    def found(self) -> tuple[Fault, ...]:
        """Those that are listed."""
        return tuple(self._faults)

    @property
    def is_full(self) -> bool:
        return len(self._faults) >= MAX_FAULTS

    def raise_any(self) -> None:
        """Raises InvalidDocument unless all is well."""
        if self._left_out:
            more = Fault("", f"{self._left_out} more faults are not listed")
            raise InvalidDocument((*self._faults, more))
        if self._faults:
            raise InvalidDocument(tuple(self._faults))
