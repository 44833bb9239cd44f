"""Empty, far too long, far too short: characters of the result against those of the source."""

from translators import Direction
from translators.checks.finding import Finding, get_primary

# Characters that say the same, English 1; counted over our corpus of 5,600 sentences.
DENSITY = {"az": 1.06, "en": 1.0, "ru": 1.02, "tr": 1.01, "zh": 0.29, "zh-Hant": 0.29, "ja": 0.4}
MOST_GROWTH = 4.0
FREE_LENGTH = 60  # longer results are compared, shorter ones may grow as they like
TELLING = 40  # characters (of English) from which on lengths say something
# Least and most of the expected length: 99 of 100 sentences that people translated lie between them, with Chinese more.
USUAL = {
    ("az", "en"): (0.59, 1.49), ("az", "ru"): (0.66, 1.46), ("az", "tr"): (0.66, 1.39), ("az", "zh"): (0.54, 1.70),
    ("en", "az"): (0.66, 1.61), ("en", "ru"): (0.66, 1.55), ("en", "tr"): (0.65, 1.53), ("en", "zh"): (0.59, 1.66),
    ("ru", "az"): (0.68, 1.48), ("ru", "en"): (0.62, 1.47), ("ru", "tr"): (0.65, 1.50), ("ru", "zh"): (0.55, 1.69),
    ("tr", "az"): (0.70, 1.47), ("tr", "en"): (0.62, 1.47), ("tr", "ru"): (0.65, 1.50), ("tr", "zh"): (0.56, 1.73),
    ("zh", "az"): (0.55, 1.76), ("zh", "en"): (0.57, 1.65), ("zh", "ru"): (0.56, 1.72), ("zh", "tr"): (0.57, 1.73),
}  # fmt: skip
USUAL_ELSEWHERE = (0.5, 2.0)


def find_empty(source: str, result: str, direction: Direction) -> Finding | None:  # noqa: ARG001
    """Something went in and nothing came out."""
    if source.strip() and not result.strip():
        return Finding("empty", "nothing came out", source, result)
    return None


def find_overlong(source: str, result: str, direction: Direction) -> Finding | None:
    """The result is several times as long as the source."""
    longest = MOST_GROWTH * max(len(source), 1) * _get_growth(direction)
    if len(result) > max(FREE_LENGTH, longest):
        return Finding("overlong", f"{len(result)} characters from {len(source)}", source, result)
    return None


def find_length(source: str, result: str, direction: Direction) -> Finding | None:
    """The result is shorter or longer than translations of such a sentence are: something was left out or added."""
    expected = len(source) * _get_growth(direction)
    if not result.strip() or len(source) / _get_density(direction.source) < TELLING:
        return None
    least, most = USUAL.get((get_primary(direction.source), get_primary(direction.target)), USUAL_ELSEWHERE)
    if not least <= len(result) / expected <= most:
        return Finding("length", f"{len(result)} characters where about {expected:.0f} are usual", source, result)
    return None


def _get_growth(direction: Direction) -> float:
    return _get_density(direction.target) / _get_density(direction.source)


def _get_density(language: str) -> float:
    return DENSITY.get(get_primary(language), 1.0)
