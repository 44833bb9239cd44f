"""How much of the sample stands in the other languages, and what the rest waits for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from server.config import Config
from server.placing.candidates import get_freshness
from server.sample import STEPS
from server.store.articles import find_article
from server.store.parallels import list_parallels
from server.store.placements import list_placements

MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """Versions by freshness, "marked" for those that are held and stand all the same; the commonest reasons why some
    were not made.
    """

    versions: Mapping[str, int]
    reasons: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        return bool(self.versions) and set(self.versions) <= {"fresh", "marked"}


async def find_standing(conn: AsyncConnection, config: Config) -> Standing:
    """Of the articles of the sample that nobody has withdrawn."""
    versions: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for outlet, item in dict.fromkeys((step.outlet, step.item) for step in STEPS):
        article = await find_article(conn, outlet, item)
        if article is None or article.canceled_at is not None:
            continue
        places = (await list_placements(conn, [article.id])).get(article.id, [])
        shown = {one.language for one in places if one.state == "usable" and _is_routed(one.channel, config)}
        for language, parallel in (await list_parallels(conn, [article.id])).get(article.id, {}).items():
            freshness = get_freshness(parallel, article)
            versions["marked" if freshness == "held" and language in shown else freshness] += 1
            if parallel.state in ("pending", "failed") and parallel.reason:
                reasons[parallel.reason] += 1
    return Standing(versions, tuple(reason for reason, _ in reasons.most_common(MOST_REASONS)))


def _is_routed(channel: str, config: Config) -> bool:
    return channel in config.channels and config.channels[channel].shows == "routed"


def describe_standing(standing: Standing, desk: str, install: str) -> list[str]:
    """Lines for who has started the sample. `desk`: where held versions stand; `install`: what installs packages."""
    if not standing.versions:
        return ["No sample article is wanted in another language."]
    marked, total = standing.versions.get("marked", 0), sum(standing.versions.values())
    made = standing.versions.get("fresh", 0) + marked
    if standing.is_complete:
        lines = ["All sample articles stand in all languages."]
    else:
        lines = [f"{made} of {total} other language versions of the sample articles stand."]
    if marked:
        lines.append(f"{marked} stand with a mark, because a check has found something in them: {desk}")
    if held := standing.versions.get("held"):
        lines.append(f"{held} were made and held for an editor to look at: {desk}")
    if left := total - made - (held or 0):
        lines.append(f"{left} were not made{', for these reasons above all:' if standing.reasons else '.'}")
        lines += [f"  {reason}" for reason in standing.reasons]
    if standing.versions.get("pending"):
        lines.append(f"What a package is missing for is made as soon as there is one: {install}")
    return lines
