"""What pages say in the reader's language: the catalogues in locale/, dates, names of languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from importlib.resources import files

import tomli
from markupsafe import Markup

from feeds.withdrawal import get_title

FALLBACK_LOCALE = "en"
LOCALES = ("az", "en", "ru", "tr", "zh")
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
OWN_NAMES: Mapping[str, str] = {
    "ar": "العربية",
    "az": "Azərbaycanca",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "fa": "فارسی",
    "fr": "Français",
    "ka": "ქართული",
    "kk": "Қазақша",
    "ru": "Русский",
    "tr": "Türkçe",
    "uz": "Oʻzbekcha",
    "zh": "中文",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One catalogue. `months` as they stand after a day, `names` and `sources` by primary language subtag,
    `checks`: what each found.
    """

    language: str
    texts: Mapping[str, str]
    statuses: Mapping[str, str]
    months: tuple[str, ...]
    date_pattern: str
    names: Mapping[str, str]
    sources: Mapping[str, str]
    checks: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """Give a text with its placeholders filled; KeyError for a key that no catalogue has."""
        return self.texts[key].format(**values)

    def name_language(self, tag: str) -> str:
        """Name a language in this one, or give its tag."""
        return self.names.get(get_primary(tag), tag)

    def name_source(self, tag: str) -> str:
        """Say from which language a text was translated, in the form that a sentence needs."""
        return self.sources.get(get_primary(tag)) or self.sources["other"].format(tag=tag)

    def name_check(self, check: str) -> str:
        """Name what a check found for a reader, or give the check's own name."""
        return self.checks.get(check, check)

    def name_withdrawal(self) -> str:
        """Say that something was withdrawn, in the word that feeds have for it."""
        return get_title(self.language)[0]

    def name_status(self, status: int) -> str:
        """Name an HTTP status for a reader."""
        if status == HTTPStatus.GONE:
            return self.name_withdrawal()
        return self.statuses.get(str(status)) or self.statuses["4xx" if status < 500 else "5xx"]


def find_wording(language: str) -> Wording:
    """Give the catalogue of a language (BCP 47), English where there is none."""
    primary = get_primary(language)
    return _load_wording(primary if primary in LOCALES else FALLBACK_LOCALE)


def get_primary(tag: str) -> str:
    """Give the primary subtag of a BCP 47 tag: "zh" of "zh-Hans-CN"."""
    return tag.partition("-")[0].lower()


def name_own_language(tag: str) -> str:
    """Name a language in itself, or give its tag."""
    return OWN_NAMES.get(get_primary(tag), tag)


def mark_language(tag: str) -> Markup:
    """Give the attributes that an element in this language carries."""
    direction = Markup(' dir="rtl"') if get_primary(tag) in RIGHT_TO_LEFT else ""
    return Markup('lang="{}"{}').format(tag, direction)


def render_time(moment: datetime, wording: Wording) -> Markup:
    """Render an aware time as a <time> element in UTC."""
    at = moment.astimezone(UTC)
    text = wording.date_pattern.format(
        day=at.day, month=wording.months[at.month - 1], year=at.year, clock=f"{at:%H:%M}"
    )
    return Markup('<time datetime="{}">{}</time>').format(f"{at:%Y-%m-%dT%H:%M:%SZ}", text)


@cache
def _load_wording(locale: str) -> Wording:
    folder = files("server").joinpath("pages/locale")
    catalogue = tomli.loads(folder.joinpath(f"{locale}.toml").read_text(encoding="utf-8"))
    admin = (one for one in folder.joinpath("admin").iterdir() if one.name.endswith(f".{locale}.toml"))
    return Wording(
        language=locale,
        texts=dict(catalogue["text"])
        | {key: text for one in admin for key, text in tomli.loads(one.read_text("utf-8")).items()},
        statuses=catalogue["status"],
        months=tuple(catalogue["date"]["months"]),
        date_pattern=catalogue["date"]["pattern"],
        names=catalogue["languages"],
        sources=catalogue["from_languages"],
        checks=catalogue["checks"],
    )
