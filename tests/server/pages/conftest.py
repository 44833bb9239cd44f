"""One article with its translation set in five languages, as the pages get it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feeds.model import AltId, Article, Entry, Link, Origin, Outlet, Picture, Provenance, Rendition, Subject
from server.pages import ArticleRow, ChannelRow, FeedLink

BASE = "https://karvan.example"
LANGUAGES = ("az", "en", "ru", "tr", "zh")
TEXTS = {
    "az": (
        "Şəkidə süd emalı müəssisəsi gücünü iki dəfə artırır",
        "Yeni xətt 40 iş yeri açacaq, südün litrinə isə fermerlərə 3 qəpik artıq ödəniləcək.",
        (
            "<p>Şəkidəki kiçik süd emalı müəssisəsi payızda yeni xətti işə salır. “Biz subsidiya istəmirik, "
            "yalnız ədalətli qaydalar tələb edirik”, – deyə müəssisənin rəhbəri Leyla Rüstəmova bildirib.</p>"
            "<h2>Fermerlər nə qazanacaq</h2><p>Ətraf kəndlərdən 120 təsərrüfat müqavilə imzalayıb. Gündəlik "
            "qəbul 18 tondan 36 tona çatacaq.</p>"
        ),
        "Şəkidəki müəssisənin yeni xətti",
    ),
    "en": (
        "Dairy in Sheki doubles its capacity",
        "The new line will create 40 jobs, and farmers will be paid 3 qapik more a litre.",
        (
            "<p>A small dairy in Sheki is starting a new line this autumn. “We are not asking for subsidies, "
            "only for fair rules,” said Leyla Rustamova, who runs it.</p><h2>What farmers gain</h2><p>Some 120 "
            "farms in nearby villages have signed contracts. Daily intake will rise from 18 to 36 tonnes.</p>"
        ),
        "The dairy’s new line in Sheki",
    ),
    "ru": (
        "Молочный завод в Шеки удваивает мощность",
        "Новая линия даст 40 рабочих мест, а фермерам будут платить за литр на 3 гяпика больше.",
        (
            "<p>Небольшой молочный завод в Шеки осенью запускает новую линию. «Мы просим не субсидий, а лишь "
            "справедливых правил», — заявила его руководитель Лейла Рустамова.</p><h2>Что получат "
            "фермеры</h2><p>Договоры подписали 120 хозяйств из окрестных сёл. Суточный приём вырастет с 18 до 36 "
            "тонн.</p>"
        ),
        "Новая линия завода в Шеки",
    ),
    "tr": (
        "Şeki’deki süt işletmesi kapasitesini iki katına çıkarıyor",
        "Yeni hat 40 kişiye iş sağlayacak, çiftçilere litre başına 3 kapik fazla ödenecek.",
        (
            "<p>Şeki’deki küçük süt işletmesi sonbaharda yeni bir hattı devreye alıyor. İşletmeyi yöneten Leyla "
            "Rüstemova, “Sübvansiyon değil, yalnızca adil kurallar istiyoruz” dedi.</p><h2>Çiftçiler ne "
            "kazanacak</h2><p>Çevre köylerden 120 çiftlik sözleşme imzaladı. Günlük alım 18 tondan 36 tona "
            "çıkacak.</p>"
        ),
        "Şeki’deki işletmenin yeni hattı",
    ),
    "zh": (
        "舍基一家乳品厂产能翻番",
        "新生产线将提供40个就业岗位，每升收购价也将提高3戈比克。",
        (
            "<p>舍基的一家小型乳品厂将于今年秋季启用新生产线。“我们要求的不是补贴，只是公平的规则，”负责人莱拉·鲁斯塔莫娃说。</p><h2>农户的收益</h2><p>附近村庄的120家农场已签订合同。"
            "日收购量将从18吨增至36吨。</p>"
        ),
        "舍基乳品厂的新生产线",
    ),
}


@pytest.fixture
def make_entry() -> Callable[..., Entry]:
    """Make the entry in a language; the original is Azerbaijani. `changed` replaces fields of the article."""
    return _make_entry


def _make_entry(language: str = "az", origin: Origin | None = None, **changed: object) -> Entry:
    headline, lead, body, caption = TEXTS[language]
    origin = origin or ("source" if language == "az" else "machine")
    is_machine = origin in ("machine", "edited")
    picture = Picture(
        name="dairy",
        renditions=(Rendition(href=f"{BASE}/pictures/dairy.jpg", width=1200, height=800, media_type="image/jpeg"),),
        caption=caption,
        alt=caption,
        credit="Xəzər Xəbər / R. Məmmədov",
    )
    article = Article(
        language=language,
        headline=headline,
        description=lead,
        body=body,
        item="2026-0412",
        by="Aysel Quliyeva",
        located={"az": "Şəki", "en": "Sheki", "ru": "Шеки", "tr": "Şeki", "zh": "舍基"}[language],
        subjects=(
            Subject(name="", code="medtop:04000000"),
            Subject(name="dairy", code="medtop:20000212"),
            Subject(name="Şəki"),
        ),
        pictures=(picture,),
        copyright_notice="© 2026 Xəzər Xəbər",
        alt_ids=(AltId(role="web", value="https://khazar.example/2026/0412"),),
    )
    return Entry(
        id=f"{BASE}/id/khazar-news/2026-0412/{language}",
        article=replace(article, **changed),
        page=page_of(language),
        siblings=tuple(Link(language=other, href=page_of(other)) for other in LANGUAGES if other != language),
        outlet=Outlet(id="khazar-news", name="Xəzər Xəbər", uri="https://khazar.example/"),
        provenance=Provenance(
            origin=origin,
            source_language="az",
            source_version=2,
            freshness="fresh",
            engine="argos karvan-starter 0.1" if is_machine else "",
            quality="starter" if is_machine else "",
        ),
        published=datetime(2026, 11, 26, 6, 5, tzinfo=UTC),
        updated=datetime(2026, 11, 26, 9, 40, tzinfo=UTC),
    )


def page_of(language: str) -> str:
    return f"{BASE}/articles/khazar-news/2026-0412/{language}"


@pytest.fixture
def feeds() -> tuple[FeedLink, ...]:
    return tuple(
        FeedLink(title=title, href=f"{BASE}/feeds/{name}/az.atom", language="az")
        for name, title in (("world", "Dünya"), ("economy", "İqtisadiyyat"))
    )


@pytest.fixture
def make_rows() -> Callable[[str], tuple[ArticleRow, ...]]:
    return _make_rows


def _make_rows(language: str) -> tuple[ArticleRow, ...]:
    origins: tuple[Origin, ...] = ("source", "machine", "edited")
    outlets = ("Xəzər Xəbər", "丝路日报", "Степной вестник")
    return tuple(
        ArticleRow(
            headline=TEXTS[language][0],
            description=TEXTS[language][1],
            href=page_of(language),
            language=language,
            outlet=outlet,
            published=datetime(2026, 11, 26 - day, 6, 5, tzinfo=UTC),
            origin=origin,
        )
        for day, (origin, outlet) in enumerate(zip(origins, outlets, strict=True))
    )


@pytest.fixture
def make_channels() -> Callable[[str], tuple[ChannelRow, ...]]:
    return _make_channels


def _make_channels(language: str) -> tuple[ChannelRow, ...]:
    titles = {
        "world": {"az": "Dünya", "en": "World", "ru": "Мир", "tr": "Dünya", "zh": "世界"},
        "economy": {"az": "İqtisadiyyat", "en": "Economy", "ru": "Экономика", "tr": "Ekonomi", "zh": "经济"},
    }
    world, economy = (
        ChannelRow(
            name=name,
            title=title[language],
            language=language,
            pages=tuple(Link(language=tag, href=f"{BASE}/channels/{name}/{tag}") for tag in LANGUAGES),
            feeds=tuple(
                FeedLink(title=f"{title[tag]} ({tag})", href=f"{BASE}/feeds/{name}/{tag}.atom", language=tag)
                for tag in LANGUAGES
            ),
            articles=_make_rows(language),
        )
        for name, title in titles.items()
    )
    turkic = ChannelRow(name="turkic", title="Türk dünyası", language="az", is_private=True)
    return (world, economy, turkic)
