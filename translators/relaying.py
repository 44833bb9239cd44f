"""Texts beside texts over a third language: what stands for a sentence of which only another translation is known."""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from translators.fields import SentencePair, TextPair


def turn_pairs(pairs: Iterable[TextPair]) -> list[TextPair]:
    """The same, seen from the other side; who wrote it is no matter there."""
    return [
        TextPair(
            pair.place, pair.result, pair.source, tuple(SentencePair(one.result, one.source) for one in pair.sentences)
        )
        for pair in pairs
        if pair.source and pair.result
    ]


def join_pairs(first: Sequence[TextPair], second: Sequence[TextPair]) -> tuple[TextPair, ...]:
    """Texts A beside B, texts B beside C → A beside C, with who wrote C.

    Of a text B that the first do not have, those sentences that they have stand alone. What stands beside nothing in
    the second stays.
    """
    waiting: dict[tuple[str, str], list[TextPair]] = {}
    for pair in second:
        waiting.setdefault((pair.kind, pair.source), []).append(pair)
    back = {one.result: one.source for pair in first for one in pair.sentences if one.source and one.result}
    joined = []
    for pair in first:
        if found := waiting.get((pair.kind, pair.result)):
            joined.append(_join(pair, found[0], back))
            del found[: len(found) > 1]
    taken = {(pair.kind, pair.result) for pair in first}
    left = [pair for pair in second if (pair.kind, pair.source) not in taken]
    return (*joined, *(one for pair in left for one in _list_left(pair, back)))


def list_alone(pairs: Iterable[TextPair]) -> tuple[TextPair, ...]:
    """What people wrote of these texts, beside nothing."""
    return tuple(
        TextPair(pair.kind, "", pair.result) for pair in pairs if pair.result and any(one.by for one in pair.sentences)
    )


def _join(one: TextPair, two: TextPair, back: Mapping[str, str]) -> TextPair:
    """The sentences of a text that is translated whole have no places of their own."""
    sentences = tuple(replace(each, source=back.get(each.source, "")) for each in two.sentences)
    return TextPair(one.place, one.source, two.result, sentences)


def _list_left(pair: TextPair, back: Mapping[str, str]) -> Iterator[TextPair]:
    if not pair.source:
        yield pair
        return
    write = partial(html.escape, quote=False) if pair.kind == "body" else str
    for one in pair.sentences:
        if source := back.get(one.source):
            yield TextPair(pair.place, write(source), write(one.result), (replace(one, source=source),))
