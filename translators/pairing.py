"""A person's version of an article laid beside its source: which text, and which sentence, stands for which."""

from collections.abc import Iterator, Sequence

from translators import Direction
from translators.checks import align
from translators.fields import Fields, SentencePair, TextPair
from translators.markup import list_places, list_spelled, read_blocks
from translators.segments import split
from translators.sentences import collapse


def pair_fields(source: Fields, result: Fields, direction: Direction, by: str) -> tuple[TextPair, ...]:
    """Every text of both. `by` is who wrote the result. What stands beside nothing has "" on the other side.

    The sentences of a text are paired where both sides have as many and they fit; else the text is one pair.
    """
    return (*_pair_plain(source, result, direction, by), *_pair_bodies(source.body, result.body, direction, by))


def _pair_plain(source: Fields, result: Fields, direction: Direction, by: str) -> Iterator[TextPair]:
    ours, theirs = dict(source.list_plain()), dict(result.list_plain())
    for place in dict.fromkeys((*ours, *theirs)):
        one, two = ours.get(place, ""), theirs.get(place, "")
        yield TextPair(place, one, two, _pair_sentences(one, two, direction, by))


def _pair_bodies(source: str, result: str, direction: Direction, by: str) -> Iterator[TextPair]:
    ours, theirs = read_blocks(source), read_blocks(result)
    spelled, written = list_spelled(ours), list_spelled(theirs)
    places, others = list_places(ours), list_places(theirs)
    for one, two in _lay(ours.texts, theirs.texts, direction):
        if one is not None and two is not None and places[one].split()[0] == others[two].split()[0]:
            sentences = _pair_sentences(ours.texts[one], theirs.texts[two], direction, by)
            yield TextPair(places[one], spelled[one], written[two], sentences)
            continue
        if one is not None:
            yield TextPair(places[one], spelled[one], "")
        if two is not None:
            yield TextPair(others[two].split()[0], "", written[two])


def _pair_sentences(source: str, result: str, direction: Direction, by: str) -> tuple[SentencePair, ...]:
    if not source or not result:
        return ()
    ours = [segment.text for segment in split(source, direction.source) if segment.text]
    theirs = [segment.text for segment in split(result, direction.target) if segment.text]
    laid = _lay(ours, theirs, direction)
    if all(one is not None and two is not None for one, two in laid):
        return tuple(SentencePair(collapse(one), collapse(two), by) for one, two in zip(ours, theirs, strict=True))
    return (SentencePair(collapse(source), collapse(result), by),)


def _lay(ours: Sequence[str], theirs: Sequence[str], direction: Direction) -> list[tuple[int | None, int | None]]:
    """The indexes of both side by side, in the order of the result; None beside what stands alone."""
    missing, added = map(dict.fromkeys, align(ours, theirs, direction))
    left = iter(number for number in range(len(ours)) if number not in missing)
    laid: list[tuple[int | None, int | None]] = [
        (None, number) if number in added else (next(left), number) for number in range(len(theirs))
    ]
    return [*laid, *((number, None) for number in missing)]
