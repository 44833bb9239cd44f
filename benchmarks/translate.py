"""Articles per minute into four languages: Karvan's pipeline against argostranslate's own translate().

The same packages (the starter's), texts, cores and process, in turn; see README.md for what is compared and why.

  python benchmarks/translate.py [--articles 20] [--rounds 3] [--cores 1]
"""

import argparse
import os
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from articles import LANGUAGES, Sample, list_articles
from baseline import Translate, load_argos
from measure import alternate, name_machine, print_table

from server.configfile import load_config
from translators import Direction, sentences
from translators.argos import ArgosTranslator
from translators.checks import ALL_CHECKS
from translators.glossary import find_term, load_default
from translators.markup import read_blocks
from translators.pipeline import Failure, Fields, read_documents, translate_documents
from translators.segments import split
from translators.starters import install_starter

PIVOT = "en"
COMPARED = 5  # articles whose sentences are compared one by one
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Way:
    """How Karvan is run: settings of the pipeline, and whether the English leg is made once for all targets.

    `is_full`: with glossary and all checks, and what follows from their findings.
    """

    engine: ArgosTranslator
    beam_headline: int
    beam_body: int
    batch: int
    shares_pivot: bool
    is_full: bool

    def make(self, direction: Direction) -> sentences.Way:
        if not self.is_full:
            return sentences.Way(direction, self.engine)
        terms = load_default()
        return sentences.Way(
            direction, self.engine, (*ALL_CHECKS, partial(find_term, glossary=terms)), terms, recent=()
        )


def translate_with_karvan(articles: Sequence[Sample], way: Way) -> None:
    """As server/worker does it: target by target, the pivot first, `batch` waiting articles at a time."""
    texts = [Fields(headline=one.headline, description=one.description, body=one.body) for one in articles]
    legs: dict[int, Fields] = {}
    direct = way.engine.directions()
    for target in sorted(LANGUAGES, key=lambda language: language != PIVOT):
        waiting = [number for number, article in enumerate(articles) if article.language != target]
        for start in range(0, len(waiting), way.batch):
            batch = waiting[start : start + way.batch]
            sources = {number: articles[number].language for number in batch}
            far = [number for number in batch if Direction(sources[number], target) not in direct]
            if not way.shares_pivot:
                legs |= _run({number: texts[number] for number in far}, sources, PIVOT, way)
            given = {number: legs[number] if number in far else texts[number] for number in batch}
            done = _run(given, {number: PIVOT if number in far else sources[number] for number in batch}, target, way)
            if target == PIVOT:
                legs |= done


def _run(texts: dict[int, Fields], sources: dict[int, str], target: str, way: Way) -> dict[int, Fields]:
    """One call of the pipeline per direction."""
    by_source: dict[str, list[int]] = defaultdict(list)
    for number in texts:
        by_source[sources[number]].append(number)
    done: dict[int, Fields] = {}
    for source, numbers in by_source.items():
        direction, documents = Direction(source, target), [texts[number] for number in numbers]
        reading = read_documents(documents, direction, beam_body=way.beam_body, beam_headline=way.beam_headline)
        outcomes = translate_documents(reading, way.make(direction))
        for number, outcome in zip(numbers, outcomes, strict=True):
            if isinstance(outcome, Failure):
                raise RuntimeError(outcome.reason)
            done[number] = outcome.fields
    return done


def translate_with_argos(articles: Sequence[Sample], argos: dict[tuple[str, str], Translate]) -> None:
    """One call per article and target; the article's texts, already free of markup, as lines."""
    for article in articles:
        text = "\n".join(list_texts(article))
        for target in LANGUAGES:
            if target != article.language:
                argos[article.language, target](text)


def list_texts(article: Sample) -> tuple[str, ...]:
    return (article.headline, article.description, *read_blocks(article.body).texts)


def count_equal(
    articles: Sequence[Sample], argos: dict[tuple[str, str], Translate], engine: ArgosTranslator
) -> tuple[int, int]:
    """How many sentences both translate alike (white space aside) in all direct directions, and of how many."""
    equal = total = 0
    for direction in engine.directions():
        sentences = list_sentences([one for one in articles if one.language == direction.source])
        theirs = argos[direction.source, direction.target]
        ours = engine.translate(sentences, direction, beam=4)
        pairs = [(_squeeze(one.text), _squeeze(theirs(text))) for text, one in zip(sentences, ours, strict=True)]
        equal += sum(one == other for one, other in pairs)
        total += len(pairs)
    return equal, total


def list_sentences(articles: Sequence[Sample]) -> list[str]:
    found = {
        segment.text
        for article in articles
        for text in list_texts(article)
        for segment in split(text, article.language)
        if segment.text
    }
    return sorted(found)


def _squeeze(text: str) -> str:
    return "".join(text.replace("_", " ").split())  # Argos makes spaces of underscores


def compare(articles: Sequence[Sample], rounds: int, packages: Path, scratch: Path) -> None:
    settings = load_config(ROOT / "config.toml").translation
    argos = load_argos(packages, scratch)
    shipped = Way(
        ArgosTranslator(packages, batch_tokens=settings.batch_tokens),
        settings.beam_headline,
        settings.beam_body,
        settings.batch_articles,
        shares_pivot=True,
        is_full=True,
    )
    like_argos = ArgosTranslator(packages, batch_tokens=settings.batch_tokens, length_penalty=0.2)
    equal = Way(like_argos, 4, 4, settings.batch_articles, shares_pivot=False, is_full=False)
    runs = {
        "argostranslate": lambda: translate_with_argos(articles, argos),
        "Karvan, with glossary and all checks": lambda: translate_with_karvan(articles, shipped),
        "Karvan, Argos' beam, penalty and pivots": lambda: translate_with_karvan(articles, equal),
    }
    for direction in shipped.engine.directions():  # loads all models
        argos[direction.source, direction.target]("2026")
        for way in (shipped, equal):
            way.engine.translate(["2026"], direction, beam=1)
    costs = alternate(runs, rounds)
    theirs = costs["argostranslate"]
    rows = [
        (
            name,
            f"{60 * len(articles) / cost.wall:.0f}",
            f"{cost.wall:.1f}",
            f"{cost.cpu:.1f}",
            f"{theirs.wall / cost.wall:.1f}",
            f"{theirs.cpu / cost.cpu:.1f}",
        )
        for name, cost in costs.items()
    ]
    print_table(("", "articles/min", "wall s", "CPU s", "times faster, wall", "times less CPU"), rows)
    alike, total = count_equal(articles[:COMPARED], argos, like_argos)
    print(f"\nEqual settings: {alike} of {total} sentences ({100 * alike / total:.1f} %) come out the same.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--articles", type=int, default=20, help="how many, in five languages")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, help="use only so many: CPU times on one bear a busy machine best")
    options = parser.parse_args()
    if options.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    articles = list_articles(options.articles // len(LANGUAGES))
    sentences = sum(len(list_sentences([one])) for one in articles)
    with tempfile.TemporaryDirectory() as folder:
        packages, scratch = Path(folder, "packages"), Path(folder, "scratch")
        [package, *_] = install_starter(packages, installed_at="2026-11-26T00:00:00Z")
        print(f"{len(articles)} articles, {sentences} sentences; {package.name.partition('-')[0]} starter")
        print(f"{name_machine(len(os.sched_getaffinity(0)))}; medians of {options.rounds} rounds\n")
        compare(articles, options.rounds, packages, scratch)


if __name__ == "__main__":
    main()
