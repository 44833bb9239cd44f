"""Secrets of the configuration never reach the history, in whatever way TOML writes them."""

import tomllib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.configfile.redaction import HIDDEN, LEAST_SECRET, hide_secrets

ROUTING = '[outlets.a]\nname = "A"\ncountry = "AZ"\n'
PLACES = (  # where a key may stand
    "[destinations.x]\nfolder = '/srv' # key = \"it\"\nkey = {0} # the key\n{1}",
    '{1}[sources.x]\n"key" = {0}\nurl = "https://a.example/?key=1"\n',
    "[sources]\n[sources.'x']\n'key'={0}\n{1}",
    "[destinations]\nx = {{folder = 'key = 1', key = {0}}}\n{1}",
    "[engines.x]\nkey\t= {0}\n{1}",
    "engines.x.key = {0}\n{1}",
    "destinations = {{x = {{key = {0}}}}}\n{1}",
    '[engines.x]\n"k\\u0065y" = {0}\n{1}',
    '["destin\\u0061tions".x]\nkey = {0}\n{1}',
)


def escape(text: str, *, all_of_it: bool = False) -> str:
    """As TOML has it between quotation marks."""
    plain = {'"': '\\"', "\\": "\\\\", "\n": "\\n"}
    return "".join(
        f"\\U{ord(char):08x}"
        if all_of_it or (ord(char) < 32 and char != "\n") or ord(char) == 127
        else plain.get(char, char)
        for char in text
    )


def list_writings(text: str) -> list[str]:
    """Every way of TOML to write a text."""
    ways = [
        f'"{escape(text)}"',
        f'"{escape(text, all_of_it=True)}"',
        f'"""{escape(text)}"""',
        f'"""\n{escape(text)}"""',
        f'"""\\\n   {escape(text)}"""' if not text[:1].isspace() else '""',
    ]
    with_quotes = text.replace("\\", "\\\\")
    ways += [
        way for way in (f"'{text}'", f"'''{text}'''", f"'''\n{text}'''", f'"""{with_quotes}"""') if means(way, text)
    ]
    return [way for way in ways if means(way, text)]


def means(way: str, text: str) -> bool:
    try:
        return bool(tomllib.loads(f"x = {way}") == {"x": text})
    except tomllib.TOMLDecodeError:
        return False


def get_key(values: Any) -> str:
    section = next(iter(values.keys() - {"outlets"}))
    key: str = values[section]["x"]["key"]
    return key


TEXTS = st.text(st.sampled_from("ab\"'\\#=[] \n\tkey€") | st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.mark.parametrize("place", PLACES)
@given(text=TEXTS)
@example('ab"cdefghSECRETTAIL')
@example("ab'''c'\"")
@example("plain-key")
@example('"')
def test_a_key_is_hidden_however_it_is_written_and_nothing_else(place: str, text: str) -> None:
    for way in list_writings(text):
        whole = place.format(way, ROUTING)
        assert get_key(tomllib.loads(whole)) == text
        hidden = hide_secrets(whole)
        values = tomllib.loads(hidden)
        assert values["outlets"] == {"a": {"name": "A", "country": "AZ"}}
        if not (
            "\\u00" in place and values.keys() == {"outlets"}
        ):  # a name that nobody writes so: the rest may be gone
            assert get_key(values) == HIDDEN
        if len(text) >= LEAST_SECRET and text not in HIDDEN:
            assert text not in hidden


def test_what_says_the_key_elsewhere_is_hidden_too_but_for_bare_names() -> None:
    text = f'# was: very-secret-words\n[engines.very-secret-words]\nkey = "very-secret-words"\n{ROUTING}'
    assert hide_secrets(text) == f'# was: {HIDDEN}\n[engines.very-secret-words]\nkey = "{HIDDEN}"\n{ROUTING}'


def test_the_address_of_the_database_is_hidden_and_no_other() -> None:
    address = "sqlite+aiosqlite:///srv/karvan.db"
    sources = '[sources.x]\nurl = "https://a.example/"\n'
    for text in (f"[database]\nurl = '{address}'\n", f'database.url = """{address}"""\n'):
        values = tomllib.loads(hide_secrets(text + sources))
        assert values == {"database": {"url": HIDDEN}, "sources": {"x": {"url": "https://a.example/"}}}


def test_a_text_without_secrets_is_kept_byte_for_byte() -> None:
    text = '[destinations.x]\r\nkey = ""\r\n' + ROUTING
    assert hide_secrets(text) == text
