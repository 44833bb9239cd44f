"""How each language writes quotes, dashes, spaces, Chinese punctuation and capital letters.

For one machine-made sentence; every function is pure and idempotent, changes punctuation and spaces only (`fit` also
the first letter's case), and leaves alone what it is not sure of: unpaired quotes, ranges, scores, times, figures.
Decimal points and commas stay: 1,234 may be a decimal or a thousand.
"""

import re

from translators.alignment import HAN

_QUOTES = {
    "az": ("“", "”", "‘", "’"),
    "en": ("“", "”", "‘", "’"),
    "ru": ("«", "»", "„", "“"),
    "tr": ("“", "”", "‘", "’"),
    "zh": ("“", "”", "‘", "’"),
}
_DASHES = {"az": " – ", "en": " – ", "ru": " — ", "tr": " – "}
_WIDE = {",": "，", ".": "。", ":": "：", ";": "；", "!": "！", "?": "？"}
_NARROW = {"，": ",", "。": ".", "：": ":", "；": ";", "！": "!", "？": "?", "、": ",", "（": "(", "）": ")", "％": "%"}
_WIDE_MARKS = "，。：；！？、（）《》“”‘’…"

_AFTER_HAN = re.compile(rf"(?<=[{HAN}”’》）〉」]) ?(?:[,:;!?]|\.(?=\s*(?:[{HAN}“”‘’《》（）〈「]|$)))(?!//)")
_AFTER_FIGURE = re.compile(rf"(?<=[\d%])(?:[,;!?](?=\s*[{HAN}“‘《（])|[.!?](?=[”’）]?$))")
_BRACKETS = re.compile(rf"\(([^()]*[{HAN}][^()]*)\)")
_HAN_SPACE = re.compile(
    rf"(?<=[{HAN}]) +(?=[{HAN}{_WIDE_MARKS}])|(?<=[{_WIDE_MARKS}]) +(?=[{HAN}{_WIDE_MARKS}])"
    rf"| +(?=[，。：；！？、）》])|(?<=[，。：；！？、（《]) +"
)
_HAN_DASH = re.compile(rf"(?<=[{HAN}”》）]) ?(?:–|—|--| - )+ ?(?=[{HAN}“《（])")
_HAN_DOTS = re.compile(rf"(?<=[{HAN}”])(?:\.{{3,}}|…)(?!…)")
_NARROWED = re.compile(r"([，。：；！？、）])(\s*)(?=(\w?))")
_SPACE_BEFORE = re.compile(r"(?<=\S) +(?=[,.;:!?]+(?:\s|$))|(?<=[\w.,!?…]) +(?=[»”)\]](?:[\s,.;:!?]|$))")
_SPACE_AFTER = re.compile(r"(?<=[(\[«„])[ \u00a0]+")
_SPACED_DASH = re.compile(r"(?<=[^\W\d_]|[»”\")!?.,…])[ \u00a0](?:-|–|—|--)[ \u00a0](?=\S)")
_SPACED_PERCENT = re.compile(r"(?<=\d)[ \u00a0]%(?!\w)")
_TRAILING_PERCENT = re.compile(r"(?<![\w.,%/–-])(?<![%] )(\d+(?:[.,]\d+)?)[ \u00a0]?%(?![\w%])")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_FIRST = re.compile(r"[\s“”„«\"‘’'—–-]*(\w)")
_SURE_QUOTE = {"«": 1, "„": 1, "»": -1, "”": -1, "＂": 0, '"': 0, "“": 0}


def fit(text: str, source: str, language: str) -> str:
    """The machine's sentence as its language writes it; `source` says whether it begins with a capital letter."""
    base = language.partition("-")[0]
    if base not in _QUOTES:
        return text
    fitted = fit_quotes(text, base)
    fitted = fit_wide(fitted) if base == "zh" else fit_narrow(fitted, base)
    return fitted if base == "zh" else fit_capital(fitted, source, base)


