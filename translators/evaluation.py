"""How good translations of a test set are, in figures; which quality class they suggest.

chrF and BLEU are sacrebleu's (their defaults; BLEU into Chinese counts characters). The checks look at the engine's
translations and at the people's: what they find in the latter are false alarms, or freedom that people take.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from translators import Direction, Quality
from translators.checks import ALL_CHECKS, find_all
from translators.languages import normalise
from translators.repeating import repeats_itself

FEWEST_SENTENCES = 100  # a smaller test set suggests nothing better than "draft"
MOST_EXTRA_HELD = 0.03  # of sentences, beyond what is held of people's translations
MOST_HELD = 0.5
MOST_REPEATING = 0.01
LEAST_CHRF: Mapping[str, tuple[float, float]] = {"zh": (18, 30)}  # target → for draft, for publish
LEAST_CHRF_ELSEWHERE = (35.0, 55.0)
RULE = (
    "publish: at least 100 sentences, chrF 55 or more (30 into Chinese), at most 3 in 100 sentences more held by the "
    "checks than of people's translations, at most 1 in 100 repeating itself; draft: chrF 35 or more (18 into "
    "Chinese), at most half of the sentences held; starter: the rest"
)


class BadTestSet(ValueError):
    """The test set cannot be read."""


@dataclass(frozen=True, slots=True)
class Held:
    """Shares of sentences, 0 to 1, in which a finding holds: by check, and `total` of any."""

    total: float
    by_check: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One direction on one test set. chrF and BLEU go from 0 to 100; `repeating` is a share of sentences."""

    direction: Direction
    sentences: int
    chrf: float
    bleu: float
    repeating: float
    held: Held
    reference_held: Held

    @property
    def quality(self) -> Quality:
        """The class that the figures suggest, by RULE."""
        draft, publish = LEAST_CHRF.get(self.direction.target.partition("-")[0], LEAST_CHRF_ELSEWHERE)
        extra = self.held.total - self.reference_held.total
        if (
            self.sentences >= FEWEST_SENTENCES
            and self.chrf >= publish
            and extra <= MOST_EXTRA_HELD
            and self.repeating <= MOST_REPEATING
        ):
            return "publish"
        return "draft" if self.chrf >= draft and self.held.total <= MOST_HELD else "starter"


def evaluate(pairs: Sequence[tuple[str, str]], results: Sequence[str], direction: Direction) -> Evaluation:
    """Figures for `results`, the engine's translations of the first texts of `pairs`; the second are people's."""
    if not pairs or len(pairs) != len(results):
        raise ValueError(f"{len(results)} translations of {len(pairs)} sentences cannot be evaluated")
    sources, references = [source for source, _ in pairs], [reference for _, reference in pairs]
    chrf, bleu = score_corpus(results, references, direction.target)
    return Evaluation(
        direction,
        len(pairs),
        chrf,
        bleu,
        sum(map(repeats_itself, results, sources)) / len(pairs),
        count_held(sources, results, direction),
        count_held(sources, references, direction),
    )


def score_corpus(results: Sequence[str], references: Sequence[str], target: str) -> tuple[float, float]:
    """chrF and BLEU of a whole test set."""
    import sacrebleu  # with numpy half a second: only where translations are measured

    tokenize = "zh" if target.partition("-")[0] == "zh" else "13a"
    chrf = sacrebleu.corpus_chrf(results, [references])
    return chrf.score, sacrebleu.corpus_bleu(results, [references], tokenize=tokenize).score


def count_held(sources: Sequence[str], results: Sequence[str], direction: Direction) -> Held:
    """In how many translations the checks find something that holds."""
    by_check: Counter[str] = Counter()
    total = 0
    for source, result in zip(sources, results, strict=True):
        found = {one.check for one in find_all(source, result, direction, ALL_CHECKS) if one.severity == "hold"}
        by_check.update(found)
        total += bool(found)
    return Held(total / len(sources), {check: count / len(sources) for check, count in by_check.most_common()})


def read_test_set(text: str, most: int | None = None) -> list[dict[str, str]]:
    """Rows of a TSV file with language tags in its head; at most so many, from all over the file. BadTestSet."""
    head, *lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()] or [""]
    try:
        languages = [normalise(tag.strip()) for tag in head.split("\t")]
    except ValueError as error:
        raise BadTestSet(f"its first line must be language tags between tabs: {error}") from error
    if len(languages) < 2 or len(set(languages)) < len(languages):
        raise BadTestSet("its first line must be two or more different language tags between tabs")
    if most is not None and most < len(lines):
        lines = [lines[number * len(lines) // most] for number in range(most)]
    return list(_read_rows(languages, lines))


def pick_pairs(rows: Sequence[Mapping[str, str]], direction: Direction) -> list[tuple[str, str]]:
    """Source and human translation of the rows that have both."""
    pairs = [(row.get(direction.source, ""), row.get(direction.target, "")) for row in rows]
    return [pair for pair in pairs if all(pair)]


def _read_rows(languages: Sequence[str], lines: Sequence[str]) -> Iterator[dict[str, str]]:
    for line in lines:
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) != len(languages):
            raise BadTestSet(f"{len(cells)} columns for {len(languages)} languages: {line[:60]!r}")
        yield dict(zip(languages, cells, strict=True))
