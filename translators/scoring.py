"""What the model of the direction back thinks of translations: does each come from its source rather than another?

The bare reverse score says more about the source (rare names, numbers) than about the translation. What tells right
from wrong is its gain: how much likelier the source is after its own translation than after those of other sentences.
"""

from collections.abc import Sequence

from translators import Direction
from translators.engines import Scorer

OTHERS = 2  # translations of other sentences that each one is compared with


def measure_gains(pairs: Sequence[tuple[str, str]], direction: Direction, scorer: Scorer) -> list[float | None]:
    """For each (source, its translation) the gain in mean log-probability per piece; None where it cannot be told.

    `direction` is that of the translation. The other sentences are those of the call: with too few different ones
    there is nothing to compare with. Raises TranslationError, UnsupportedDirection (no package for the way back).
    """
    others = list(dict.fromkeys(pair for pair in pairs if all(text.strip() for text in pair)))
    if len(others) <= OTHERS:
        return [None] * len(pairs)
    back = Direction(direction.target, direction.source)
    asked = [(result, source) for source, result in others]
    for step in range(1, OTHERS + 1):
        asked += [(others[(n + step) % len(others)][1], source) for n, (source, _) in enumerate(others)]
    scores = scorer.score(asked, back)
    gains: dict[tuple[str, str], float | None] = {}
    for number, pair in enumerate(others):
        own, *rest = scores[number :: len(others)]
        known = [score for score in rest if score]
        gains[pair] = own - sum(known) / len(known) if own and known else None
    return [gains.get(pair) for pair in pairs]
