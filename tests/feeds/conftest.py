"""Sample values, each changed by keyword, and the schema of RFC 4287."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from feeds.model import AltId, Article, Entry, Feed, Link, Outlet, Picture, Provenance, Rendition, Subject, Tombstone

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 26, 9, 30, 0, 123456, tzinfo=UTC)
HEADLINES = {
    "az": "Bakıda Xəzərin səviyyəsi müzakirə olundu",
    "en": "Baku talks on the level of the Caspian",
    "ru": "В Баку обсудили уровень Каспия",
    "tr": "Bakü'de Hazar'ın seviyesi görüşüldü",
    "zh": "巴库会议讨论里海水位",
}


@pytest.fixture(scope="session")
def schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(HERE / "atom.rng"))


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def make_article() -> Callable[..., Article]:
    def make(**changes: object) -> Article:
        language = str(changes.get("language", "az"))
        values = {
            "language": language,
            "headline": HEADLINES.get(language, "Headline"),
            "description": "Səviyyə on ildə 1,5 metr enib.",
            "body": "<p>Birinci abzas & <strong>vacib</strong>.</p>\n<p>İkinci.</p>".replace(" & ", " &amp; "),
            "item": "caspian-1",
            "uri": "tag:khazar-news.example,2026:caspian-1",
            "by": "Leyla Əliyeva",
            "located": "Bakı",
            "subjects": (
                Subject(name="ətraf mühit", code="medtop:06000000"),
                Subject(name="Xəzər"),
            ),
            "genres": ("report",),
            "urgency": 4,
            "version": "2",
            "version_created": NOW,
            "first_created": datetime(2026, 11, 26, 8, tzinfo=UTC),
            "copyright_holder": "Xəzər Xəbər",
            "copyright_notice": "© 2026 Xəzər Xəbər",
            "usage_terms": "Üzvlər üçün",
            "ed_note": "SECRET: redaktorlara",
            "pictures": (
                Picture(
                    name="main",
                    caption="Sahil & dəniz",
                    alt="Dəniz",
                    credit="R. Quliyev",
                    copyright_notice="© RQ",
                    renditions=(
                        Rendition(name="thumbnail", href="https://khazar-news.example/s.jpg", width=200),
                        Rendition(
                            href="https://khazar-news.example/a.jpg?x=1&y=2",
                            media_type="image/jpeg",
                            width=1200,
                            height=800,
                            size=123_456,
                        ),
                    ),
                ),
            ),
            "alt_ids": (AltId(role="web", value="https://khazar-news.example/1"), AltId(role="desk", value="D-7")),
        }
        return Article(**(values | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def make_entry(make_article: Callable[..., Article]) -> Callable[..., Entry]:
    def make(language: str = "az", number: int = 1, **changes: object) -> Entry:
        address = f"https://karvan.example/articles/khazar-news/caspian-{number}"
        origin = "source" if language == "az" else "machine"
        values = {
            "id": f"tag:karvan.example,2026:khazar-news/caspian-{number}/{language}",
            "article": make_article(language=language),
            "page": f"{address}/{language}",
            "siblings": tuple(Link(language=one, href=f"{address}/{one}") for one in HEADLINES if one != language),
            "outlet": Outlet(id="khazar-news", name="Xəzər Xəbər", uri="https://khazar-news.example/"),
            "provenance": Provenance(
                origin=origin,
                source_language="az",
                source_version=2,
                freshness="fresh",
                engine="argos karvan-starter 0.1" if origin == "machine" else "",
                quality="starter" if origin == "machine" else "",
            ),
            "published": datetime(2026, 11, 26, 9, tzinfo=UTC),
            "updated": NOW,
        }
        return Entry(**(values | changes))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def make_feed(make_entry: Callable[..., Entry]) -> Callable[..., Feed]:
    def make(language: str = "az", **changes: object) -> Feed:
        address = "https://karvan.example/feeds/world"
        values = {
            "id": f"tag:karvan.example,2026:world/{language}",
            "title": "Dünya",
            "subtitle": "Hər şey",
            "rights": "© üzvlər",
            "language": language,
            "href": f"{address}/{language}.atom",
            "page": f"https://karvan.example/{language}/world",
            "updated": NOW,
            "siblings": tuple(Link(language=one, href=f"{address}/{one}.atom") for one in HEADLINES if one != language),
            "entries": (make_entry(language), make_entry(language, 2, withdrawn=True)),
            "tombstones": (Tombstone(ref=f"tag:karvan.example,2026:khazar-news/caspian-2/{language}", when=NOW),),
        }
        return Feed(**(values | changes))  # type: ignore[arg-type]

    return make
