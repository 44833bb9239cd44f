"""What has changed between two texts, as `diff -u` writes it, in bounded time (pure).

Lines that stand once in both, in the same order, are anchors (patience diff); difflib compares what is between them.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import Match, SequenceMatcher

from server.configfile.routingfile import split_lines

AROUND = 2  # lines that are shown around a change
MOST_COMPARED = 100  # lines without an anchor on either side: more of them are another text, so gone and new
MOST_DEPTH = 8  # how often anchors are looked for between anchors

Span = tuple[int, int, int, int]  # of the old lines from, to; of the new ones from, to


def make_diff(old: str, new: str) -> str:
    """Empty where there was nothing before."""
    if not old:
        return ""
    return "".join(line if line.endswith("\n") else line + "\n" for line in _write(split_lines(old), split_lines(new)))


def _write(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    groups = _Patient(old, new).get_grouped_opcodes(AROUND)
    for number, group in enumerate(groups):
        if number == 0:
            yield from ("--- \n", "+++ \n")
        (_, i1, _, j1, _), (_, _, i2, _, j2) = group[0], group[-1]
        yield f"@@ -{_write_range(i1, i2)} +{_write_range(j1, j2)} @@\n"
        for tag, a1, a2, b1, b2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in old[a1:a2])
            else:
                yield from (f"-{line}" for line in old[a1:a2])
                yield from (f"+{line}" for line in new[b1:b2])


def _write_range(first: int, after: int) -> str:
    """Lines count from 1; an empty range is named by the line before it."""
    length = after - first
    if length == 1:
        return str(first + 1)
    return f"{first + 1 if length else first},{length}"


class _Patient(SequenceMatcher[str]):
    """Finds in about n log n what difflib finds in n²."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._texts = (old, new)

    def get_matching_blocks(self) -> list[Match]:
        (old, new), found = self._texts, list[Match]()
        for i, j, size in _match(old, new, (0, len(old), 0, len(new)), 0):
            last = found[-1] if found else Match(0, 0, 0)
            if found and (last.a + last.size, last.b + last.size) == (i, j):
                found[-1] = Match(last.a, last.b, last.size + size)
            elif size:
                found.append(Match(i, j, size))
        return [*found, Match(len(old), len(new), 0)]


def _match(old: Sequence[str], new: Sequence[str], span: Span, depth: int) -> Iterator[tuple[int, int, int]]:
    """(first old line, first new line, how many) of what is the same, in order."""
    i1, i2, j1, j2 = span
    head = _count_alike(zip(old[i1:i2], new[j1:j2], strict=False))
    yield i1, j1, head
    i1, j1 = i1 + head, j1 + head
    tail = _count_alike(zip(reversed(old[i1:i2]), reversed(new[j1:j2]), strict=False))
    i2, j2 = i2 - tail, j2 - tail
    anchors = _find_anchors(old, new, (i1, i2, j1, j2)) if depth < MOST_DEPTH else []
    if anchors:
        for i, j in anchors:
            yield from _match(old, new, (i1, i, j1, j), depth + 1)
            yield i, j, 1
            i1, j1 = i + 1, j + 1
        yield from _match(old, new, (i1, i2, j1, j2), depth + 1)
    elif max(i2 - i1, j2 - j1) <= MOST_COMPARED:
        matcher = SequenceMatcher(None, old[i1:i2], new[j1:j2], autojunk=False)
        yield from ((i1 + one.a, j1 + one.b, one.size) for one in matcher.get_matching_blocks())
    yield i2, j2, tail


def _count_alike(pairs: Iterator[tuple[str, str]]) -> int:
    """How many pairs are of two equals, from the first on."""
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _find_anchors(old: Sequence[str], new: Sequence[str], span: Span) -> list[tuple[int, int]]:
    """Lines that stand once on either side: the longest row of them that has the same order on both."""
    i1, i2, j1, j2 = span
    in_old, in_new = Counter(old[i1:i2]), Counter(new[j1:j2])
    places = {new[j]: j for j in range(j1, j2) if in_new[new[j]] == 1}
    pairs = [(i, places[old[i]]) for i in range(i1, i2) if in_old[old[i]] == 1 and old[i] in places]
    ends: list[int] = []  # the smallest last place of a row, by its length
    rows: list[int] = []  # the pair that ends there
    before: list[int] = []
    for number, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        ends[length : length + 1] = [j]
        rows[length : length + 1] = [number]
        before.append(rows[length - 1] if length else -1)
    found = []
    at = rows[-1] if rows else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
