"""What people wrote of an article stays when its source moves on: three-way merge, by texts and by sentences.

A text (paragraph, headline, caption) whose source is the same keeps what a person made of it, byte for byte, tags and
all. In a text whose source has changed, sentences that are the same keep their translations. All else is translated
anew and named in a finding, for an editor to look at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from translators import Direction, Link
from translators.alignment import shift_link
from translators.checks import Finding
from translators.fields import SentencePair, TextPair
from translators.inline import Element
from translators.markup import read_blocks
from translators.sentences import Finished, Sentence, adopt
from translators.texts import Text, read_text

MOST_TOLD = 20  # texts of a kind that are named


@dataclass(frozen=True, slots=True)
class Edits:
    """What people wrote of an article before: by kind and spelling of each source text what stood for it, in order.

    The same by sentence. `added` are texts that a person wrote without a source, `left_out` sources without a text.
    """

    texts: Mapping[tuple[str, str], Sequence[TextPair]] = field(default_factory=dict)
    sentences: Mapping[str, Finished] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.texts or self.sentences or self.added)

    def find_sentence(self, sentence: Sentence) -> Finished | None:
        """What a person made of this sentence."""
        known = self.sentences.get(sentence.source)
        return None if known is None else adopt(sentence, known.text, known.links, known.by)


NO_EDITS = Edits()


def make_edits(pairs: Sequence[TextPair], direction: Direction) -> Edits:
    """What can be kept of a version: its texts that a person saw whole, and single sentences of the others."""
    texts: dict[tuple[str, str], list[TextPair]] = {}
    sentences: dict[str, Finished | None] = {}
    for pair in pairs:
        if pair.source and pair.result and pair.sentences and pair.is_by_person:
            texts.setdefault((pair.kind, pair.source), []).append(pair)
        for source, one in _read_sentences(pair, direction).items():
            known = sentences.setdefault(source, one)
            if known is None or known.text != one.text:  # two people's ways to say it: neither is the one
                sentences[source] = None
    single = {source: one for source, one in sentences.items() if one is not None}
    added = tuple(pair.result for pair in pairs if not pair.source and pair.result)
    left_out = frozenset(pair.source for pair in pairs if pair.kind == "body" and pair.source and not pair.result)
    return Edits(texts, single, added, left_out)


def find_lost(edits: Edits) -> list[Finding]:
    """What a person wrote that has no source in a new text has no place there: it is named, not dropped in silence."""
    detail = "what an editor wrote is not in this text any more"
    return _limit([Finding("merged", detail, "", text) for text in edits.added])


def find_returned(edits: Edits, written: Iterable[tuple[str, str]]) -> list[Finding]:
    """Texts (as they are spelled, beside their sources) that an editor had left out: nobody knows why."""
    detail = "an editor had left this out"
    returned = [Finding("merged", detail, *pair) for pair in written if pair[0] in edits.left_out]
    return _limit(returned)


def mark_new(source: str, finished: Finished) -> Finding:
    """A sentence of a version that a person had seen, which nobody has seen yet."""
    return Finding("merged", "new since a person last saw this version", source, finished.text, "note")


def _limit(findings: list[Finding]) -> list[Finding]:
    """The first of them; the last says how many more there are."""
    if len(findings) <= MOST_TOLD:
        return findings
    *told, last = findings[:MOST_TOLD]
    return [*told, replace(last, detail=f"{last.detail}; so are {len(findings) - MOST_TOLD:,} more")]


def _read_sentences(pair: TextPair, direction: Direction) -> dict[str, Finished]:
    """The person's sentences of a text by their source, with where their tags stand."""
    by_person: dict[str, SentencePair | None] = {}
    for one in pair.sentences:
        if one.by and one.source and one.result:
            known = by_person.setdefault(one.source, one)
            by_person[one.source] = one if known is not None and known.result == one.result else None
    if not by_person:
        return {}
    source, result = _read(pair.source, pair, direction.source), _read(pair.result, pair, direction.target)
    links = _link_elements(source, result)
    spans = _find_spans(result)
    found = {}
    for part in source.parts:
        meant = by_person.get(part.sentence.source)
        if meant is not None and meant.result in spans:
            own = _cut_links(links, part.span, spans[meant.result])
            found[meant.source] = Finished(meant.result, 0.0, (), own, by=meant.by)
    return found


def _read(spelled: str, pair: TextPair, language: str) -> Text:
    if not pair.place.startswith("body"):
        return read_text(spelled, language, 1)
    blocks = read_blocks(spelled)
    if len(blocks.texts) != 1:  # something odd: plain
        return read_text(spelled, language, 1)
    return read_text(blocks.texts[0], language, 1, blocks.elements[0])


def _find_spans(text: Text) -> dict[str, tuple[int, int]]:
    return {part.sentence.source: part.span for part in text.parts}


def _link_elements(source: Text, result: Text) -> list[Link]:
    """The words that tags hold in both texts, for the kinds of tags of which both have as many."""
    ours, theirs = _sort(source.elements or ()), _sort(result.elements or ())
    return [
        Link((one.start, one.end), (two.start, two.end))
        for name in ours.keys() & theirs.keys()
        if len(ours[name]) == len(theirs[name])
        for one, two in zip(ours[name], theirs[name], strict=True)
    ]


def _sort(elements: Sequence[Element]) -> dict[str, list[Element]]:
    """The elements of each name."""
    found: dict[str, list[Element]] = {}
    for element in elements:
        found.setdefault(element.name, []).append(element)
    return found


def _cut_links(links: Sequence[Link], ours: tuple[int, int], theirs: tuple[int, int]) -> tuple[Link, ...]:
    """The links inside two sentences, counted from their beginnings."""
    return tuple(
        shift_link(link, -ours[0], -theirs[0])
        for link in links
        if ours[0] <= link.source[0] <= link.source[1] <= ours[1]
        and theirs[0] <= link.target[0] <= link.target[1] <= theirs[1]
    )
