"""How much of the sample stands in the other languages, and what the rest waits for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from server.placing.candidates import get_freshness
from server.sample import STEPS
from server.store.articles import find_article
from server.store.parallels import list_parallels


@dataclass(frozen=True, slots=True)
class Standing:
    """Versions by freshness; the commonest reasons why some were not made."""

    versions: Mapping[str, int]
    reasons: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return set(self.versions) == {"fresh"}


MOST_REASONS = 3


async def find_standing(conn: AsyncConnection) -> Standing:
    """Of the articles of the sample that nobody has withdrawn."""
    versions: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for outlet, item in dict.fromkeys((step.outlet, step.item) for step in STEPS):
        article = await find_article(conn, outlet, item)
        if article is None or article.canceled_at is not None:
            continue
        for parallel in (await list_parallels(conn, [article.id])).get(article.id, {}).values():
            versions[get_freshness(parallel, article)] += 1
            if parallel.state in ("pending", "failed") and parallel.reason:
                reasons[parallel.reason] += 1
    return Standing(versions, tuple(reason for reason, _ in reasons.most_common(MOST_REASONS)))


def describe_standing(standing: Standing, desk: str, install: str) -> list[str]:
    """Lines for who has started the sample. `desk`: where held versions stand; `install`: what installs packages."""
    if standing.is_complete:
        return ["All sample articles stand in all languages."]
    if not standing.versions:
        return ["No sample article is wanted in another language."]
    made, total = standing.versions.get("fresh", 0), sum(standing.versions.values())
    lines = [f"{made} of {total} other language versions of the sample articles stand."]
    if held := standing.versions.get("held"):
        lines.append(f"{held} were made and held for an editor to look at: {desk}")
    if left := total - made - (held or 0):
        lines.append(f"{left} were not made{', for these reasons above all:' if standing.reasons else '.'}")
        lines += [f"  {reason}" for reason in standing.reasons]
    if standing.versions.get("pending"):
        lines.append(f"What a package is missing for is made as soon as there is one: {install}")
    return lines
