"""The admins' catalogues: a file a page and language, all with the same keys, and every text said somewhere."""

import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

from server import pages
from server.pages.wording import LOCALES

FOLDER = Path(pages.__file__).parent
CATALOGUES = FOLDER / "locale" / "admin"
NAMES = sorted({path.name.split(".")[0] for path in CATALOGUES.iterdir()})


def read(name: str, locale: str) -> dict[str, str]:
    return tomllib.loads((CATALOGUES / f"{name}.{locale}.toml").read_text(encoding="utf-8"))


def list_placeholders(text: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(text) if name is not None})


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
@pytest.mark.parametrize("name", NAMES)
def test_every_locale_says_the_same(name: str, locale: str) -> None:
    english, other = read(name, "en"), read(name, locale)
    assert list(english) == list(other)
    for key, text in english.items():
        assert list_placeholders(text) == list_placeholders(other[key]), key
        assert other[key].strip()
        assert key.startswith(("admin", name)), key
    same = [
        key
        for key, text in english.items()
        if other[key] == text and re.search("[a-z]{4}", re.sub(r"{\\w+}", "", text))
    ]
    assert same == [], "left in English"


def test_no_key_stands_in_two_files() -> None:
    keys = [key for name in NAMES for key in read(name, "en")]
    main = tomllib.loads((FOLDER / "locale" / "en.toml").read_text(encoding="utf-8"))["text"]
    assert len(keys) == len({*keys} - main.keys())
