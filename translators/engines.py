"""Engines by name, as config.toml names them."""

from collections.abc import Collection
from pathlib import Path

from translators import Translator
from translators.pseudo import LANGUAGES, IdentityTranslator, PseudoTranslator

NAMES = ("argos", "pseudo", "identity")


def make_translator(
    name: str,
    packages_dir: Path,
    *,
    languages: Collection[str] = LANGUAGES,
    threads: int = 0,
    batch_tokens: int = 1024,
    idle_seconds: float = 0,
) -> Translator:
    """The engine called argos, pseudo or identity; ValueError for other names.

    `idle_seconds`: its models leave memory when they were not used for so long; 0 keeps them.
    """
    match name:
        case "argos":
            from translators.argos import ArgosTranslator  # loads CTranslate2: only where it is used

            return ArgosTranslator(packages_dir, threads=threads, batch_tokens=batch_tokens, idle_seconds=idle_seconds)
        case "pseudo":
            return PseudoTranslator(languages)
        case "identity":
            return IdentityTranslator(languages)
        case _:
            raise ValueError(f"{name!r} is not an engine; there are {', '.join(NAMES)}")
