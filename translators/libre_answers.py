"""What a server with LibreTranslate's API answers, read: languages, version, translations, errors.

All of it may be anything: what is not as it should be raises TranslationError or is left out.
"""

import json
from collections.abc import Iterator
from typing import Any

from translators import Rendered, TranslationError
from translators.languages import normalise

LONGEST_REASON = 200
UNKNOWN_SCORE = 0.0  # what Rendered means by it


def read_pairs(body: bytes) -> Iterator[tuple[str, str]]:
    """The pairs of GET /languages, in the server's codes; codes that are no language tags are left out."""
    rows = _parse(body)
    if not isinstance(rows, list) or not all(
        isinstance(row, dict) and isinstance(row.get("code"), str) for row in rows
    ):
        raise TranslationError("what it says about its languages is not LibreTranslate's")
    codes = [row["code"] for row in rows]
    for row in rows:
        targets = row.get("targets", codes)  # servers before 1.3 had every pair
        for target in targets if isinstance(targets, list) else ():
            known = isinstance(target, str) and _is_code(row["code"]) and _is_code(target)
            if known and normalise(row["code"]) != normalise(target):
                yield row["code"], target


def read_version(body: bytes) -> str:
    """The version in GET /spec (Swagger 2.0: info.version)."""
    spec = _parse(body)
    info = spec.get("info") if isinstance(spec, dict) else None
    version = info.get("version") if isinstance(info, dict) else None
    return version[:64] if isinstance(version, str) and version.isprintable() and version else "unknown"


def read_translations(body: bytes, count: int) -> list[Rendered]:
    """The sentences of POST /translate, asked for as a list; TranslationError unless there are `count` of them."""
    answer = _parse(body)
    texts = answer.get("translatedText") if isinstance(answer, dict) else None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise TranslationError("the answer holds no list of translatedText")
    if len(texts) != count:
        raise TranslationError(f"the answer holds {len(texts)} sentences for {count}")
    others = answer.get("alternatives")
    if not isinstance(others, list) or len(others) != count:
        others = [()] * count
    return [
        Rendered(text.strip(), UNKNOWN_SCORE, (), tuple(_render_others(more)))
        for text, more in zip(texts, others, strict=True)
    ]


def read_error(body: bytes) -> str:
    """What LibreTranslate says is wrong: {"error": …}; "" when it says nothing."""
    try:
        answer = _parse(body)
    except TranslationError:
        return "no reason given"
    error = answer.get("error") if isinstance(answer, dict) else None
    return error[:LONGEST_REASON] if isinstance(error, str) and error else "no reason given"


def _render_others(texts: object) -> Iterator[Rendered]:
    for text in texts if isinstance(texts, list) else ():
        if isinstance(text, str) and text.strip():
            yield Rendered(text.strip(), UNKNOWN_SCORE)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise TranslationError("the answer is not JSON") from error


def _is_code(code: str) -> bool:
    try:
        normalise(code)
    except ValueError:
        return False
    return True
