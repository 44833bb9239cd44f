"""Sentences → engine → the best answer for each.

Where the checks find something in the first hypothesis, the others of the beam are tried; then one more call, with a
wider beam, for all sentences that are still in trouble (bounded); with it go the stretches of sentences in which the
engine lost what it must not touch: these are cut around it. What is still found then is reported.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from translators import Link, Rendered, Span, TranslationError
from translators.alignment import HAN, shift_link
from translators.checks import Finding
from translators.sentences import Finished, Sentence, Way, finish, keep

MOST_EXTRA = 0.06  # of the first call's cost (letters × beam) may be spent on asking again
FREE_EXTRA = 300  # letters may always be asked again
NARROWEST, WIDEST = 4, 8  # the wider beam
_HAN = re.compile(f"[{HAN}]")
_BARE = re.compile(r"[^\W_](?:.*\w)?", re.DOTALL)


def translate_sentences(wanted: Mapping[Sentence, bool], way: Way) -> dict[Sentence, Finished]:
    """An answer for every sentence; the value says whether its alignment is wanted too. Raises TranslationError."""
    answers = _ask(wanted, way)
    best = {sentence: _pick(sentence, answers[sentence], way, aligned=aligned) for sentence, aligned in wanted.items()}
    doubtful = _limit([sentence for sentence, one in best.items() if one and one.trouble], wanted)
    lost = [sentence for sentence, one in best.items() if one is None]
    again = _ask_again(doubtful, lost, wanted, way)
    for sentence in doubtful:
        other = _pick(sentence, again[sentence.masked.text], way, aligned=wanted[sentence])
        first = best[sentence]
        if other is not None and first is not None and other.trouble < first.trouble:
            best[sentence] = other
    finished = {sentence: one for sentence, one in best.items() if one is not None}
    return finished | {sentence: _join(sentence, again, way, aligned=wanted[sentence]) for sentence in lost}


def _ask(wanted: Mapping[Sentence, bool], way: Way) -> dict[Sentence, Rendered]:
    """One call per beam, each different text once."""
    answers: dict[Sentence, Rendered] = {}
    for beam in sorted({sentence.beam for sentence in wanted}):
        now = [sentence for sentence in wanted if sentence.beam == beam]
        texts = list(dict.fromkeys(sentence.masked.text for sentence in now))
        aligned = {sentence.masked.text for sentence in now if wanted[sentence]}
        rendered = _call(texts, aligned, beam, way)
        answers |= {sentence: rendered[sentence.masked.text] for sentence in now}
    return answers


def _ask_again(
    doubtful: Sequence[Sentence],
    lost: Sequence[Sentence],
    wanted: Mapping[Sentence, bool],
    way: Way,
) -> dict[str, Rendered]:
    texts: dict[str, bool] = {}
    for sentence in doubtful:
        texts[sentence.masked.text] = texts.get(sentence.masked.text, False) or wanted[sentence]
    for sentence in lost:
        for start, end in _list_stretches(sentence):
            stretch = sentence.masked.text[start:end]
            texts[stretch] = texts.get(stretch, False) or wanted[sentence]
    if not texts:
        return {}
    aligned = {text for text, is_aligned in texts.items() if is_aligned}
    return _call(list(texts), aligned, _widen_beam([*doubtful, *lost]), way)


def _call(texts: Sequence[str], aligned: Collection[str], beam: int, way: Way) -> dict[str, Rendered]:
    numbers = [number for number, text in enumerate(texts) if text in aligned]
    rendered = way.translator.translate(texts, way.direction, beam=beam, hypotheses=beam, aligned=numbers)
    if len(rendered) != len(texts):
        raise TranslationError(f"the engine gave {len(rendered)} sentences for {len(texts)}")
    return dict(zip(texts, rendered, strict=True))


def _pick(sentence: Sentence, rendered: Rendered, way: Way, *, aligned: bool) -> Finished | None:
    """The first hypothesis without trouble, else the one with the least; None if all lose untouched parts."""
    best: Finished | None = None
    for hypothesis in (rendered, *rendered.alternatives):
        one = finish(sentence, hypothesis, way, aligned=aligned)
        if one is not None and (best is None or one.trouble < best.trouble):
            best = one
        if best is not None and not best.trouble:
            break
    return best


def _limit(doubtful: Sequence[Sentence], wanted: Mapping[Sentence, bool]) -> list[Sentence]:
    """Those that may be asked again: the widest beams (headlines) first, as many as the allowance lets."""
    spent = sum(_weigh(sentence) * sentence.beam for sentence in wanted)
    left = max(FREE_EXTRA, MOST_EXTRA * spent / _widen_beam(doubtful))
    taken = []
    for sentence in sorted(doubtful, key=lambda each: -each.beam):
        if _weigh(sentence) <= left:
            left -= _weigh(sentence)
            taken.append(sentence)
    return taken


def _weigh(sentence: Sentence) -> int:
    """About what it costs to translate, in letters: a Han character says as much as three."""
    return len(sentence.source) + 2 * len(_HAN.findall(sentence.source))


def _widen_beam(sentences: Sequence[Sentence]) -> int:
    return min(WIDEST, max(NARROWEST, 2 * max((sentence.beam for sentence in sentences), default=0)))


def _list_stretches(sentence: Sentence) -> list[Span]:
    """What stands between the names in the masked text and has letters in it, without marks and spaces around."""
    masked = sentence.masked
    edges = [(0, 0), *masked.names, (len(masked.text),) * 2]
    stretches = []
    for (_, start), (end, _) in pairwise(edges):
        found = _BARE.search(masked.text, start, end)
        if found and any(character.isalpha() for character in found[0]):
            stretches.append(found.span())
    return stretches


def _join(sentence: Sentence, answers: Mapping[str, Rendered], way: Way, *, aligned: bool) -> Finished:
    """A sentence from its stretches, each translated on its own, and what stood between them."""
    text = sentence.masked.text
    written = ""
    links: list[Link] = []
    scores: list[float] = []
    position = 0
    for start, end in _list_stretches(sentence):
        written += text[position:start]
        answer = answers[text[start:end]]
        links += (shift_link(link, start, len(written)) for link in answer.alignment)
        scores.append(answer.score)
        written += _strip_end(answer.text)
        position = end
    written += text[position:]
    joined = Rendered(written, sum(scores) / max(1, len(scores)), tuple(links))
    finished = finish(sentence, joined, way, aligned=aligned)
    if finished is not None:
        return finished
    kept = keep(sentence, joined.score, way)
    lost = Finding("untranslated", "no translation kept its addresses or code", sentence.source, sentence.source)
    return replace(kept, findings=(*kept.findings, lost))


def _strip_end(text: str) -> str:
    """A stretch is no sentence: models like to end it with a full stop."""
    return text[:-1].rstrip() if text.endswith((".", "。")) else text
