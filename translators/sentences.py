"""One sentence: what the engine is asked, and what is made of its answer.

make_sentence → Sentence ─engine→ Rendered ─finish→ Finished: typography, untouched parts back, checks, links
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from translators import Direction, Link, Rendered, Span, Translator
from translators.alignment import anchor_links, find_tokens, guess_links, make_mover, widen_links
from translators.checks import BASIC_CHECKS, Check, Finding, find_all
from translators.masks import Masked, Unmasked, mask, move_through, unmask
from translators.typography import fit

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Way:
    """How sentences are translated: where to, by which engine, and which checks look at the answers."""

    direction: Direction
    translator: Translator
    checks: tuple[Check, ...] = BASIC_CHECKS


@dataclass(frozen=True, slots=True)
class Sentence:
    """What an engine is asked: `masked.text`, with this beam. Equal sentences get one answer."""

    masked: Masked
    beam: int

    @property
    def source(self) -> str:
        """The sentence as it is, blanks collapsed."""
        return self.masked.source


@dataclass(frozen=True, slots=True)
class Finished:
    """A sentence in the target language, and what the checks find in it.

    `links` are there when they were wanted, `atoms` are where the untouched parts stand in source and text.
    `is_same`: the engine changed nothing.
    """

    text: str
    score: float
    findings: tuple[Finding, ...]
    links: tuple[Link, ...] = ()
    atoms: tuple[tuple[Span, Span], ...] = ()
    is_same: bool = False

    @property
    def trouble(self) -> int:
        """How many findings there are that a person should look at."""
        return sum(finding.severity == "hold" for finding in self.findings)


def collapse(text: str) -> str:
    """The text with single spaces, as engine, memory and checks see it."""
    return _BLANKS.sub(" ", text)


def make_sentence(text: str, beam: int, islands: Sequence[Span] = ()) -> Sentence:
    """A sentence whose `islands` (of the text as given) are not to be touched."""
    plain = collapse(text)
    move = make_mover(text, plain)
    return Sentence(mask(plain, [move(island) for island in islands]), beam)


def finish(sentence: Sentence, rendered: Rendered, way: Way, *, aligned: bool) -> Finished | None:
    """What an engine's answer makes of the sentence; None when an untouched part was lost."""
    masked = sentence.masked
    if rendered.text == masked.text:
        return keep(sentence, rendered.score, way)
    text = fit(rendered.text, masked.source, way.direction.target)
    unmasked = unmask(masked, text)
    if unmasked is None:
        return None
    links = _make_links(masked, rendered, text, unmasked) if aligned else ()
    atoms = tuple(zip(masked.spans, unmasked.spans, strict=True))
    return Finished(unmasked.text, rendered.score, _check(masked.source, unmasked.text, way), links, atoms)


def keep(sentence: Sentence, score: float, way: Way) -> Finished:
    """The sentence as it is: what an engine gave back unchanged."""
    source = sentence.source
    atoms = tuple((span, span) for span in sentence.masked.spans)
    return Finished(source, score, _check(source, source, way), link_same(source), atoms, is_same=True)


def link_same(text: str) -> tuple[Link, ...]:
    """Every word of a text to itself."""
    return tuple(Link(found.span(), found.span()) for found in find_tokens(text))


def _check(source: str, result: str, way: Way) -> tuple[Finding, ...]:
    return find_all(source, result, way.direction, way.checks)


def _make_links(masked: Masked, rendered: Rendered, text: str, unmasked: Unmasked) -> tuple[Link, ...]:
    """The engine's alignment carried to the whole sentence and to the finished text."""
    carry = make_mover(rendered.text, text)
    links = [
        Link(
            move_through(link.source, masked.names, masked.spans),
            move_through(carry(link.target), unmasked.names, unmasked.spans),
            link.weight,
        )
        for link in rendered.alignment
    ]
    links = widen_links(links, masked.source) if links else guess_links(masked.source, unmasked.text)
    return tuple(anchor_links(links, masked.source, unmasked.text))
