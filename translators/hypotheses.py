"""What a model is asked and what its answers mean: texts → pieces; hypotheses of pieces → texts and links; scores."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from translators import Direction, Link, Rendered, Span
from translators.alignment import link_pieces, shift_link
from translators.pieces import cut_pieces, find_spans

SMALLEST_BATCH = 256  # tokens; below that a second core costs more than it brings
LONGEST_SENTENCE = 200  # pieces; longer ones are cut and joined again


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of one text, as the model's pieces, from the piece `first` on."""

    text: int
    first: int
    pieces: list[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """One call of translate."""

    texts: Sequence[str]
    direction: Direction
    prefix: str
    beam: int
    hypotheses: int
    aligned: Collection[int]


def cut_parts(whole: Sequence[list[str]]) -> list[Part]:
    parts = []
    for number, pieces in enumerate(whole):
        first = 0
        for stretch in cut_pieces(pieces, LONGEST_SENTENCE):
            parts.append(Part(number, first, stretch))
            first += len(stretch)
    return parts


def pick_batch(parts: Sequence[Part], most: int, threads: int) -> int:
    """Tokens per batch: a batch is one thread's work, so that few sentences are shared out among all threads."""
    share = -(-sum(len(part.pieces) for part in parts) // threads)
    return min(most, max(share, SMALLEST_BATCH))


def decode_part(processor: Any, result: Any, part: Part, asked: Asked, spans: Sequence[Span] | None) -> list[Rendered]:
    """The hypotheses for one part, best first; links from the whole text if `spans` of its pieces are given."""
    attention = result.attention if spans is not None else [[]] * len(result.hypotheses)
    decoded = []
    for pieces, score, rows in zip(result.hypotheses, result.scores, attention, strict=True):
        if asked.prefix and pieces[:1] == [asked.prefix]:
            pieces, rows = pieces[1:], rows[1:]
        text = processor.decode(pieces).strip()
        links: list[Link] = []
        if spans is not None:
            links = link_pieces(spans[part.first : part.first + len(part.pieces)], find_spans(pieces, text), rows)
        decoded.append(Rendered(text, min(0.0, score), tuple(links)))
    return decoded


def join_parts(parts: Sequence[Sequence[Rendered]], direction: Direction) -> Rendered:
    """The parts of one text together; the other hypotheses of a text of several parts are left out."""
    if len(parts) == 1:
        first, *others = parts[0]
        return Rendered(first.text, first.score, first.alignment, tuple(others))
    gap = "" if direction.target.partition("-")[0] in ("zh", "ja") else " "
    text = ""
    links: list[Link] = []
    for best, *_ in parts:
        text += gap if text and best.text else ""
        links += (shift_link(link, 0, len(text)) for link in best.alignment)
        text += best.text
    return Rendered(text, sum(best.score for best, *_ in parts) / len(parts), tuple(links))


def score_pieces(
    translator: Any, pairs: Sequence[tuple[list[str], list[str]]], prefix: str, batch_tokens: int
) -> list[float]:
    """Mean log-probability per piece of each second text, and of its end, after the first; 0 where it is not asked:

    nothing to score, or longer than what the model is asked to translate at once.
    """
    numbers = [
        number
        for number, (source, target) in enumerate(pairs)
        if 0 < len(source) <= LONGEST_SENTENCE and 0 < len(target) <= LONGEST_SENTENCE
    ]
    scores = [0.0] * len(pairs)
    if not numbers:
        return scores
    begin = [prefix] if prefix else []
    results = translator.score_batch(
        [pairs[number][0] for number in numbers],
        [begin + pairs[number][1] for number in numbers],
        max_batch_size=batch_tokens,
        batch_type="tokens",
        offset=len(begin),
    )
    for number, result in zip(numbers, results, strict=True):
        scores[number] = min(0.0, sum(result.log_probs) / len(result.log_probs))
    return scores
