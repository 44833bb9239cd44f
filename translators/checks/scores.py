"""What the models think of a translation: numbers in, a finding out."""

from translators.checks.finding import Finding

# Mean log-probability per token. Thresholds differ from model to model: these are where nothing good was seen below.
LEAST_SCORE = -2.5
LEAST_REVERSE_SCORE = -5.0


def find_low_score(source: str, result: str, score: float, least: float = LEAST_SCORE) -> Finding | None:
    """The model that made the translation was not at all sure of it (`score` ≤ 0)."""
    if result.strip() and score < least:
        return Finding("score", f"{score:.2f}, below {least:.2f}", source, result, "note")
    return None


def find_low_reverse_score(
    source: str, result: str, score: float, least: float = LEAST_REVERSE_SCORE
) -> Finding | None:
    """The model of the other direction does not believe that the source could come from this result."""
    if result.strip() and score < least:
        return Finding("reverse score", f"{score:.2f}, below {least:.2f}", source, result, "note")
    return None
