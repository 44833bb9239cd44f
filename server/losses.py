"""Who may not read any more what they could, while it still stands for others: they are told, and nobody else is.

place before × place now × reader ─server/visibility, as it was and as it is→ Loss: a change for this reader alone

A loss is written where it happens, with a change of an article or of the configuration, and names its reader; so nobody
hears of a text that they could never see.
"""

import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Subject
from server.config import Config
from server.configfile.live import get_digest
from server.store import articles, configs
from server.store import losses as rows
from server.store.articles import ArticleRow
from server.store.losses import Loss
from server.store.placements import FeedName, Placement
from server.visibility import ANYONE, Reader, may_read_channel, why_refused

READERSHIP = {  # the part of a configuration that says who may read what
    "outlets": {"__all__": {"name", "country"}},
    "subscribers": True,
    "exchanges": {"__all__": {"name", "members", "grants"}},
    "channels": {"__all__": {"title", "access", "exchange"}},
}

Places = Mapping[FeedName, Placement]

_READERSHIPS: dict[int, str] = {}  # by the identity of a Config, for as long as it lives


@dataclass(frozen=True, slots=True)
class Before:
    """What said who may read an article when it was last settled: its topics, with those above; the configuration."""

    digest: str
    topics: Collection[str]
    config: Config


async def find_before(conn: AsyncConnection, article_id: int, config: Config) -> Before | None:
    """None: it is new, or nobody knows any more who could read it then."""
    decided, digest = await configs.find_decided(conn, article_id), get_digest(config)
    if decided is None or decided.digest != digest:  # where somebody was decided under it, it is kept already
        await rows.save_readership(conn, digest, dump_readership(config))
    if decided is None:
        return None
    old = (
        config if decided.digest == digest else load_readership(await rows.find_readership(conn, decided.digest) or "")
    )
    has_grants = any(exchange.grants for one in (old, config) if one for exchange in one.exchanges.values())
    topics = await articles.list_topics(conn, article_id) if has_grants else ()
    return None if old is None else Before(decided.digest, topics, old)


def dump_readership(config: Config) -> str:
    found = _READERSHIPS.get(id(config))
    if found is None:
        found = _READERSHIPS[id(config)] = config.model_dump_json(include=READERSHIP)  # type: ignore[arg-type]
        weakref.finalize(config, _READERSHIPS.pop, id(config), None)
    return found


@lru_cache(maxsize=16)
def load_readership(document: str) -> Config | None:
    """A configuration that knows who may read what and nothing else; None for what cannot be read any more."""
    try:
        return Config.model_validate_json(document)
    except ValidationError:
        return None


async def note_losses(
    conn: AsyncConnection, article: ArticleRow, before: Before, old: Places, new: Places, config: Config, now: datetime
) -> frozenset[FeedName]:
    """Write down who has lost which of these places, and who has got it back. The feeds in which somebody lost."""
    concerned = {feed: place for feed, place in old.items() if _may_concern(place, new.get(feed), before, config)}
    if not concerned:
        return frozenset()
    known = {(one.reader, one.feed): one for one in await rows.list_losses_of(conn, [article.id])}
    lost: list[Loss] = []
    for feed, place in concerned.items():
        for reader in list_losers(article, before, place, new[feed], config):
            name = get_name(reader)
            if (name, feed) not in known:
                lost.append(Loss(name, *feed, article.id, 0, place.change or 0, now))
    readers = {get_name(reader): reader for reader in _list_readers(config)}
    back = [
        one
        for one in known.values()
        if one.reader in readers and one.feed in new and _may_read(readers[one.reader], article, new[one.feed], config)
    ]
    await rows.delete_losses(conn, back)
    await rows.save_losses(conn, lost)
    return frozenset(one.feed for one in lost)


def _may_concern(old: Placement, new: Placement | None, before: Before, config: Config) -> bool:
    """Whether somebody may have lost it, or got it back; a look that costs little."""
    if old.change is None or new is None or new.channel not in config.channels:
        return False  # nobody has seen it; it was taken away before; with its channel
    if old.rights != new.rights or dump_readership(before.config) != dump_readership(config):
        return True
    exchange = config.exchanges.get(config.channels[new.channel].exchange or "")
    return exchange is not None and bool(exchange.grants)


def list_losers(
    article: ArticleRow, before: Before, old: Placement, new: Placement, config: Config
) -> Iterator[Reader]:
    """Who could read it where and as it stood, and may not where and as it stands."""
    subjects = tuple(Subject(name=code, code=code) for code in before.topics)
    head = replace(article.head, article=replace(article.head.article, subjects=subjects))
    then = replace(article, head=head)
    for reader in _list_readers(config):
        if not _may_read(reader, article, new, config) and _may_read(reader, then, old, before.config):
            yield reader


def _list_readers(config: Config) -> Sequence[Reader]:
    """All who read what stands somewhere; editors and admins look after texts, and keep none."""
    outlets = [Reader("outlet", name) for name in config.outlets]
    return [ANYONE, *outlets, *(Reader("subscriber", name) for name in config.subscribers)]


def _may_read(reader: Reader, article: ArticleRow, place: Placement, config: Config) -> bool:
    """Whether they may know what becomes of the article in this place."""
    is_known = reader == ANYONE or reader.id in (config.outlets if reader.role == "outlet" else config.subscribers)
    return (
        is_known
        and place.channel in config.channels
        and may_read_channel(reader, place.channel, config)
        and not why_refused(article, place, reader, config)
    )


def get_name(reader: Reader) -> str:
    """A reader as losses name it."""
    return "anyone" if reader == ANYONE else f"{reader.role}:{reader.id}"
