"""Why an article is or is not in a channel, in a language, for a reader: gate by gate, and route by route.

stored article ─decided under which configuration→ explaining (routes) + list_gates (pure) ─→ Whereabouts
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server import decisions, holding, visibility
from server.api.shapes.routing import StandShown, WhereaboutsShown
from server.config import Config
from server.configfile.live import get_digest
from server.placing.candidates import Text, list_texts
from server.placing.stands import pick_extent
from server.routing import Destination
from server.routing.explaining import Explanation, describe_destination, describe_judgement, render_judgement
from server.store import configs, parallels, placements
from server.store.articles import ArticleRow
from server.store.configs import Decided
from server.store.holds import Hold, find_hold
from server.store.parallels import Parallel
from server.store.placements import FeedName, Placement
from server.visibility import Reader


@dataclass(frozen=True, slots=True)
class Gate:
    """One thing that has to be so. `reason` says what there is, whether it passes or not."""

    name: str
    passes: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Stand:
    """A feed with all gates before it. It stands there when all let it pass."""

    feed: FeedName
    gates: tuple[Gate, ...]
    destination: Destination | None = None
    placement: Placement | None = None

    @property
    def stands(self) -> bool:
        return all(gate.passes for gate in self.gates)

    @property
    def reason(self) -> str:
        """What decides: the first gate that is shut, else the route."""
        shut = next((gate for gate in self.gates if not gate.passes), None)
        return f"{shut.name}: {shut.reason}" if shut else f"route {self.placement.route!r}" if self.placement else ""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`config`: what it is explained under; `decided`: what was last written down, and under which."""

    article: ArticleRow
    explanation: Explanation
    stands: tuple[Stand, ...]
    config: Config
    decided: Decided | None


@dataclass(frozen=True, slots=True)
class Known:
    """All that gates ask of an article."""

    article: ArticleRow
    versions: Mapping[str, Parallel]
    places: Mapping[FeedName, Placement]
    explanation: Explanation
    config: Config
    now: datetime
    hold: Hold | None = None


async def find_whereabouts(
    conn: AsyncConnection,
    article: ArticleRow,
    feeds: Sequence[FeedName],
    reader: Reader | None,
    config: Config,
    now: datetime,
) -> Whereabouts:
    """Of these feeds under this configuration; `reader`: for whom, None for anybody who may read the channel."""
    found = (await parallels.list_parallels(conn, [article.id])).get(article.id, {})
    versions = {language: one for language, one in found.items() if language != article.head.article.language}
    standing = (await placements.list_placements(conn, [article.id])).get(article.id, [])
    explanation = await decisions.explain(conn, article, versions, config)
    known = Known(
        article,
        versions,
        {place.feed: place for place in standing},
        explanation,
        config,
        now,
        await find_hold(conn, article.id),
    )
    stands = tuple(
        Stand(feed, tuple(list_gates(known, feed, reader)), _find_destination(known, feed), known.places.get(feed))
        for feed in feeds
    )
    return Whereabouts(article, explanation, stands, config, await configs.find_decided(conn, article.id))


def list_gates(known: Known, feed: FeedName, reader: Reader | None) -> Iterator[Gate]:
    """In the order in which they are asked; where there is no such channel, that is all."""
    channel, language = feed
    if channel not in known.config.channels:
        yield Gate("channel", False, f"there is no channel {channel!r}")
        return
    yield _ask_state(known)
    if visibility.is_desk(known.config.channels[channel]):
        yield from _ask_desk(known, language)
    else:
        yield from _ask_route(known, feed)
    yield from _ask_time(known, feed)
    yield _ask_place(known, feed)
    if reader is not None:
        yield from _ask_reader(known, feed, reader)


def _ask_state(known: Known) -> Gate:
    hidden = visibility.why_hidden(known.article, known.now)
    if hidden in ("canceled", "withheld"):
        return Gate("state", False, f"it is {hidden}")
    return Gate("state", True, "it is usable")


def _find_destination(known: Known, feed: FeedName) -> Destination | None:
    places = known.explanation.decision.destinations
    return next((place for place in places if (place.channel, place.language) == feed), None)


def _ask_route(known: Known, feed: FeedName) -> Iterator[Gate]:
    place = _find_destination(known, feed)
    if place is None:
        yield Gate("route", False, "no route brings it there" + _say_near(known, feed))
        return
    yield Gate("route", True, f"{place.route!r} brings it there")
    if place.hold:
        why = holding.why_held(known.hold)
        told = f"released by {known.hold.verdict_by}" if known.hold else "it is being settled"
        yield Gate("hold", not why, why or told)
    text = _find_text(known, feed[1])
    if text is None:
        yield Gate("text", False, _say_missing(known, feed[1], place))
        return
    yield Gate("text", True, f"there is one: {text.origin}, {text.freshness}")
    if text.origin != "machine":
        return
    said = f'machine = "{place.machine}" of {place.route!r}'
    if place.machine == "off" or (place.machine == "hold" and not text.is_released):
        yield Gate("machine", False, f"{said}, or its rights")
        return
    yield Gate("machine", True, said if place.machine == "publish" else f"{said}, and an editor has released it")
    extent = pick_extent(text, place)
    if text.is_held:
        why = known.versions[feed[1]].reason or "an editor has to see it first"
        done = f"stands {extent}" if extent else "waits for an editor"
        yield Gate("held", extent is not None, f"{why}; route {place.held!r}, direction {text.held!r}: it {done}")


