"""A configuration without its secrets, for the history: the keys of destinations, sources and engines, and the
database's address, in whatever way TOML writes them (pure).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import Any

import tomli

from server.configfile.routingfile import STRING, cut_routing, split_tables

KEYED = ("destinations", "sources", "engines")  # tables of tables with a `key`
SECTIONS = ("", *KEYED, "database")  # "": before the first header options have dots: destinations.x.key
HIDDEN = "(kept out of the history)"
LEAST_SECRET = 8  # characters: shorter ones would be found in other words

_ASSIGNMENT = re.compile(
    rf"""(?P<option>(?:(?<![\w-])(?:key|url)|"(?:key|url)"|'(?:key|url)')[ \t]*=[ \t]*)(?P<value>{STRING})"""
    rf"|{STRING}|\#[^\n]*",
    re.DOTALL,
)
_SAID = re.compile(rf"{STRING}|\#[^\n]*", re.DOTALL)


def hide_secrets(text: str) -> str:
    """The text of a valid configuration without them; where that fails, its routing part alone, or nothing."""
    secrets = set(_list_secrets(tomli.loads(text)))
    if not secrets:
        return text
    groups = groupby(split_tables(text), key=lambda block: block.name)
    whole = "".join(_hide_values(name, "".join(one.text for one in group), secrets) for name, group in groups)
    tried = (_hide_copies(one, secrets) for one in (whole, cut_routing(text)))
    return next((hidden for hidden in tried if _is_free_of_secrets(hidden)), "")


def _hide_values(section: str, text: str, secrets: Collection[str]) -> str:
    def hide(found: re.Match[str]) -> str:
        is_secret = found["option"] and tomli.loads(f"it = {found['value']}")["it"] in secrets
        return f'{found["option"]}"{HIDDEN}"' if is_secret else found[0]

    return _ASSIGNMENT.sub(hide, text) if section in SECTIONS else text


def _hide_copies(text: str, secrets: Collection[str]) -> str:
    """What else says a secret: comments and strings. A bare name stays: it would be none any more."""
    copied = sorted((one for one in secrets if len(one) >= LEAST_SECRET and one in text), key=len, reverse=True)
    if not copied:
        return text
    pattern = re.compile("|".join(map(re.escape, copied)))
    return _SAID.sub(lambda found: pattern.sub(HIDDEN, found[0]), text)


def _is_free_of_secrets(text: str) -> bool:
    try:
        return all(secret == HIDDEN for secret in _list_secrets(tomli.loads(text)))
    except tomli.TOMLDecodeError:
        return False


def _list_secrets(values: Mapping[str, Any]) -> Iterator[str]:
    """All that are not empty."""
    found = [one.get("key") for section in KEYED for one in values.get(section, {}).values()]
    yield from (str(one) for one in (*found, values.get("database", {}).get("url")) if one)
