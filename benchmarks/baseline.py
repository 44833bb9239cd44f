"""argostranslate as its own users call it, over a packages folder of Karvan's.

Three things are done for it: it gets our sentence splitter, because its own wants a download; the target prefix is
taken off every sentence, where it would leave those after the first of a paragraph in the text; and where it would
pivot twice (it takes the first way it finds), it gets the way through English.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from translators.segments import split

Translate = Callable[[str], str]


def load_argos(packages: Path, scratch: Path) -> dict[tuple[str, str], Translate]:
    """Its translate() by source and target language. It reads its settings and makes its folders when imported."""
    os.environ["ARGOS_PACKAGES_DIR"] = str(packages)
    # Its default, but for a process that may not use all cores: more threads than cores wait for each other, spinning.
    os.environ["ARGOS_INTRA_THREADS"] = str(min(4, len(os.sched_getaffinity(0))))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = str(scratch / name.lower())
    from argostranslate import translate

    translate.MiniSBDSentencizer = _Splitter
    languages = {language.code: language for language in translate.get_installed_languages()}
    ways = {}
    for source, language in languages.items():
        for target in languages.keys() - {source}:
            way = language.get_translation(languages[target])
            if isinstance(way, translate.CompositeTranslation):
                legs = [language.get_translation(languages["en"]), languages["en"].get_translation(languages[target])]
                way = translate.CompositeTranslation(*legs)
            else:
                _mend_prefix(way.underlying.pkg)
            ways[source, target] = way.translate
    return ways


class _Splitter:
    """Our rules behind its interface."""

    def __init__(self, package: Any) -> None:
        self._language = package.from_code

    def split_sentences(self, text: str) -> list[str]:
        return [segment.text for segment in split(text, self._language) if segment.text]


def _mend_prefix(package: Any) -> None:
    tokenizer, prefix = package.tokenizer, package.target_prefix
    decode = tokenizer.decode

    def decode_without(tokens: list[str]) -> str:
        return str(decode([token for token in tokens if token != prefix]))

    tokenizer.decode = decode_without
