"""What the models think of a translation: numbers in, a finding out. A score of 0 is unknown and finds nothing."""

from translators.checks.finding import Finding

# Mean log-probability per piece of what a model wrote itself. Models differ: this is where little good was seen below.
LEAST_SCORE = -2.5

# Gain of the reverse score (translators/scoring), which is much the same in all directions; docs/checks.md has figures.
LEAST_GAIN = 0.5


def find_low_score(source: str, result: str, score: float, least: float = LEAST_SCORE) -> Finding | None:
    """The model that made the translation was not at all sure of it (`score` ≤ 0)."""
    if result.strip() and score < least:
        return Finding("score", f"{score:.2f}, below {least:.2f}", source, result, "note")
    return None


def find_low_gain(source: str, result: str, gain: float | None, least: float = LEAST_GAIN) -> Finding | None:
    """To the model of the direction back, the source is hardly likelier after this translation than after others."""
    if gain is not None and result.strip() and gain < least:
        return Finding("reverse score", f"gain {gain:.2f}, below {least:.2f}", source, result, "note")
    return None
