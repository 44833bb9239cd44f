"""Full text in all languages (CONTRACT §4): to each reader what they may see."""

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from feeds.fields import format_time
from feeds.model import Origin
from server import problems, publishing, visibility
from server.api.operations import operation
from server.api.shapes.search import Hits, HitShown
from server.config import Config
from server.filters import read_filters
from server.handlers.channels import SHARED_MAX_AGE
from server.keys import CLOCK, CONFIG, DATABASE, READER, SEARCHES, SITE
from server.publishing import check_channel
from server.requests import Digits, Query, Text, read_query
from server.responses import make_json
from server.searching.finding import Hit, find_page
from server.searching.wishes import dump_cursor, make_wish
from server.site import Site
from server.visibility import ANYONE, Reader

USUAL_HITS, MOST_HITS = 20, 100


class SearchQuery(Query):
    q: Text = Field(description='Words; `"a phrase"`; `-without`; `begin*`; `one OR other`.', examples=["Bakı"])
    language: str = Field("", description="Only texts in this language, or in these (`az,tr`).", examples=["az"])
    channel: str = Field("", description="Only what stands in this channel, or in these (`world,economy`).")
    outlet: str = Field("", description="Only what this outlet wrote.")
    country: str = Field("", description="Only what outlets of this country wrote.", examples=["AZ"])
    subject: str = Field("", description="Only this Media Topic and all below it, or this keyword.")
    origin: Origin | None = Field(None, description="Only texts that came to be so.")
    since: str = Field("", description="Published on this day of UTC or later, or since this time.")
    until: str = Field("", description="Published on this day of UTC or earlier, or before this time.")
    order: Literal["relevance", "newest"] = Field("relevance", description="The closest first, or the newest.")
    limit: Annotated[int, Digits] = Field(USUAL_HITS, ge=1, le=MOST_HITS, description="So many hits at most.")
    after: str = Field("", description="The `next` of the answer before.")


@operation(
    query=SearchQuery,
    answers={200: Hits},
    problems=(problems.ChannelNotFound, problems.KeyRequired, problems.NotAllowed, problems.Unavailable),
)
async def get_search(request: web.Request) -> web.StreamResponse:
    """GET /v1/search: what has these words, in any of the languages, of all that this reader may see."""
    query = read_query(request, SearchQuery)
    config, reader, site = request[CONFIG], request[READER], request[SITE]
    others = tuple(SearchQuery.model_fields)
    wish = make_wish(
        query.q,
        reader,
        config,
        limit=query.limit,
        channels=_read_channels(query.channel, reader, config),
        languages=_split(query.language),
        filters=read_filters(request.query, config, also=others),
        since=query.since,
        until=query.until,
        is_newest=query.order == "newest",
        after=query.after,
    )
    now = request.app[CLOCK]()
    async with request.app[SEARCHES], request.app[DATABASE].read() as conn:
        page = await find_page(conn, site, reader, wish, now)
    body: Hits = {
        "hits": [_describe(hit, site, reader, now) for hit in page.hits],
        "next": dump_cursor(page.next) if page.next else None,
    }
    headers = {"Vary": "Authorization", "Cache-Control": make_cache_control(reader, page.until, now)}
    return make_json(body, headers=headers)


def make_cache_control(reader: Reader, until: datetime | None, now: datetime) -> str:
    """What everybody finds may be kept for seconds, never beyond the end of a hit."""
    if reader != ANYONE:
        return "private, no-store"
    left = SHARED_MAX_AGE if until is None else min(SHARED_MAX_AGE, max(0, int((until - now).total_seconds())))
    return f"public, max-age={left}"


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")] if value else []


def _read_channels(value: str, reader: Reader, config: Config) -> list[str]:
    """Raises what a feed of the channel would."""
    names = _split(value)
    for name in names:
        is_known = name in config.channels
        languages = publishing.list_channel_languages(name, config) if is_known else config.languages.configured
        check_channel(name, languages[0], reader, config)
    return names


def _describe(hit: Hit, site: Site, reader: Reader, now: datetime) -> HitShown:
    entry, article, place = hit.entry, hit.found.article, hit.found.best
    language, provenance = place.language, entry.provenance
    return {
        "outlet": article.outlet,
        "item": article.item,
        "uri": article.uri,
        "language": language,
        "headline": entry.article.headline,
        "snippet": [{"text": piece.text, "match": piece.is_match} for piece in hit.snippet],
        "origin": provenance.origin,
        "freshness": provenance.freshness,
        "source_language": provenance.source_language,
        "engine": provenance.engine or None,
        "published": format_time(entry.published),
        "updated": format_time(entry.updated),
        "href": f"{site.article(article.outlet, article.item)}?language={language}",
        "page": entry.page,
        "feeds": [
            site.feed(one.channel, language)
            for one in hit.places
            if one.language == language and visibility.is_visible(article, [one], reader, site.config, now)
        ],
        "extent": place.extent,
        "languages": [
            {
                "language": one.language,
                "origin": one.origin,  # type: ignore[typeddict-item]
                "page": site.page(article.outlet, article.item, one.language),
            }
            for one in hit.found.places
        ],
    }
