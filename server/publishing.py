"""channel → Feed → Document. Pure.

placements, newest first ─make_standing→ Entry (or stub) ─visibility→ Feed ─feeds.render_feed→ Document
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from feeds.model import Feed, Link, Tombstone
from feeds.withdrawal import pick_why
from server import problems, visibility
from server.config import Config
from server.entries import Loaded, make_entry, make_entry_id
from server.serving.entrycache import Standing
from server.site import Site
from server.store.articles import ArticleRow
from server.store.losses import Loss
from server.store.placements import FeedName, Placement
from server.store.schema import EPOCH
from server.visibility import ANYONE, Reader
from translators.languages import is_tag, normalise


def list_standing(site: Site, places: Iterable[Placement], loaded: Mapping[int, Loaded]) -> Sequence[Standing]:
    """How articles stand in these places, in their order."""
    return [make_standing(site, loaded[place.article_id], place) for place in places]


def make_standing(site: Site, one: Loaded, place: Placement) -> Standing:
    """How an article stands in one place. What it says of itself is left out where the entry says it."""
    head = one.article.head
    bare = replace(head.article, body="", description="", pictures=())
    entry = None if place.state == "removed" else make_entry(site, one, place)
    return Standing(place, replace(one.article, head=replace(head, article=bare)), entry)


def compose_feed(
    site: Site,
    standing: Sequence[Standing],
    feed: FeedName,
    query: str,
    now: datetime,
    format_: str,
    *,
    updated: datetime = EPOCH,
    reader: Reader = ANYONE,
) -> Feed:
    """What this reader may see of these, in their order, as the feed or a part; `updated`: of an empty one."""
    config, (channel, language) = site.config, feed
    entries, tombstones = [], []
    for one in standing:
        place = one.place
        if visibility.why_refused(one.article, place, reader, config):
            continue
        updated = max(updated, place.shown_at)
        if place.state != "usable":
            ref, why = make_entry_id(site, one.article, language), pick_why(place.mark)
            tombstones.append(Tombstone(ref=ref, when=place.shown_at, why=why))
        hidden = visibility.why_hidden_in(one.article, config.channels[channel], now) or visibility.why_over(place, now)
        if one.entry is not None and (place.state == "withdrawn" or hidden is None):
            entries.append(one.entry)
    return Feed(
        id=site.id(f"feeds/{channel}/{language}"),
        title=make_feed_title(channel, language, config),
        language=language,
        href=site.feed(channel, language, format_, query),
        page=site.channel_page(channel, language),
        updated=updated,
        generator=config.server.name,
        siblings=tuple(
            Link(language=other, href=site.feed(channel, other, format_))
            for other in list_channel_languages(channel, config)
            if other != language
        ),
        entries=tuple(entries),
        tombstones=tuple(tombstones),
        hubs=(site.hub(),),
    )


def add_stones(site: Site, made: Feed, gone: Sequence[Loss], known: Mapping[int, ArticleRow]) -> Feed:
    """The feed with a tombstone for each text that its reader may not see any more; `known`: article id → article."""
    stones = [
        Tombstone(ref=make_entry_id(site, known[loss.article_id], loss.language), when=loss.at, why="rights")
        for loss in sorted(gone, key=lambda loss: loss.change, reverse=True)
    ]
    updated = max([made.updated, *(stone.when for stone in stones)])
    return replace(made, tombstones=(*stones, *made.tombstones), updated=updated) if stones else made


def make_feed_title(channel: str, language: str, config: Config) -> str:
    return f"{config.server.name}: {make_channel_title(channel, language, config)}"


def make_channel_title(channel: str, language: str, config: Config) -> str:
    """The channel's title in this language, else in any."""
    title = config.channels[channel].title
    return title.get(language) or next(iter(title.values()), channel)


def list_channel_languages(channel: str, config: Config) -> Sequence[str]:
    """The languages in which a channel has feeds."""
    exchange = config.channels[channel].exchange
    return (config.exchanges[exchange].languages if exchange else ()) or config.languages.configured


def check_channel(channel: str, tag: str, reader: Reader, config: Config) -> str:
    """The language that the tag means. Raise unless this reader may see this channel in it.

    That a desk exists is nobody else's business.
    """
    language = find_channel_language(channel, tag, config)
    if language is not None and visibility.may_read_channel(reader, channel, config):
        return language
    if language is None or config.channels[channel].access == "admins":
        raise problems.ChannelNotFound(f"there is no channel {channel!r} in {tag!r}; GET /v1/channels lists all")
    if reader == ANYONE:
        raise problems.KeyRequired("this channel is private: send your key", headers=problems.CHALLENGE)
    raise problems.NotAllowed(f"{channel!r} is for the members and subscribers of its exchange")


def find_channel_language(channel: str, tag: str, config: Config) -> str | None:
    """The language of a channel's feed that a tag in an address means: zh-Hans and zh-CN are zh."""
    if channel not in config.channels or not is_tag(tag):
        return None
    language = normalise(tag)
    return language if language in list_channel_languages(channel, config) else None
