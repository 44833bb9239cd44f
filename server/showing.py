"""May this reader see this file of an uploaded picture? Through the texts that show it, as server/visibility says."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from server import visibility
from server.config import Config
from server.store import articles, media
from server.visibility import ANYONE, Reader

MOST_PLACES = 12  # where a picture stands that are looked at: those that are open come first


@dataclass(frozen=True, slots=True)
class View:
    """May a picture be seen? `public`: by everybody, `until` then (None: for good); `withdrawn`: it was, once."""

    visible: bool = False
    public: bool = False
    withdrawn: bool = False
    until: datetime | None = None


async def find_view(
    conn: AsyncConnection, sha256: str, rendition: str, reader: Reader, config: Config, now: datetime
) -> View:
    """How a reader sees a picture: through the texts that show it, as server/visibility lets them see those."""
    known = [one for one in await media.list_by_hash(conn, sha256) if one.shown_sha256 == sha256]
    made = [one for one in known if one.is_shown and rendition in {each.name for each in one.renditions}]
    if not known:
        return View()
    places = await media.list_places_with(conn, sha256, visibility.list_channels(reader, config), now, MOST_PLACES)
    rows = await articles.list_articles(conn, {place.article_id for place, _ in places})
    seen, public, withdrawn = False, [], False
    for place, state in places:
        article = rows[place.article_id]
        is_visible = visibility.is_picture_visible(article, [place], reader, config, now)
        if is_visible and state != "deleted":
            seen = True
            if visibility.is_picture_visible(article, [place], ANYONE, config, now):
                public.append(place.expires_at)
        withdrawn |= is_visible or visibility.is_withdrawal_known(article, [place], reader, config, now)
    mine = any(visibility.may_manage(reader, one.outlet) for one in made)
    if made and (seen or mine):
        until = None if None in public else max((end for end in public if end), default=None)
        return View(visible=True, public=bool(public), until=until)
    return View(withdrawn=withdrawn and not seen)
