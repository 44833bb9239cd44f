"""What stood in a feed when it was last read: by that we know whether more has come since than it shows. Pure.

A Karvan's feed has two lists, each the newest first and as long as the other may be: what lives and what is gone.
Where anything of a list still stands as it stood, all that came since is above it.
"""

import hashlib
from collections.abc import Collection
from datetime import datetime
from urllib.parse import urljoin, urlsplit, urlunsplit

from feeds.source_items import ParsedFeed
from server.polling.fetching import get_origin

LIVING, GONE = "+", "-"  # what marks begin with


def make_bookmark(feed: ParsedFeed) -> frozenset[str]:
    """A mark for each entry and when it was changed, for each that is gone and since when."""
    living = (_mark(LIVING, one.id, one.updated) for one in feed.items)
    return frozenset((*living, *(_mark(GONE, one.id, one.when) for one in feed.gone)))


def _mark(kind: str, id_: str, when: datetime | None) -> str:
    said = f"{id_}\n{when.isoformat() if when else ''}"
    return kind + hashlib.sha256(said.encode()).hexdigest()[:12]


def has_gap(feed: ParsedFeed, bookmark: Collection[str] | None) -> bool:
    """Whether something may have come and gone unseen since the bookmark was made; None: all has.

    The shorter of both lists is whole: it could be as long as the other.
    """
    if bookmark is None:
        return True
    now = make_bookmark(feed)
    lists = [[mark for mark in now if mark.startswith(kind)] for kind in (LIVING, GONE)]
    longest = max(map(len, lists))
    return any(len(one) == longest and one and not set(one) & set(bookmark) for one in lists)


def find_address(asked: str, topic: str, target: str) -> str:
    """Where to ask for what a feed leads to; "" for what is no address.

    A feed that is read at another address than it names itself (inside a network, say) leads to where it says it is:
    there its own host is meant, at the address where we read it.
    """
    try:
        found = urljoin(asked, target)
        parts, own, said = urlsplit(found), urlsplit(asked), urlsplit(urljoin(asked, topic))
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            return ""
        origin, is_itself = get_origin(found), (own.path, own.query) == (said.path, said.query)
        if topic and is_itself and origin == get_origin(urlunsplit(said)) != get_origin(asked):
            parts = parts._replace(scheme=own.scheme, netloc=own.netloc)
        return urlunsplit(parts._replace(fragment=""))
    except ValueError:
        return ""
