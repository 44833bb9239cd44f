"""The filters of a feed's address: ?outlet= &country= &subject= &origin="""

from collections.abc import Mapping
from typing import get_args

from multidict import MultiMapping

from feeds.model import Origin
from server import problems
from server.config import Config
from server.mediatopics import is_known
from server.store.placements import Filters

NAMES = ("outlet", "country", "subject", "origin")
NOBODY = ("-",)  # no outlet is called so: ids do not begin with a dash


def read_filters(query: MultiMapping[str], config: Config) -> Filters:
    """Raises InvalidParameter for a filter or a value that there is not: an empty feed would look like no news."""
    for name in query:
        if name not in NAMES:
            raise problems.InvalidParameter(f"there is no filter {name[:50]!r}; there are {', '.join(NAMES)}")
        if len(query.getall(name)) > 1:
            raise problems.InvalidParameter(f"{name} is there twice: which of them counts?")
    origin = query.get("origin", "")
    if origin and origin not in get_args(Origin):
        raise problems.InvalidParameter(f"origin is one of {', '.join(get_args(Origin))}, not {origin[:50]!r}")
    subject = query.get("subject", "").casefold()
    if subject.startswith("medtop:") and not is_known(subject):
        raise problems.InvalidParameter(f"there is no Media Topic {subject[:50]!r}")
    return Filters(outlets=_pick_outlets(query, config), subject=subject, origin=origin)


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
