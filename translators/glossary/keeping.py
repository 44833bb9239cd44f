"""What is written as it is in every language."""

from translators import Span
from translators.glossary.matching import find_terms
from translators.glossary.terms import Glossary


def find_kept(text: str, language: str, glossary: Glossary) -> list[Span]:
    """Where do-not-translate terms stand, without their endings; one that is glued to an ending is left out."""
    if not glossary.has_kept:
        return []
    return [
        match.stem for match in find_terms(text, language, glossary)
        if match.term.keep and match.rank >= 0 and not text[match.stem[1] : match.span[1]][:1].isalnum()
    ]  # fmt: skip
