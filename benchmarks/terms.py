"""How often the glossary is mistaken about people's translations, and how much it finds of what is wrong.

python -m benchmarks.terms CORPUS [--write docs/checks.md]

CORPUS is a folder of TSV files with the columns en az ru tr zh. The tables go between the two marks of the document.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.seeded_errors import DIRECTIONS, LANGUAGES, Row, make_errors, read_corpus
from translators import Direction
from translators.glossary import enforce, find_term, find_terms, load_default
from translators.glossary.checking import list_missing

ERRORS = 60  # names that became others, of each direction
FIRST_MARK, LAST_MARK = "<!-- measured terms -->", "<!-- /measured terms -->"


def render_directions(rows: Sequence[Row]) -> Iterator[str]:
    """By direction: percent of errors found, and of people's translations held, noted, changed."""
    glossary = load_default()
    yield "| direction | another name found | held falsely | noted falsely | changed |"
    yield "|---|---|---|---|---|"
    for direction in DIRECTIONS:
        counts: Counter[str] = Counter()
        for row in rows:
            source, result = row[direction.source], row[direction.target]
            if finding := find_term(source, result, direction, glossary):
                counts[finding.severity] += 1
            counts["changed"] += enforce(source, result, direction, glossary)[0] != result
        cases = make_errors("term", rows, direction, ERRORS)
        found = sum(find_term(each.sources[0], each.results[0], direction, glossary) is not None for each in cases)
        shares = " | ".join(f"{100 * counts[each] / len(rows):.2f}" for each in ("hold", "note", "changed"))
        yield f"| {direction} | {100 * found / len(cases):.0f} | {shares} |"


def render_kinds(rows: Sequence[Row]) -> Iterator[str]:
    """By kind: how many terms stand in sources, and percent of them that are said to be missing."""
    glossary = load_default()
    asked: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for language in LANGUAGES:
        for row in rows:
            asked.update(match.term.kind for match in find_terms(row[language], language, glossary))
            for other in LANGUAGES:
                if other != language:
                    lost = list_missing(row[language], row[other], Direction(language, other), glossary)
                    missing.update(match.term.kind for match in lost)
    yield "| kind | in sources | falsely missing, % |"
    yield "|---|---|---|"
    for kind, count in asked.most_common():
        share = f"{100 * missing[kind] / count / (len(LANGUAGES) - 1):.1f}" if missing[kind] else "not asked for"
        yield f"| {kind} | {count:,} | {share} |"


def measure_speed(rows: Sequence[Row]) -> Iterator[str]:
    """Microseconds of CPU time to find the terms of a sentence."""
    glossary = load_default()
    for language in LANGUAGES:
        find_terms(rows[0][language], language, glossary)
        started = time.process_time()
        for row in rows[:1000]:
            find_terms(row[language], language, glossary)
        yield f"{language} {(time.process_time() - started) * 1000:.0f}"


def render_report(rows: Sequence[Row]) -> str:
    """All of it, in Markdown."""
    head = (
        f"{len(load_default().terms):,} terms, {len(rows):,} sentences in five languages; "
        f"µs of CPU time to find the terms of one: {', '.join(measure_speed(rows))}."
    )
    return "\n".join([head, "", *render_directions(rows), "", *render_kinds(rows)])


def main() -> int:
    """Print the tables, or write them into a document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    text = render_report(read_corpus(arguments.corpus))
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(FIRST_MARK)
        after = rest.partition(LAST_MARK)[2]
        arguments.write.write_text(f"{before}{FIRST_MARK}\n{text}\n{LAST_MARK}{after}", encoding="utf-8")
    else:
        sys.stdout.write(text + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
