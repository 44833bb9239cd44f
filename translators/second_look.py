"""What is seen of translations only beside others, or by asking the model of the direction back."""

from dataclasses import replace

from translators import Direction, UnsupportedDirection
from translators.checks import Finding, find_low_gain, find_low_score, find_stock_phrases
from translators.engines import Scorer
from translators.scoring import OTHERS, measure_gains
from translators.sentences import Finished, Sentence, Way

MOST_SCORED, FEWEST_SCORED = 0.02, 4  # each costs about as much as a translation


def look_again(answers: dict[Sentence, Finished], way: Way) -> dict[Sentence, Finished]:
    """The answers, which are the engine's, with what is found beside those of other articles and by their scores."""
    if way.recent is None:
        return answers
    found = dict(answers)
    for sentence, finding in [*_find_stock(answers, way), *_find_unsure(answers)]:
        found[sentence] = replace(found[sentence], findings=(*found[sentence].findings, finding))
    for sentence, finding in _find_unlikely(found, way):
        found[sentence] = replace(found[sentence], findings=(*found[sentence].findings, finding))
    return found


def _find_stock(answers: dict[Sentence, Finished], way: Way) -> list[tuple[Sentence, Finding]]:
    new, recent = list(answers), way.recent or ()
    pairs = [*recent, *((sentence.source, answers[sentence].text) for sentence in new)]
    found = find_stock_phrases(pairs, way.direction)
    return [(new[number - len(recent)], finding) for number, finding in found if number >= len(recent)]


def _find_unsure(answers: dict[Sentence, Finished]) -> list[tuple[Sentence, Finding]]:
    found = ((sentence, find_low_score(sentence.source, one.text, one.score)) for sentence, one in answers.items())
    return [(sentence, finding) for sentence, finding in found if finding is not None]


def _find_unlikely(answers: dict[Sentence, Finished], way: Way) -> list[tuple[Sentence, Finding]]:
    """Of the sentences in which something was found already: the others are not worth the time."""
    back = Direction(way.direction.target, way.direction.source)
    if not isinstance(way.translator, Scorer) or back not in way.translator.directions():
        return []
    most = max(FEWEST_SCORED, int(len(answers) * MOST_SCORED))
    doubtful = [sentence for sentence, one in answers.items() if one.findings][:most]
    if len(doubtful) <= OTHERS:
        return []
    pairs = [(sentence.source, answers[sentence].text) for sentence in doubtful]
    try:
        gains = measure_gains(pairs, way.direction, way.translator)
    except UnsupportedDirection:  # the engine of the way back is one that cannot score
        return []
    found = ((at, find_low_gain(*pair, gain)) for at, pair, gain in zip(doubtful, pairs, gains, strict=True))
    return [(sentence, finding) for sentence, finding in found if finding is not None]
