"""Decision + texts → where the article stands: the difference between what should be and what is, written down.

candidates.list_texts, stands.list_wanted (pure) ─compare with the placements that are─→ saved, withdrawn, removed ones

candidates  the texts that could be published        stands  which text is to stand where, and how much of it
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncConnection

from server.config import Config
from server.placing.candidates import list_texts
from server.placing.stands import Stand, list_wanted
from server.routing import Decision
from server.routing.rights import dump_rights
from server.store import placements
from server.store.articles import ArticleRow
from server.store.parallels import Parallel
from server.store.placements import FeedName, Placement
from server.texts import make_stub
from server.visibility import is_desk, why_hidden


@dataclass(frozen=True, slots=True)
class Placed:
    """What has become of an article's places: those before and those now; the feeds in which readers can notice it."""

    before: Mapping[FeedName, Placement]
    now: Mapping[FeedName, Placement]
    changed: frozenset[FeedName]


async def place(
    conn: AsyncConnection,
    article: ArticleRow,
    versions: Mapping[str, Parallel],
    decision: Decision,
    config: Config,
    now: datetime,
    *,
    pictures: Mapping[str, str] = MappingProxyType({}),
) -> Placed:
    """Make the placements what they should be now. What readers saw and may not see any more leaves a tombstone.

    `pictures`: language → what there is of the uploads that its text shows (`media.make_mark`): with another picture an
    entry is another one. Placed again at `find_turn`, the same article opens or is gone.
    """
    withdrawn = article.canceled_at is not None or article.head.article.pub_status != "usable"
    standing = {place.feed: place for place in await _list_standing(conn, article)}
    wanted = {} if withdrawn else list_wanted(list_texts(article, versions, config), decision, config)
    if why_hidden(article, now) == "expired":  # what nobody has seen by now nobody will
        wanted = {}
    lapsed = {key for key, stand in wanted.items() if stand.rights.until is not None and stand.rights.until <= now}
    wanted = {key: stand for key, stand in wanted.items() if key not in lapsed}
    status = make_stub(article, "").pub_status if withdrawn else ""
    changed, forgotten = _retire(standing, wanted, now, withdrawn=status, lapsed=lapsed)
    placed = {}
    for key, stand in wanted.items():
        old = standing.get(key)
        opens_at = now if is_desk(config.channels[key[0]]) else _find_opening(article, stand, now)
        if old is not None and old.published_at <= now < opens_at:  # an embargo that comes too late
            hidden = replace(old, state="removed", mark="embargoed", shown_at=now)
            placed[key] = hidden if old.state == "usable" else old
        else:
            content = _hash_content(stand, pictures.get(key[1], ""))
            placed[key] = _keep_times(_make_placement(article, key, stand, content, opens_at), old, now)
    usable = {key: new for key, new in placed.items() if new.state == "usable"}
    marks = _make_marks(wanted, usable, [key for key, new in usable.items() if new.shown_at <= now], article, config)
    for key, unmarked in placed.items():
        old, new = standing.get(key), replace(unmarked, mark=marks.get(key, unmarked.mark))
        if new != old or (new.change is None and new.shown_at <= now):
            changed.append(new)
    await placements.delete_placements(conn, article.id, forgotten)
    noticed = await placements.save_placements(conn, changed, now)
    left = {feed: place for feed, place in standing.items() if feed not in forgotten}
    return Placed(standing, left | {place.feed: place for place in changed}, noticed)


async def _list_standing(conn: AsyncConnection, article: ArticleRow) -> Sequence[Placement]:
    return (await placements.list_placements(conn, [article.id])).get(article.id, ())


def _find_opening(article: ArticleRow, stand: Stand, now: datetime) -> datetime:
    return max(now, article.head.article.embargoed_until or now, stand.opens_at or now)


def _find_expiry(article: ArticleRow, stand: Stand) -> datetime | None:
    ends = (article.head.article.expires, stand.rights.until)
    return min((end for end in ends if end is not None), default=None)


