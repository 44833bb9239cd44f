"""One sentence: what the engine is asked, and what is made of its answer.

make_sentence → Sentence ─engine→ Rendered ─finish→ Finished: typography, untouched parts, terms, checks, links
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from translators import Direction, Link, Rendered, Span, Translator
from translators.alignment import anchor_links, find_tokens, guess_links, make_mover, widen_links
from translators.checks import BASIC_CHECKS, Check, Finding, find_all
from translators.glossary import Glossary, enforce
from translators.masks import Masked, Unmasked, blank, mask, move_through, pair_untouched, unmask
from translators.typography import fit

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Way:
    """How sentences are translated: where to, by which engine, and which checks look at the answers.

    The terms of the `glossary` come out in its words.
    `recent` are sentences of other articles with their translations: where they are given, what is said over and over
    in unrelated places is found, what one article says twice, and what the model of the direction back doubts.
    """

    direction: Direction
    translator: Translator
    checks: tuple[Check, ...] = BASIC_CHECKS
    glossary: Glossary | None = None
    recent: Sequence[tuple[str, str]] | None = None


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
    `is_same`: the engine changed nothing. `by` is the person who wrote it, empty: a machine did.
    """

    text: str
    score: float
    findings: tuple[Finding, ...]
    links: tuple[Link, ...] = ()
    atoms: tuple[tuple[Span, Span], ...] = ()
    is_same: bool = False
    by: str = ""

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
    return _check(sentence, _enforce(sentence, Finished(unmasked.text, rendered.score, (), links, atoms), way), way)


def keep(sentence: Sentence, score: float, way: Way) -> Finished:
    """The sentence as it is: what an engine gave back unchanged."""
    source = sentence.source
    atoms = tuple((span, span) for span in sentence.masked.spans)
    kept = Finished(source, score, (), link_same(source), atoms, is_same=True)
    return _check(sentence, _enforce(sentence, kept, way), way)


def adopt(sentence: Sentence, text: str, links: Sequence[Link], by: str) -> Finished:
    """What a person made of the sentence: taken as it is. `links`: words that are known to belong together."""
    source = sentence.source
    guessed = [
        link for link in guess_links(source, text) if not any(_overlap(link.target, known.target) for known in links)
    ]
    atoms = pair_untouched(source, text)
    return Finished(text, 0.0, (), (*links, *anchor_links(guessed, source, text)), atoms, text == source, by)


def link_same(text: str) -> tuple[Link, ...]:
    """Every word of a text to itself."""
    return tuple(Link(found.span(), found.span()) for found in find_tokens(text))


def _overlap(one: Span, two: Span) -> bool:
    return one[0] < two[1] and two[0] < one[1]


def _check(sentence: Sentence, finished: Finished, way: Way) -> Finished:
    findings = find_all(sentence.source, finished.text, way.direction, way.checks)
    return replace(finished, findings=findings) if findings else finished


def _enforce(sentence: Sentence, finished: Finished, way: Way) -> Finished:
    """With the glossary's forms of the terms; links and untouched parts move along, and no term is seen in these."""
    if way.glossary is None:
        return finished
    source = blank(sentence.source, [span for span, _ in finished.atoms])
    result = blank(finished.text, [span for _, span in finished.atoms])
    enforced, edits = enforce(source, result, way.direction, way.glossary)
    if not edits:
        return finished
    before, after = [old for old, _ in edits], [new for _, new in edits]
    text, position = "", 0
    for old, new in edits:
        text += finished.text[position : old[0]] + enforced[slice(*new)]
        position = old[1]
    text += finished.text[position:]
    links = (replace(link, target=move_through(link.target, before, after)) for link in finished.links)
    atoms = ((source, move_through(target, before, after)) for source, target in finished.atoms)
    return replace(finished, text=text, links=tuple(links), atoms=tuple(atoms), is_same=False)


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
