"""Numbers written in figures: which mark groups and which divides depends on the language.

az 1.600 · 1 600 · 7,25   en 1,600 · 7.25   ru 1 600 · 7,25   tr 1.600 · 7,25   zh 1,600 · 7.25
"""

import re

LONGEST = 24  # figures and marks of a number; what is longer is no quantity but a code
# The first alternative is grouped by spaces; Turkish and English group by narrow ones only.
FIGURES = {
    language: rf"\d{{1,3}}(?:[{spaces}]\d{{3}})+(?!\d)(?:,\d{{1,6}})?|\d+(?:[.,:]\d+)*"
    for language, spaces in (
        ("az", " \u00a0\u202f\u2009"), ("ru", " \u00a0\u202f\u2009"), ("en", "\u00a0\u202f\u2009"),
        ("tr", "\u00a0\u202f\u2009"),
    )
}  # fmt: skip
_DECIMAL_POINT = ("en", "zh")
_SPACES = re.compile("[ \u00a0\u202f\u2009]")
_GROUPS = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+(?!\d)") for mark in ",."}
_CLOCK = {mark: re.compile(rf"([01]?\d|2[0-4]){re.escape(mark)}([0-5]\d)") for mark in ":."}
_DAY = re.compile(r"([0-2]?\d|3[01])\.(0?\d|1[0-2])\.((?:19|20)?\d\d)")


def parse_figures(text: str, language: str) -> float | None:
    """The value; None where it is several numbers (2:1, 1.2.3) or too long to be a quantity."""
    if len(text) > LONGEST or ":" in text:
        return None
    text = _SPACES.sub("", text)
    group, point = (",", ".") if language in _DECIMAL_POINT else (".", ",")
    whole, *rest = text.split(point)
    if len(rest) > 1:  # 1,600,000 where the comma divides: written the other way round
        return float(text.replace(point, "")) if _GROUPS[point].fullmatch(text) else None
    if group in whole:
        if _GROUPS[group].fullmatch(whole):
            whole = whole.replace(group, "")
        elif whole.count(group) == 1 and not rest:  # 7,25 in English: the other way round
            whole = whole.replace(group, ".")
        else:
            return None
    return float(f"{whole}.{rest[0]}" if rest else whole) if not rest or rest[0].isdigit() else None


def parse_clock(text: str, mark: str) -> tuple[int, int] | None:
    """Hour and minute of 22:00, or of 22.00."""
    found = _CLOCK[mark].fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None


def parse_day(text: str) -> tuple[int, int, int] | None:
    """Day, month and year of 23.05.2025."""
    found = _DAY.fullmatch(text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def split_figures(text: str) -> list[float]:
    """The numbers in 2:1, 3:46.81 or 1.2.3 one by one."""
    parts = re.split(":", text[:LONGEST]) if ":" in text else text[:LONGEST].split(".")
    return [float(part.replace(",", ".")) for part in parts if re.fullmatch(r"\d{1,15}(?:[.,]\d{1,6})?", part)]