def find_turn(article: ArticleRow, now: datetime, decision: Decision | None = None) -> datetime | None:
    """When the article next opens or is gone by itself, somewhere or everywhere."""
    head = article.head.article
    is_out = article.canceled_at is not None or head.pub_status != "usable"
    moments = [] if is_out else [head.embargoed_until, head.expires]
    for place in decision.destinations if decision is not None and not is_out else ():
        moments += [place.opens_at, place.rights.until]
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


def _retire(
    standing: Mapping[FeedName, Placement],
    wanted: Collection[FeedName],
    now: datetime,
    *,
    withdrawn: str,
    lapsed: Collection[FeedName],
) -> tuple[list[Placement], list[FeedName]]:
    """What becomes of places that are not wanted any more: tombstones; what nobody has seen is forgotten.

    `withdrawn`: how, as the stub tells it; "": the article is not. `lapsed`: where the rights to it have ended.
    """
    changed, forgotten = [], []
    for key in standing.keys() - set(wanted):
        old = standing[key]
        if old.published_at > now:
            forgotten.append(key)
        elif withdrawn and (old.state != "withdrawn" or old.mark != withdrawn):
            changed.append(replace(old, state="withdrawn", mark=withdrawn, shown_at=now))
        elif not withdrawn and old.state == "usable":
            changed.append(replace(old, state="removed", mark="rights" if key in lapsed else "", shown_at=now))
    return sorted(changed, key=lambda place: place.feed), forgotten


def _hash_content(stand: Stand, pictures: str) -> str:
    """Of all that readers see of it; where only the headline stands, no picture does."""
    if not pictures or stand.extent == "headline":
        return stand.content_hash
    return hashlib.sha256(f"{stand.content_hash} {pictures}".encode()).hexdigest()


def _make_placement(article: ArticleRow, key: FeedName, stand: Stand, content: str, opens_at: datetime) -> Placement:
    """A place, but for its mark."""
    return Placement(
        channel=key[0],
        language=key[1],
        article_id=article.id,
        state="usable",
        origin=stand.text.origin,
        content_hash=content,
        mark="",
        route=stand.route,
        published_at=opens_at,
        shown_at=opens_at,
        expires_at=_find_expiry(article, stand),
        extent=stand.extent,
        rights=dump_rights(stand.rights),
        labels="\n".join(stand.labels),
    )


def _keep_times(new: Placement, old: Placement | None, now: datetime) -> Placement:
    """An entry keeps its place and publication time, and its update time while its text and pictures are the same."""
    if old is None or old.published_at > now:  # nobody has seen it yet
        return new
    kept = replace(new, published_at=old.published_at, change=old.change, position=old.position)
    if old.state != "usable":
        return kept
    kept = replace(kept, appeared=old.appeared)
    return replace(kept, shown_at=old.shown_at) if old.content_hash == new.content_hash else kept


def _make_marks(
    wanted: Mapping[FeedName, Stand],
    usable: Collection[FeedName],
    opened: Collection[FeedName],
    article: ArticleRow,
    config: Config,
) -> Mapping[FeedName, str]:
    """All that an entry shows besides its text and pictures: when it changes, the feed is another one.

    What is not open yet leads to the others, and none leads to it.
    """
    head = f"{article.head.number} {article.head.content_hash[:16]}"  # rights, topics, expiry: every language has them
    return {
        key: f"{wanted[key].said}:{siblings}:{head}:{wanted[key].text.making}"
        for key in usable
        for siblings in [",".join(list_siblings(opened, *key, config))]
    }


def list_siblings(opened: Collection[FeedName], channel: str, language: str, config: Config) -> list[str]:
    """The other languages that a reader of this channel can open: those in the channel itself or in a public one."""
    return sorted(set(_open_languages(opened, channel, config)) - {language})


def _open_languages(places: Collection[FeedName], channel: str, config: Config) -> Iterator[str]:
    for name, language in places:
        if name == channel or (name in config.channels and config.channels[name].access == "public"):
            yield language
