"""Decision + texts → where the article stands: the difference between what should be and what is, written down.

list_wanted (pure) ─compare with the placements that are─→ saved, withdrawn or removed placements
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Freshness
from server.config import Config
from server.routing import Decision, Destination
from server.store import placements
from server.store.articles import ArticleRow
from server.store.documents import make_shown_hash
from server.store.parallels import Parallel
from server.store.placements import Placement
from server.visibility import why_held, why_hidden


@dataclass(frozen=True, slots=True)
class Text:
    """One language of an article, as it could be published. `content_hash` is that of what readers see of it.

    `is_held`: an editor has to see it first. It stays so when its successor is pending or has failed.
    `making`: what else readers are told of it.
    """

    language: str
    origin: str
    freshness: Freshness
    content_hash: str
    is_held: bool = False
    making: str = ""


def get_freshness(parallel: Parallel, article: ArticleRow) -> Freshness:
    """The freshness contract: fresh only when made from the version that is served now (CONTRACT §1)."""
    if parallel.state != "ready":
        return parallel.state
    return "fresh" if parallel.source_hash == article.head.text_hash else "stale"


def list_texts(article: ArticleRow, versions: Mapping[str, Parallel], config: Config) -> Sequence[Text]:
    """The source and every parallel version that has a text."""
    source = Text(article.head.article.language, "source", "fresh", make_shown_hash(article.head.article))
    return [source] + [
        Text(
            language,
            parallel.origin,
            get_freshness(parallel, article),
            make_shown_hash(parallel.article),
            is_held=parallel.state == "held" or _should_hold(parallel, config),
            making=f"{parallel.from_language} {parallel.version_id} {parallel.quality} {parallel.engine}",
        )
        for language, parallel in sorted(versions.items())
        if parallel.article is not None
    ]


def _should_hold(parallel: Parallel, config: Config) -> bool:
    return parallel.origin == "machine" and bool(why_held(parallel.quality, parallel.findings, config))


def list_wanted(
    texts: Sequence[Text], decision: Decision, config: Config
) -> Mapping[tuple[str, str], tuple[Text, str]]:
    """(channel, language) → text and the route that brings it there."""
    by_language = {text.language: text for text in texts}
    wanted = {}
    for place in decision.destinations:
        text = by_language.get(place.language)
        if text is not None and _may_stand(text, place):
            wanted[place.channel, place.language] = (text, place.route)
    for name, channel in config.channels.items():
        if channel.shows == "held":
            wanted |= {(name, text.language): (text, "held") for text in texts if text.freshness == "held"}
    return wanted


def _may_stand(text: Text, place: Destination) -> bool:
    if text.origin != "machine":
        return True
    if text.is_held:
        return place.held == "publish" and place.machine == "publish"
    return place.machine == "publish"  # pending, failed: the old text stands until the new one is there


async def place(
    conn: AsyncConnection,
    article: ArticleRow,
    versions: Mapping[str, Parallel],
    decision: Decision,
    config: Config,
    now: datetime,
) -> None:
    """Make the placements what they should be. What readers saw and may not see any more leaves a tombstone."""
    withdrawn = article.canceled_at is not None or article.head.article.pub_status != "usable"
    wanted = {} if withdrawn else list_wanted(list_texts(article, versions, config), decision, config)
    places = (await placements.list_placements(conn, [article.id])).get(article.id, [])
    standing = {(place.channel, place.language): place for place in places}
    shown_at = max(now, article.head.article.embargoed_until or now)
    unseen = {key for key, old in standing.items() if old.published_at > now}
    if why_hidden(article, now) == "expired":  # what nobody has seen by now nobody will
        wanted = {key: one for key, one in wanted.items() if key in standing.keys() - unseen}
    marks = _make_marks(wanted, article, config)
    changed = []
    for key, old in standing.items():
        if key in wanted:
            continue
        if key in unseen:
            await placements.delete_placement(conn, old)
        elif old.state == "usable" or (withdrawn and old.state == "removed"):
            state: placements.State = "withdrawn" if withdrawn else "removed"
            changed.append(replace(old, state=state, shown_at=now))
    for (channel, language), (text, route) in wanted.items():
        new = Placement(
            channel=channel,
            language=language,
            article_id=article.id,
            state="usable",
            origin=text.origin,
            content_hash=text.content_hash,
            mark=marks[channel, language],
            route=route,
            published_at=shown_at,
            shown_at=shown_at,
            expires_at=article.head.article.expires,
        )
        new = _keep_times(new, standing.get((channel, language)), now)
        if new != standing.get((channel, language)):
            changed.append(new)
    await placements.save_placements(conn, changed)


def _keep_times(new: Placement, old: Placement | None, now: datetime) -> Placement:
    """An entry keeps its publication time, and its update time while its text is the same."""
    if old is None or old.published_at > now:  # nobody has seen it yet
        return new
    is_same = old.state == "usable" and old.content_hash == new.content_hash
    if is_same and old.shown_at <= now and new.shown_at <= now:
        return replace(new, published_at=old.published_at, shown_at=old.shown_at)
    return replace(new, published_at=old.published_at)


def _make_marks(
    wanted: Mapping[tuple[str, str], tuple[Text, str]], article: ArticleRow, config: Config
) -> Mapping[tuple[str, str], str]:
    """All that an entry shows besides its text: when it changes, the feed is another one."""
    head = f"{article.head.number} {article.head.content_hash[:16]}"  # rights, topics, expiry: every language has them
    return {
        (channel, language): f"{text.freshness}:{siblings}:{head}:{text.making}"
        for (channel, language), (text, _) in wanted.items()
        for siblings in [",".join(list_siblings(wanted, channel, language, config))]
    }


def list_siblings(places: Mapping[tuple[str, str], object], channel: str, language: str, config: Config) -> list[str]:
    """The other languages that a reader of this channel can open: those in the channel itself or in a public one."""
    return sorted(set(_open_languages(places, channel, config)) - {language})


def _open_languages(places: Mapping[tuple[str, str], object], channel: str, config: Config) -> Iterator[str]:
    for name, language in places:
        if name == channel or (name in config.channels and config.channels[name].access == "public"):
            yield language
