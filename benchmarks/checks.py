"""How much of what is wrong the checks see, and how often they are mistaken about people's translations.

python -m benchmarks.checks CORPUS [--write docs/checks.md]

CORPUS is a folder of TSV files with the columns en az ru tr zh. The tables go between the two marks of the document.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.seeded_errors import DIRECTIONS, MAKERS, Case, Row, list_pairs, make_errors, read_corpus
from translators import Direction
from translators.checks import ALL_CHECKS, Finding, check_set, find_all
from translators.glossary import find_term, load_default

STRETCH = 500  # pairs that are timed together
ERRORS = 60  # of each kind and direction, where the corpus has so many
FIRST_MARK, LAST_MARK = "<!-- measured -->", "<!-- /measured -->"


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many."""

    hits: int
    total: int

    def __str__(self) -> str:
        return f"{100 * self.hits / self.total:.0f}" if self.total else "–"


def check_case(case: Case) -> list[Finding]:
    """All findings of a case: of its sentences when they stand side by side, and of the whole.

    The terms are those of the glossary that ships with Karvan.
    """
    findings: list[Finding] = []
    if len(case.sources) == len(case.results):
        for source, result in zip(case.sources, case.results, strict=True):
            findings += find_all(source, result, case.direction, ALL_CHECKS)
            findings += filter(None, [find_term(source, result, case.direction, load_default())])
    if len(case.sources) > 1 or len(case.results) > 1:
        findings += check_set(case.sources, case.results, case.direction)
    return findings


def measure_errors(rows: Sequence[Row], kind: str, direction: Direction, count: int = ERRORS) -> Rate:
    """How many of the seeded errors of a kind are seen by any check."""
    cases = make_errors(kind, rows, direction, count)
    return Rate(sum(bool(check_case(case)) for case in cases), len(cases))


def measure_alarms(rows: Sequence[Row], direction: Direction) -> tuple[Rate, Rate]:
    """How many of people's translations are held; how many have a finding of any weight."""
    held = noted = total = 0
    for case in list_pairs(rows, direction):
        findings = check_case(case)
        held += any(finding.severity == "hold" for finding in findings)
        noted += bool(findings)
        total += 1
    return Rate(held, total), Rate(noted, total)


def render_tables(rows: Sequence[Row]) -> str:
    """Both tables, by kind and direction, in Markdown."""
    kinds = list(MAKERS)
    lines = ["| direction | " + " | ".join(kinds) + " | held falsely | any finding |", "|---" * (len(kinds) + 3) + "|"]
    totals = {kind: [0, 0] for kind in kinds}
    for direction in DIRECTIONS:
        rates = {kind: measure_errors(rows, kind, direction) for kind in kinds}
        held, noted = measure_alarms(rows, direction)
        for kind, rate in rates.items():
            totals[kind][0] += rate.hits
            totals[kind][1] += rate.total
        cells = " | ".join(str(rate) if rate.total == ERRORS else f"{rate} of {rate.total}" for rate in rates.values())
        lines.append(f"| {direction} | {cells} | {_spell(held)} | {_spell(noted)} |")
    whole = " | ".join(f"**{Rate(*totals[kind])}**" for kind in kinds)
    lines.append(f"| all | {whole} | | |")
    return "\n".join(lines)


def _spell(rate: Rate) -> str:
    return f"{100 * rate.hits / rate.total:.1f}"


def measure_speed(rows: Sequence[Row]) -> float:
    """Microseconds of CPU time for all checks of one pair, each sentence seen for the first time; the best stretch."""
    pairs = [next(list_pairs([row], DIRECTIONS[at % len(DIRECTIONS)])) for at, row in enumerate(rows)]
    costs = []
    for start in range(0, len(pairs) - STRETCH + 1, STRETCH):
        started = time.process_time()
        for case in pairs[start : start + STRETCH]:
            find_all(case.sources[0], case.results[0], case.direction, ALL_CHECKS)
        costs.append((time.process_time() - started) / STRETCH * 1e6)
    return min(costs)


def main() -> int:
    """Print the tables, or write them into a document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    rows = read_corpus(arguments.corpus)
    cost = f"{len(rows):,} sentences in five languages; {measure_speed(rows):.0f} µs of CPU time a pair."
    text = f"{cost}\n\n{render_tables(rows)}"
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