def fit_quotes(text: str, language: str) -> str:
    """Pairs of double quotes in the language's own style, pairs inside pairs in its inner style."""
    style = _QUOTES.get(language)
    pairs = _pair_quotes(text)
    if style is None or not pairs:
        return text
    characters = list(text)
    for start, end, depth in pairs:
        characters[start], characters[end] = style[:2] if depth == 0 else style[2:]
    return "".join(characters)


def fit_wide(text: str) -> str:
    """Chinese: full-width punctuation after Chinese, no spaces at it nor between Han characters."""
    if not re.search(f"[{HAN}]", text):
        return text
    text = _HAN_SPACE.sub("", text)
    text = _HAN_DOTS.sub("……", text)
    text = _BRACKETS.sub(r"（\1）", text)
    for _ in range(4):  # what stands before a mark may have become wide only now
        wider = _AFTER_FIGURE.sub(_widen, _AFTER_HAN.sub(_widen, text))
        if wider == text:
            break
        text = wider
    return _SPACED_PERCENT.sub("%", _HAN_SPACE.sub("", _HAN_DASH.sub("——", text)))


def fit_narrow(text: str, language: str) -> str:
    """All others: no full-width marks, no space before a comma, the language's dash, percent and apostrophe."""
    text = _NARROWED.sub(_narrow, text).replace("（", "(").replace("％", "%")
    text = _SPACE_AFTER.sub("", _SPACE_BEFORE.sub("", text))
    text = _SPACED_DASH.sub(_DASHES[language], text)
    if language == "en":
        return _SPACED_PERCENT.sub("%", _APOSTROPHE.sub("’", text))
    if language == "tr":
        return _TRAILING_PERCENT.sub(r"%\1", text)
    return _SPACED_PERCENT.sub("%", text)


def fit_capital(text: str, source: str, language: str) -> str:
    """A capital first letter where the source has one; words such as "iPhone" stay."""
    here, there = _FIRST.match(text), _FIRST.match(source)
    if here is None or there is None or not there[1].isupper() or not here[1].islower():
        return text
    place = here.start(1)
    if text[place + 1 : place + 2].isupper():
        return text
    capital = to_upper(here[1], language)
    return text[:place] + capital + text[place + 1 :] if len(capital) == 1 else text


def to_upper(text: str, language: str) -> str:
    """Capital letters: i becomes İ in Azerbaijani and Turkish."""
    return (text.replace("i", "İ") if _is_dotted(language) else text).upper()


def to_lower(text: str, language: str) -> str:
    """Small letters: I becomes ı in Azerbaijani and Turkish; İ becomes i everywhere, without a stray dot."""
    if _is_dotted(language):
        text = text.replace("I", "ı")
    return text.replace("İ", "i").lower()


def _is_dotted(language: str) -> bool:
    return language.partition("-")[0] in ("az", "tr")


def _pair_quotes(text: str) -> list[tuple[int, int, int]]:
    """(opening, closing, depth) of all double quotes; none at all unless every one has its partner."""
    pairs: list[tuple[int, int, int]] = []
    is_open: list[int] = []
    for place, character in enumerate(text):
        turn = _SURE_QUOTE.get(character)
        if turn is None:
            continue
        if turn == 0:
            turn = _guess_turn(text, place, text[is_open[-1]] if is_open else "")
        if turn > 0:
            is_open.append(place)
        elif is_open:
            pairs.append((is_open.pop(), place, len(is_open)))
        else:
            return []
    return [] if is_open else pairs


def _guess_turn(text: str, place: int, opener: str) -> int:
    """Whether a quote that is written alike at both ends opens (1) or closes (−1)."""
    if text[place] == "“":  # closes after „, else opens
        return -1 if opener == "„" else 1
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if opener in ('"', "＂") and (not before.isspace() or not after or after.isspace()):
        return -1
    return 1


def _widen(found: re.Match[str]) -> str:
    return _WIDE[found[0].strip()]


def _narrow(found: re.Match[str]) -> str:
    gap = found[2] or (" " if found[3] and found[1] != "（" else "")
    return _NARROW[found[1]] + gap
