"""The filters of a feed's address: ?outlet= &country= &subject= &origin= (read, and written in one way only)."""

from collections.abc import Collection, Mapping
from typing import get_args
from urllib.parse import parse_qsl, urlencode

from multidict import MultiDict, MultiMapping

from feeds.model import Origin
from server import problems
from server.config import Config
from server.mediatopics import is_known
from server.store.standings import Filters

NAMES = ("outlet", "country", "subject", "origin")
NOBODY = ("-",)  # no outlet is called so: ids do not begin with a dash


def read_filters(query: MultiMapping[str], config: Config, *, also: Collection[str] = ()) -> Filters:
    """Raises InvalidParameter for a filter or a value that there is not: an empty feed would look like no news.

    `also`: parameters of the address that are no filters.
    """
    for name in query:
        if name not in NAMES and name not in also:
            raise problems.InvalidParameter(f"there is no filter {name[:50]!r}; there are {', '.join(NAMES)}")
        if len(query.getall(name)) > 1:
            raise problems.InvalidParameter(f"{name} is there twice: which of them counts?")
    origin = query.get("origin", "")
    if origin and origin not in get_args(Origin):
        raise problems.InvalidParameter(f"origin is one of {', '.join(get_args(Origin))}, not {origin[:50]!r}")
    subject = query.get("subject", "").casefold()
    if subject.startswith("medtop:") and not is_known(subject):
        raise problems.InvalidParameter(f"there is no Media Topic {subject[:50]!r}")
    outlets = _pick_outlets(query, config)
    return Filters(outlets=outlets, subject=subject, origin=origin, query=write_query(query))


def parse_query(query: str, config: Config) -> Filters:
    """The filters that a kept query means today; where it means nothing any more, they let nothing through."""
    try:
        return read_filters(MultiDict(parse_qsl(query)), config)
    except problems.InvalidParameter:  # an outlet that has left, for example
        return Filters(outlets=NOBODY, query=query)


def lets_through(filters: Filters, outlet: str, origin: str, *, is_about: bool) -> bool:
    """Whether a text passes; `is_about`: it has the topic that is asked for, or none is."""
    return is_about and (not filters.outlets or outlet in filters.outlets) and filters.origin in ("", origin)


def write_query(query: Mapping[str, str]) -> str:
    """The filters as the feed's own address has them: one way of writing for one choice; "" for none."""
    shapes = {"country": str.upper, "subject": str.casefold}
    given = {name: shapes.get(name, str)(query[name]) for name in NAMES if query.get(name)}
    return urlencode(given, safe=":")


def _pick_outlets(query: Mapping[str, str], config: Config) -> tuple[str, ...]:
    outlet, country = query.get("outlet", ""), query.get("country", "").upper()
    if outlet and outlet not in config.outlets:
        raise problems.InvalidParameter(f"there is no outlet {outlet[:80]!r}")
    if not country:
        return (outlet,) if outlet else ()
    in_country = tuple(sorted(name for name, member in config.outlets.items() if member.country == country))
    if not in_country:
        raise problems.InvalidParameter(f"no outlet is in {country[:10]!r}")
    if not outlet:
        return in_country
    return (outlet,) if outlet in in_country else NOBODY
