"""The catalogues: every locale says everything, and nothing that no page says."""

import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import translators
from server import pages
from server.pages.wording import LOCALES, OWN_NAMES, find_wording, mark_language, name_own_language, render_time

FOLDER = Path(pages.__file__).parent
TRANSLATORS = Path(translators.__file__).parent
SECTIONS = ("text", "status", "date", "languages", "from_languages", "checks")


def read_catalogue(locale: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / "locale" / f"{locale}.toml").read_text(encoding="utf-8"))


def list_placeholders(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None})


def test_every_catalogue_is_a_locale() -> None:
    assert sorted(path.stem for path in (FOLDER / "locale").glob("*.toml")) == sorted(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_locale_has_every_key_with_the_same_placeholders(locale: str) -> None:
    english, other = read_catalogue("en"), read_catalogue(locale)
    assert tuple(other) == SECTIONS
    for section in SECTIONS:
        assert other[section].keys() == english[section].keys()
    for section in ("text", "from_languages"):
        for key, text in english[section].items():
            assert list_placeholders(other[section][key]) == list_placeholders(text), key
            assert other[section][key].strip()


def test_every_check_is_named_in_every_language() -> None:
    """What a finding is called stands in the checks' own source."""
    sources = (path.read_text(encoding="utf-8") for path in TRANSLATORS.rglob("*.py"))
    checks = {name for source in sources for name in re.findall(r"\bFinding\(\s*\"([^\"]+)\"", source)}
    assert "copied source" in checks
    assert checks | {"number", "date"} <= read_catalogue("en")["checks"].keys()
    assert find_wording("en").name_check("unheard") == "unheard"


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
def test_nothing_is_left_in_english(locale: str) -> None:
    english, other = read_catalogue("en")["text"], read_catalogue(locale)["text"]
    assert [key for key in english if english[key] == other[key]] == []


def test_every_text_is_said_somewhere_and_every_said_text_exists() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html"))]
    said = set(re.findall(r"say\(\s*\"([a-z_]+)\"", "\n".join(sources)))
    # these are put together from an origin, a quality or a freshness
    made = {f"origin_{origin}" for origin in ("source", "outlet", "edited", "machine")}
    made |= {f"quality_{quality}" for quality in ("starter", "draft", "publish")} | {"held", "failed", "stale"}
    assert said | made == read_catalogue("en")["text"].keys()


def test_every_named_language_has_its_own_name() -> None:
    assert read_catalogue("en")["languages"].keys() == OWN_NAMES.keys()
    assert read_catalogue("en")["from_languages"].keys() == {*OWN_NAMES, "other"}


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("az", "5 avqust 2026, 23:30 UTC"),
        ("en", "5 August 2026, 23:30 UTC"),
        ("ru", "5 августа 2026 г., 23:30 UTC"),
        ("tr", "5 Ağustos 2026, 23:30 UTC"),
        ("zh", "2026年8月5日 23:30 UTC"),
    ],
)
def test_dates_are_written_as_in_the_language_and_in_utc(locale: str, text: str) -> None:
    baku = timezone(timedelta(hours=4))
    rendered = render_time(datetime(2026, 8, 6, 3, 30, tzinfo=baku), find_wording(locale))
    assert rendered == f'<time datetime="2026-08-05T23:30:00Z">{text}</time>'


@pytest.mark.parametrize("locale", LOCALES)
def test_every_month_has_its_own_name(locale: str) -> None:
    wording = find_wording(locale)
    assert len(set(wording.months)) == 12
    for month in range(1, 13):
        assert wording.months[month - 1] in render_time(datetime(2026, month, 1, tzinfo=UTC), wording)


def test_an_unknown_locale_speaks_english_and_regions_speak_their_language() -> None:
    assert find_wording("fr").language == "en"
    assert find_wording("zh-Hans-CN").language == "zh"
    assert find_wording("").language == "en"


def test_an_unknown_language_is_named_by_its_tag() -> None:
    wording = find_wording("en")
    assert name_own_language("lzh") == wording.name_language("lzh") == "lzh"
    assert wording.name_source("lzh") == "from another language (lzh)"


def test_right_to_left_languages_say_so_and_tags_are_escaped() -> None:
    assert mark_language("az") == 'lang="az"'
    assert mark_language("fa-IR") == 'lang="fa-IR" dir="rtl"'
    assert mark_language('"><b>') == 'lang="&#34;&gt;&lt;b&gt;"'
