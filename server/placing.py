"""Decision + texts → where the article stands: the difference between what should be and what is, written down.

list_wanted (pure) ─compare with the placements that are─→ saved, withdrawn or removed placements

What is held stands as the stricter of its route and its directions lets it: in full as if nothing were found, marked,
headline and description only, or not at all, which leaves it to the desk.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.model import Article, Freshness
from server.config import Config, HeldPolicy
from server.routing import Decision, Destination, get_held_policy, pick_strictest
from server.routing.rights import ANY_RIGHTS, Rights, dump_rights
from server.store import placements
from server.store.articles import ArticleRow
from server.store.documents import make_shown_hash
from server.store.parallels import Parallel
from server.store.placements import Extent, FeedName, Placement
from server.texts import make_excerpt
from server.visibility import count_findings, is_desk, why_hidden, why_version_held

EXTENTS: Mapping[HeldPolicy, Extent | None] = {
    "publish": "full",
    "mark": "marked",
    "headline": "headline",
    "wait": None,
}


@dataclass(frozen=True, slots=True)
class Text:
    """One language of an article, as it could be published. `content_hash` is that of what readers see of it.

    `is_held`: an editor has to see it first. It stays so when its successor is pending or has failed. `held` is what
    its directions let out then, `excerpt_hash` that of its headline and description, `findings` what is told of it.
    `told`: its freshness where nothing is told of what was found. `making`: what else readers are told of it.
    """

    language: str
    origin: str
    freshness: Freshness
    content_hash: str
    is_held: bool = False
    making: str = ""
    told: Freshness = "fresh"
    held: HeldPolicy = "publish"
    excerpt_hash: str = ""
    findings: str = ""
    is_released: bool = False


@dataclass(frozen=True, slots=True)
class Stand:
    """A text as it is to stand in a place: which route brings it there, how much of it, and what else routes say."""

    text: Text
    route: str
    extent: Extent = "full"
    opens_at: datetime | None = None
    rights: Rights = ANY_RIGHTS
    labels: tuple[str, ...] = ()

    @property
    def content_hash(self) -> str:
        return self.text.excerpt_hash if self.extent == "headline" else self.text.content_hash

    @property
    def said(self) -> str:
        """What readers are told of the text besides its making."""
        text = self.text
        return text.told if self.extent == "full" else f"{text.freshness}:{self.extent}:{text.findings}"


def get_freshness(parallel: Parallel, article: ArticleRow) -> Freshness:
    """The freshness contract: fresh only when made from the version that is served now (CONTRACT §1)."""
    if parallel.state != "ready":
        return parallel.state
    return "fresh" if parallel.source_hash == article.head.text_hash else "stale"


def get_told_freshness(parallel: Parallel, article: ArticleRow, extent: Extent) -> Freshness:
    """What readers are told: where a held text stands in full, as if nothing were found."""
    if parallel.state == "held" and extent == "full":
        return get_freshness(replace(parallel, state="ready"), article)
    return get_freshness(parallel, article)


def list_texts(article: ArticleRow, versions: Mapping[str, Parallel], config: Config) -> Sequence[Text]:
    """The source and every parallel version that has a text which no editor has rejected."""
    source = Text(article.head.article.language, "source", "fresh", make_shown_hash(article.head.article))
    return [source] + [
        _make_text(parallel, parallel.article, article, versions, config)
        for _, parallel in sorted(versions.items())
        if parallel.article is not None and parallel.verdict != "rejected"
    ]


def _make_text(
    parallel: Parallel, text: Article, article: ArticleRow, versions: Mapping[str, Parallel], config: Config
) -> Text:
    directions = list_directions(parallel, article.head.article.language, versions)
    return Text(
        parallel.language,
        parallel.origin,
        get_freshness(parallel, article),
        make_shown_hash(text),
        is_held=parallel.state == "held" or _should_hold(parallel, config),
        is_released=parallel.verdict == "released",
        making=" ".join(
            (str(parallel.from_language), str(parallel.version_id), parallel.quality, parallel.engine, parallel.verdict)
        ),
        told=get_told_freshness(parallel, article, "full"),
        held=get_held_policy(directions, config),
        excerpt_hash=f"headline {make_shown_hash(make_excerpt(text))}",
        findings=" ".join(f"{name}={count}" for name, count in count_findings(parallel.findings)),
    )


def list_directions(parallel: Parallel, source: str, versions: Mapping[str, Parallel]) -> frozenset[str]:
    """The directions that a machine took to a text: every leg, also to the machine's version that it started from,
    and the whole way from the article's own language.
    """
    if parallel.origin != "machine":
        return frozenset()
    whole, legs = f"{source}-{parallel.language}", parallel.basis.split()[1:]
    start = versions.get(parallel.from_language or "")
    before = start.basis.split()[1:] if start is not None and start.origin == "machine" else []
    return frozenset((whole, *legs, *before))


def _should_hold(parallel: Parallel, config: Config) -> bool:
    return bool(why_version_held(parallel, config))


def list_wanted(texts: Sequence[Text], decision: Decision, config: Config) -> Mapping[tuple[str, str], Stand]:
    """(channel, language) → what should stand there."""
    by_language = {text.language: text for text in texts}
    wanted = {}
    for place in decision.destinations:
        text = by_language.get(place.language)
        if text is not None and (extent := pick_extent(text, place)) is not None:
            wanted[place.channel, place.language] = Stand(
                text, place.route, extent, place.opens_at, place.rights, place.labels
            )
    for name, channel in config.channels.items():
        if channel.shows == "held":
            held = (text for text in texts if text.freshness == "held" and _is_on_desk(name, text, decision))
            wanted |= {(name, text.language): Stand(text, "held", "marked") for text in held}
    return wanted


def _is_on_desk(name: str, text: Text, decision: Decision) -> bool:
    """Held text waits on the desks that its routes name, else on every one."""
    desks = decision.list_desks(text.language)
    return not desks or name in desks


def pick_extent(text: Text, place: Destination) -> Extent | None:
    """How a text may stand in a place; None: not at all."""
    if text.origin != "machine":
        return "full"
    if place.machine != "publish" and not (text.is_released and place.machine == "hold"):
        return None
    if not text.is_held:
        return "full"  # pending, failed: the old text stands until the new one is there
    return EXTENTS[pick_strictest((place.held, text.held))]


async def place(
    conn: AsyncConnection,
    article: ArticleRow,
    versions: Mapping[str, Parallel],
    decision: Decision,
    config: Config,
    now: datetime,
    *,
    pictures: str = "",
) -> frozenset[FeedName]:
    """Make the placements what they should be now. What readers saw and may not see any more leaves a tombstone.

    `pictures`: what there is of the article's uploads (`media.make_mark`). Gives the feeds in which readers can notice
    a change. Placed again at `find_turn`, the same article opens or is gone.
    """
    withdrawn = article.canceled_at is not None or article.head.article.pub_status != "usable"
    standing = {place.feed: place for place in await _list_standing(conn, article)}
    wanted = {} if withdrawn else list_wanted(list_texts(article, versions, config), decision, config)
    if why_hidden(article, now) == "expired":  # what nobody has seen by now nobody will
        wanted = {}
    wanted = {key: stand for key, stand in wanted.items() if stand.rights.until is None or now < stand.rights.until}
    changed, forgotten = _retire(standing, wanted, now, withdrawn=withdrawn)
    marks = _make_marks(wanted, article, pictures, config)
    for key, stand in wanted.items():
        old = standing.get(key)
        opens_at = now if is_desk(config.channels[key[0]]) else _find_opening(article, stand, now)
        if old is not None and old.published_at <= now < opens_at:  # an embargo that comes too late
            new = replace(old, state="removed", shown_at=now) if old.state == "usable" else old
        else:
            new = _keep_times(_make_placement(article, key, stand, marks[key], opens_at), old, now)
        if new != old or (new.change is None and new.shown_at <= now):
            changed.append(new)
    await placements.delete_placements(conn, article.id, forgotten)
    return await placements.save_placements(conn, changed, now)


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
    standing: Mapping[FeedName, Placement], wanted: Collection[FeedName], now: datetime, *, withdrawn: bool
) -> tuple[list[Placement], list[FeedName]]:
    """What becomes of places that are not wanted any more: tombstones; what nobody has seen is forgotten."""
    changed, forgotten = [], []
    for key in standing.keys() - set(wanted):
        old = standing[key]
        if old.published_at > now:
            forgotten.append(key)
        elif old.state == "usable" or (withdrawn and old.state == "removed"):
            changed.append(replace(old, state="withdrawn" if withdrawn else "removed", shown_at=now))
    return sorted(changed, key=lambda place: place.feed), forgotten


def _make_placement(article: ArticleRow, key: FeedName, stand: Stand, mark: str, opens_at: datetime) -> Placement:
    return Placement(
        channel=key[0],
        language=key[1],
        article_id=article.id,
        state="usable",
        origin=stand.text.origin,
        content_hash=stand.content_hash,
        mark=mark,
        route=stand.route,
        published_at=opens_at,
        shown_at=opens_at,
        expires_at=_find_expiry(article, stand),
        extent=stand.extent,
        rights=dump_rights(stand.rights),
        labels="\n".join(stand.labels),
    )


def _keep_times(new: Placement, old: Placement | None, now: datetime) -> Placement:
    """An entry keeps its place and publication time, and its update time while its text is the same."""
    if old is None or old.published_at > now:  # nobody has seen it yet
        return new
    kept = replace(new, published_at=old.published_at, change=old.change, position=old.position)
    if old.state != "usable":
        return kept
    kept = replace(kept, appeared=old.appeared)
    return replace(kept, shown_at=old.shown_at) if old.content_hash == new.content_hash else kept


def _make_marks(
    wanted: Mapping[tuple[str, str], Stand], article: ArticleRow, pictures: str, config: Config
) -> Mapping[tuple[str, str], str]:
    """All that an entry shows besides its text: when it changes, the feed is another one."""
    head = f"{article.head.number} {article.head.content_hash[:16]}"  # rights, topics, expiry: every language has them
    return {
        (channel, language): f"{stand.said}:{siblings}:{head}:{stand.text.making}:{pictures}"
        for (channel, language), stand in wanted.items()
        for siblings in [",".join(list_siblings(wanted, channel, language, config))]
    }


def list_siblings(places: Mapping[tuple[str, str], object], channel: str, language: str, config: Config) -> list[str]:
    """The other languages that a reader of this channel can open: those in the channel itself or in a public one."""
    return sorted(set(_open_languages(places, channel, config)) - {language})


def _open_languages(places: Mapping[tuple[str, str], object], channel: str, config: Config) -> Iterator[str]:
    for name, language in places:
        if name == channel or (name in config.channels and config.channels[name].access == "public"):
            yield language
