"""May this reader see this file of an uploaded picture? Through the texts that show it, as server/visibility says."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from server import visibility
from server.config import Config
from server.store import articles, media
from server.store.engine import Look
from server.store.media import State
from server.store.placements import Placement
from server.visibility import ANYONE, Reader

MOST_PLACES = 12  # where a picture stands that are looked at: those that are open come first
MOST_VIEWS = 1_000


@dataclass(frozen=True, slots=True)
class View:
    """May a picture be seen? `public`: by everybody, `until` then (None: for good); `withdrawn`: it was, once."""

    visible: bool = False
    public: bool = False
    withdrawn: bool = False
    until: datetime | None = None


Key = tuple[str, str, object]  # SHA-256, rendition, version of the configuration


class Views:
    """Of pictures that everybody could see a moment ago: as long as a feed in its cache counts, this does."""

    def __init__(self) -> None:
        self._views: OrderedDict[Key, tuple[View, Look]] = OrderedDict()

    def recall(self, key: Key, look: Look) -> View | None:
        view, seen = self._views.get(key, (None, look))
        if view is None or not seen.still_holds(look) or (view.until is not None and view.until <= look.at):
            return None
        self._views.move_to_end(key)
        return view

    def put(self, key: Key, view: View, look: Look) -> None:
        """`look` was taken before the view."""
        if view.public:
            self._views[key] = (view, look)
            self._views.move_to_end(key)
        while len(self._views) > MOST_VIEWS:
            self._views.popitem(last=False)


VIEWS = web.AppKey("VIEWS", Views)


async def find_view(
    conn: AsyncConnection, sha256: str, rendition: str, reader: Reader, config: Config, now: datetime
) -> View:
    """How a reader sees a picture: through the texts that show it, as server/visibility lets them see those."""
    known = [one for one in await media.list_by_hash(conn, sha256) if one.shown_sha256 == sha256]
    made = [one for one in known if one.is_shown and rendition in {each.name for each in one.renditions}]
    if not known:
        return View()
    places = await media.list_places_with(conn, sha256, visibility.list_channels(reader, config), now, MOST_PLACES)
    first = await _look_through(conn, places[:1], reader, config, now)
    # the first mostly decides: where everybody sees it for good, no other place says more
    all_ = first if _is_open_for_good(first) else first + await _look_through(conn, places[1:], reader, config, now)
    seen = any(one.visible for one in all_)
    mine = any(visibility.may_manage(reader, one.outlet) for one in made)
    if made and (seen or mine):
        ends = [one.until for one in all_ if one.public]
        until = None if None in ends else max((end for end in ends if end), default=None)
        return View(visible=True, public=bool(ends), until=until)
    return View(withdrawn=any(one.withdrawn for one in all_) and not seen)


def _is_open_for_good(views: Sequence[View]) -> bool:
    return any(one.public and one.until is None for one in views)


async def _look_through(
    conn: AsyncConnection, places: Sequence[tuple[Placement, State]], reader: Reader, config: Config, now: datetime
) -> list[View]:
    """How the reader sees a picture in each of these places."""
    if not places:
        return []
    rows = await articles.list_articles(conn, {place.article_id for place, _ in places})
    views = []
    for place, state in places:
        article = rows[place.article_id]
        is_visible = visibility.is_picture_visible(article, [place], reader, config, now)
        is_there = is_visible and state != "deleted"
        is_public = is_there and visibility.is_picture_visible(article, [place], ANYONE, config, now)
        was_there = is_visible or visibility.is_withdrawal_known(article, [place], reader, config, now)
        views.append(View(is_there, is_public, was_there, place.expires_at if is_public else None))
    return views