def _say_near(known: Known, feed: FeedName) -> str:
    """Routes that lead to the channel and took the article, but not in this language."""
    routes = {route.name: route for route in known.config.routes}
    near = [
        one.route
        for one in known.explanation.judgements
        if one.matched and (route := routes.get(one.route)) is not None and feed[0] in route.to
    ]
    return f" in {feed[1]}; {', '.join(near)} would in others, or its rights forbid this one" if near else ""


def _find_text(known: Known, language: str) -> Text | None:
    texts = list_texts(known.article, known.versions, known.config)
    return next((text for text in texts if text.language == language), None)


def _say_missing(known: Known, language: str, place: Destination) -> str:
    parallel = known.versions.get(language)
    if parallel is None:
        return f'there is none, and machine = "{place.machine}"' if place.machine == "off" else "it was not asked for"
    return f"it is {parallel.state}" + (f": {parallel.reason}" if parallel.reason else "")


def _ask_desk(known: Known, language: str) -> Iterator[Gate]:
    text = _find_text(known, language)
    is_held = text is not None and text.freshness == "held"
    if text is not None and text.origin == "source":
        is_held = known.hold is not None and not known.hold.verdict
    yield Gate("held", is_held, "it waits for an editor" if is_held else "nothing of it waits for an editor")


def _ask_time(known: Known, feed: FeedName) -> Iterator[Gate]:
    head, now = known.article.head.article, known.now
    hidden = visibility.why_hidden_in(known.article, known.config.channels[feed[0]], now)
    place = _find_destination(known, feed)
    opens = max((one for one in (head.embargoed_until, place and place.opens_at) if one), default=None)
    if hidden == "embargoed" or (place and place.opens_at and now < place.opens_at):
        yield Gate("embargo", False, f"until {opens:%Y-%m-%d %H:%M:%S} UTC")
    elif opens is not None:
        yield Gate("embargo", True, f"it ended at {opens:%Y-%m-%d %H:%M:%S} UTC")
    if hidden == "expired":
        yield Gate("expiry", False, f"at {head.expires:%Y-%m-%d %H:%M:%S} UTC")


def _ask_place(known: Known, feed: FeedName) -> Gate:
    place = known.places.get(feed)
    if place is None:
        return Gate("place", False, "it has never stood there, or is being settled")
    if place.state != "usable":
        return Gate("place", False, f"it was {place.state} at {place.shown_at:%Y-%m-%d %H:%M:%S} UTC")
    if (over := visibility.why_over(place, known.now)) is not None:
        return Gate("place", False, f"it is {over}")
    return Gate("place", place.shown_at <= known.now, f"{place.extent}, since {place.shown_at:%Y-%m-%d %H:%M:%S} UTC")


def _ask_reader(known: Known, feed: FeedName, reader: Reader) -> Iterator[Gate]:
    access, name = known.config.channels[feed[0]].access, reader.id or reader.role
    may = visibility.may_read_channel(reader, feed[0], known.config)
    yield Gate("access", may, f'access = "{access}": {name} {"may" if may else "may not"} read the channel')
    place = known.places.get(feed)
    if place is not None:
        refused = visibility.why_refused(known.article, place, reader, known.config)
        yield Gate("rights", not refused, refused or f"nothing keeps it from {name}")


def describe(found: Whereabouts) -> WhereaboutsShown:
    """As the API shows it."""
    return {
        "outlet": found.article.outlet,
        "item": found.article.item,
        "version": found.article.head.number,
        "digest": get_digest(found.config),
        "routes": [describe_judgement(one) for one in found.explanation.judgements],
        "places": [_describe_stand(stand) for stand in found.stands],
    }


def _describe_stand(stand: Stand) -> StandShown:
    return {
        "channel": stand.feed[0],
        "language": stand.feed[1],
        "stands": stand.stands,
        "reason": stand.reason,
        "gates": [{"gate": gate.name, "passes": gate.passes, "reason": gate.reason} for gate in stand.gates],
        "destination": describe_destination(stand.destination) if stand.destination else None,
    }


def render(found: Whereabouts) -> Iterator[str]:
    """Lines of text."""
    for stand in found.stands:
        yield f"{stand.feed[0]}/{stand.feed[1]}: {'stands there' if stand.stands else 'is not there'} ({stand.reason})"
        yield from (f"  {'✓' if gate.passes else '✗'} {gate.name}: {gate.reason}" for gate in stand.gates)
    yield ""
    for judgement in found.explanation.judgements:
        yield from render_judgement(judgement)
