"""Order and repetition of pushes never change the outcome (CONTRACT §4): properties, on the store and through HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article, Subject
from server import consequences, ingest, versioning
from server.config import Config
from server.keys import DATABASE, LIVE
from server.store import articles, parallels, placements

NINE = datetime(2026, 11, 26, 9, tzinfo=UTC)
NUMBERS = ("1", "2", "3", "9", "10", "10.1", "10a", "v2", "2026-11-26", "٤")
ITEMS = count()


@dataclass(frozen=True)
class Case:
    """Pushes of one article in the order that the outlet means, and an order in which they arrive."""

    pushes: tuple[Article, ...]
    arrivals: tuple[int, ...]


texts = st.builds(
    Article,
    language=st.sampled_from(("en", "en", "az")),
    headline=st.sampled_from(("A", "B", "C")),
    pub_status=st.sampled_from(("usable", "usable", "usable", "withheld")),
    subjects=st.sampled_from(((), (Subject(name="economy", code="medtop:04000000"),))),
)


@st.composite
def cases(draw: st.DrawFn, most: int = 4) -> Case:
    """1 to `most` pushes with versions or with times, at most one of them a kill; each arrives at least once."""
    contents = draw(st.lists(texts, min_size=1, max_size=most))
    if draw(st.booleans()):
        numbers = draw(st.permutations(NUMBERS))
        pushes = [replace(text, version=number) for text, number in zip(contents, numbers, strict=False)]
        times = draw(st.booleans())  # and times that contradict the versions
        pushes = [
            replace(text, version_created=NINE - timedelta(hours=n) if times else None) for n, text in enumerate(pushes)
        ]
    else:
        minutes = draw(st.lists(st.integers(-(10**6), 10**6), unique=True, min_size=most, max_size=most))
        pushes = [
            replace(text, version_created=NINE + timedelta(minutes=minute))
            for text, minute in zip(contents, minutes, strict=False)
        ]
    kill = draw(st.none() | st.integers(0, len(pushes) - 1))
    if kill is not None:
        pushes[kill] = replace(pushes[kill], pub_status="canceled")
    repeated = draw(st.lists(st.integers(0, len(pushes) - 1), max_size=4))
    return Case(tuple(pushes), tuple(draw(st.permutations([*range(len(pushes)), *repeated]))))


async def push_all(conn: AsyncConnection, config: Config, clock: Any, pushes: Sequence[Article]) -> Any:
    """The state after these pushes of a new article."""
    item = f"item-{next(ITEMS)}"
    highest = ""
    for article in pushes:
        push = ingest.Push("khazar-news", item, article, b"", "application/json", "key")
        stored = await ingest.store_push(conn, push, config, clock())
        await consequences.settle(conn, stored.article_id, config, clock())
        highest = max(highest, versioning.make_order_key(article, 0))
        row = await articles.find_article(conn, "khazar-news", item)
        assert row is not None
        assert row.head.order_key == highest, "an older version replaced a newer one"
    return await describe(conn, item)


async def describe(conn: AsyncConnection, item: str) -> Any:
    row = await articles.find_article(conn, "khazar-news", item)
    assert row is not None
    places = (await placements.list_placements(conn, [row.id])).get(row.id, [])
    versions = (await parallels.list_parallels(conn, [row.id])).get(row.id, {})
    return {
        "served": (row.head.number, row.head.article, row.head.content_hash),
        "canceled": row.canceled_at is not None,
        "history": [(one.number, one.article) for one in await articles.list_versions(conn, row.id)],
        "places": {
            (place.channel, place.language, place.origin, place.content_hash, place.mark, place.route)
            for place in places
            if place.state == "usable"
        },
        "versions": {one.language: (one.origin, one.state) for one in versions.values() if not row.canceled_at},
    }


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
async def test_any_order_and_repetition_of_pushes_ends_in_the_same_state(quiet, case):
    async with quiet.app[DATABASE].write() as conn:
        meant = await push_all(conn, quiet.app[LIVE].current.config, quiet.clock, sort(case.pushes))
        came = await push_all(
            conn, quiet.app[LIVE].current.config, quiet.clock, [case.pushes[number] for number in case.arrivals]
        )
    assert came == meant
    assert meant["canceled"] == any(article.pub_status == "canceled" for article in case.pushes)
    if meant["canceled"]:
        assert not meant["places"]


def sort(pushes: Sequence[Article]) -> list[Article]:
    return sorted(pushes, key=lambda article: versioning.make_order_key(article, 0))


@given(numbers=st.lists(st.tuples(st.integers(0, 10**30), st.integers(0, 10**30)), min_size=2, max_size=6))
def test_versions_sort_by_their_numbers_not_by_their_digits(numbers):
    keys = [
        versioning.make_order_key(Article(language="en", headline="x", version=f"{major}.{minor}"), 0)
        for major, minor in sorted(numbers)
    ]
    assert keys == sorted(keys)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(most=3))
async def test_any_order_and_repetition_is_the_same_through_http(quiet, case):
    outcomes = []
    for pushes in (sort(case.pushes), [case.pushes[number] for number in case.arrivals]):
        path = f"/v1/articles/khazar-news/item-{next(ITEMS)}"
        for article in pushes:
            answer = await quiet.call("PUT", path, by="khazar-news", json=make_document(article))
            assert answer.status in (200, 201, 409), answer.text
            assert answer.status != 409 or answer.json["type"] == "/problems/article-canceled"
        mine = await quiet.call("GET", path, by="khazar-news")
        public = await quiet.call("GET", path)
        history = (await quiet.call("GET", f"{path}/history", by="khazar-news")).json
        for version in history["versions"]:
            del version["received_at"], version["key"]
        names = ("version", "pub_status", "language", "outlet_version", "version_created")
        # 410 only tells those who could have seen it
        status = "hidden" if public.status in (404, 410) else public.status
        outcomes.append(([mine.json[name] for name in names], status, history["served"], history["versions"]))
    assert outcomes[0] == outcomes[1]


def make_document(article: Article) -> dict[str, Any]:
    document: dict[str, Any] = {
        "type": "text",
        "language": article.language,
        "headlines": [{"value": article.headline}],
        "pubStatus": article.pub_status,
    }
    if article.version:
        document["version"] = article.version
    if article.version_created:
        document["versionCreated"] = article.version_created.isoformat()
    return document
