"""BCP 47 tags (RFC 5646): check, normalise, match, name; and which language a text is in.

Identification is py3langid limited to the languages that are asked about, with letter rules before and after it:
scripts that only some of them use, ə for Azerbaijani, q and x for Azerbaijani typed without its own letters.
"""

import copy
import re
import threading
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

MOST_CHARACTERS = 4_000  # of a text that are looked at

# Latin and Cyrillic letters (Han characters carry about four times as much each).
ENOUGH_TO_GUESS, ENOUGH_TO_CONTRADICT = 12, 40
SURE = 0.9

_LANGTAG = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4}|[a-z]{5,8})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?P<rest>(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?)",
    re.IGNORECASE,
)
_LONGEST_TAG = 64

# Tags of one language that mean the same here. Simplified Chinese is "zh"; zh-Hant stays itself.
_SAME = {
    "cmn": "zh", "cmn-Hans": "zh", "zh-Hans": "zh", "zh-CN": "zh", "zh-SG": "zh", "zh-Hans-CN": "zh",
    "zh-Hans-SG": "zh", "zh-cmn": "zh", "zh-cmn-Hans": "zh",
    "zh-TW": "zh-Hant", "zh-HK": "zh-Hant", "zh-Hant-TW": "zh-Hant", "cmn-Hant": "zh-Hant", "zh-cmn-Hant": "zh-Hant",
    "az-Latn": "az", "en-Latn": "en", "ru-Cyrl": "ru", "tr-Latn": "tr",
}  # fmt: skip

# The script of languages that are not written in Latin letters.
_SCRIPTS = {
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "tg", "mn"), "Cyrl"),
    **dict.fromkeys(("ar", "fa", "ur", "ug", "ps"), "Arab"),
    "zh": "Hani", "ja": "Hani", "ko": "Hang", "ka": "Geor", "hy": "Armn", "el": "Grek", "he": "Hebr",
}  # fmt: skip

_LETTERS = {
    "Latn": re.compile("[A-Za-zÀ-ÖØ-öø-ʯ]"),
    "Cyrl": re.compile("[Ѐ-ӿ]"),
    "Hani": re.compile("[぀-ヿ㐀-䶿一-鿿豈-﫿]"),
    "Hang": re.compile("[가-힣]"),
    "Arab": re.compile("[؀-ۿ]"),
    "Geor": re.compile("[ა-ჿ]"),
    "Armn": re.compile("[Ա-և]"),
    "Grek": re.compile("[Ͱ-Ͽ]"),
    "Hebr": re.compile("[א-ת]"),
}
_WEIGHTS = {"Hani": 4, "Hang": 2}

_NOISE = re.compile(r"https?://\S+|www\.\S+|[^\s@]{1,64}@[^\s@]+\.[^\s@]+|[@#]\w+|<[^<>]{0,2000}>")
_NOT_TURKISH = re.compile("[əqx]")
_OWN_LETTER = re.compile("[çğışöüÇĞİŞÖÜâîû]")
_SMALL_WORD = re.compile(r"(?<![\w'’-])[a-zçğıöşüəâîû]{2,}(?!\w)")


@dataclass(frozen=True, slots=True)
class Guess:
    """The language that a text seems to be in, `confidence` from 0 to 1."""

    language: str
    confidence: float


def is_tag(tag: str) -> bool:
    """Whether this is a well-formed language tag (RFC 5646 §2.1; private and grandfathered ones are not)."""
    return len(tag) <= _LONGEST_TAG and _LANGTAG.fullmatch(tag) is not None


def normalise(tag: str) -> str:
    """The tag in the spelling used everywhere here: RFC 5646 case; zh-Hans, zh-CN are zh. ValueError for no tag."""
    found = _LANGTAG.fullmatch(tag) if len(tag) <= _LONGEST_TAG else None
    if not found:
        raise ValueError(f"{tag[:_LONGEST_TAG]!r} is not a BCP 47 language tag")
    parts = [found["language"].lower()]
    if found["script"]:
        parts.append(found["script"].title())
    if found["region"]:
        parts.append(found["region"].upper())
    spelled = "-".join(parts) + found["rest"].lower()
    return _SAME.get(spelled, spelled)


def match(tag: str, languages: Collection[str]) -> str | None:
    """The language of these that a tag asks for, by shortening it (RFC 4647 §3.4): en-GB finds en."""
    wanted = normalise(tag)
    known = {normalise(language): language for language in languages}
    while wanted:
        if wanted in known:
            return known[wanted]
        if wanted == "zh-Hant":  # not what readers of simplified Chinese mean
            return None
        wanted = wanted.rpartition("-")[0].removesuffix("-x")
    return None


