"""Plain text: which characters XML, JSON and readers can bear, and the one normal form (Unicode NFC).

Forbidden are C0 except tab, line feed and carriage return, DEL, C1, surrogates, U+FFFE and U+FFFF: XML 1.0 refuses
most of them, and one of them in one article would otherwise break a whole feed.
"""

import re
import unicodedata

FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def find_forbidden(text: str) -> str | None:
    """The first forbidden character as "U+0001 at character 12", or None."""
    found = FORBIDDEN.search(text)
    return found and f"U+{ord(found[0]):04X} at character {found.start() + 1}"


def drop_forbidden(text: str) -> str:
    return FORBIDDEN.sub("", text)


def normalise(text: str) -> str:
    """NFC, line ends as line feeds, no white space around."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def join_lines(text: str) -> str:
    """One line: every run of spaces, tabs and line ends becomes one space (a no-break space stays)."""
    return re.sub("[ \t\n\r]+", " ", normalise(text)).strip()