def name(language: str, in_language: str) -> str:
    """What a language is called in another; the tag itself where we have no word for it."""
    names = _load_names()
    row = names.get(language) or {}
    return row.get(in_language) or row.get("en") or language


def identify(text: str, languages: Collection[str]) -> Guess | None:
    """Which of `languages` (tags) the text is in; None when there is too little text, or it fits none of them."""
    text = _strip(text)
    scripts = _count_scripts(text)
    total = sum(scripts.values())
    if total < ENOUGH_TO_GUESS:
        return None
    script = max(scripts, key=lambda each: scripts[each])
    fitting = tuple(sorted({each for each in languages if _get_script(each) == script}))
    share = scripts[script] / total
    if not fitting:
        return None
    if len(fitting) == 1:
        return Guess(fitting[0], share)
    guess = _apply_letter_rules(text, _classify(text, fitting), fitting)
    return Guess(guess.language, guess.confidence * share) if guess else None


def contradiction(declared: str, text: str, languages: Collection[str]) -> Guess | None:
    """What the text is in when it clearly is not in the declared language; None when that is not certain."""
    text = _strip(text)
    scripts = _count_scripts(text)
    if sum(scripts.values()) < ENOUGH_TO_CONTRADICT:
        return None
    guess = identify(text, {*languages, declared})
    if guess is None or _get_primary(guess.language) == _get_primary(declared) or guess.confidence < SURE:
        return None
    if _get_script(guess.language) == _get_script(declared) and not _is_known(declared):
        return None
    if {_get_primary(guess.language), _get_primary(declared)} == {"az", "tr"} and not _tells_az_from_tr(text, declared):
        return None
    return guess


def _tells_az_from_tr(text: str, declared: str) -> bool:
    """Typed without their own letters the two look alike: then only Azerbaijani's q, x and ə speak."""
    words = _SMALL_WORD.findall(text)
    telling = sum(bool(_NOT_TURKISH.search(word)) for word in words)
    if _get_primary(declared) == "tr":
        return telling > 0
    return telling == 0 and len(_OWN_LETTER.findall(text)) >= 5


def _strip(text: str) -> str:
    return _NOISE.sub(" ", text[:MOST_CHARACTERS])


def _get_primary(tag: str) -> str:
    return tag.partition("-")[0]


def _get_script(tag: str) -> str:
    found = re.search(r"-([A-Z][a-z]{3})(?:-|$)", tag)
    if found and found[1] in _LETTERS:
        return found[1]
    return _SCRIPTS.get(_get_primary(tag), "Latn")


def _count_scripts(text: str) -> dict[str, int]:
    return {script: len(letters.findall(text)) * _WEIGHTS.get(script, 1) for script, letters in _LETTERS.items()}


def _apply_letter_rules(text: str, guess: Guess | None, languages: Collection[str]) -> Guess | None:
    """Azerbaijani has ə, q and x, which Turkish has not; names of people are left aside by looking at small words."""
    if "az" not in languages:
        return guess
    words = _SMALL_WORD.findall(text)
    with_schwa = sum("ə" in word for word in words)
    if with_schwa >= 2 and with_schwa >= len(words) / 8:
        return Guess("az", 1.0)
    if guess and guess.language == "tr" and not with_schwa:
        foreign = sum("q" in word or "x" in word for word in words)
        if foreign >= 2 and foreign >= len(words) / 12:
            return Guess("az", 0.8)  # typed without its own letters: fairly sure
    return guess


def _classify(text: str, languages: tuple[str, ...]) -> Guess | None:
    """py3langid's answer; None when it knows fewer than two of the languages."""
    identifier, known = _get_identifier(languages)
    if identifier is None:
        return None
    language, confidence = identifier.classify(text)
    return Guess(known[language], confidence)


def _is_known(language: str) -> bool:
    """Whether py3langid can tell the language at all."""
    with _loading:
        return _get_primary(language) in _load_identifier().labels


_loading = threading.Lock()


@lru_cache(maxsize=32)
def _get_identifier(languages: tuple[str, ...]) -> tuple[Any, dict[str, str]]:
    """An identifier for these languages only; never changed after it is made, so threads may share it."""
    with _loading:
        whole = _load_identifier()
    known = {_get_primary(tag): tag for tag in languages if _get_primary(tag) in whole.labels}
    if len(known) < 2:
        return None, known
    limited = copy.copy(whole)
    limited.set_languages(list(known))
    return limited, known


@lru_cache(maxsize=1)
def _load_identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # 90 MB: only where a text is looked at

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=1)
def _load_names() -> dict[str, dict[str, str]]:
    text = resources.files("translators").joinpath("data/names.tsv").read_text(encoding="utf-8")
    head, *rows = (line.split("\t") for line in text.splitlines())
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}
