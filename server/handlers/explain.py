"""Why an article is or is not where somebody expected it (CONTRACT §4)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from server import problems
from server.api.operations import operation
from server.api.shapes.routing import ConfigTold, Explanation
from server.config import Config
from server.configfile import ConfigError, rebuild_config
from server.configfile.live import Version, get_digest
from server.keys import CLOCK, DATABASE, VERSION
from server.publishing import list_channel_languages
from server.requests import Number, Query, Tag, read_query
from server.responses import make_json
from server.store import configs
from server.store.articles import ArticleRow, find_article
from server.store.configs import ConfigRow
from server.store.placements import FeedName
from server.visibility import Reader
from server.whereabouts import Whereabouts, describe, find_whereabouts
from translators.languages import is_tag, normalise

MOST_NUMBER = 2**31


class ExplainQuery(Query):
    channel: Annotated[str, Field(min_length=1)] | None = Field(None, description="Only about this one.")
    language: Tag | None = Field(None, description="Only about this one.")
    subscriber: Annotated[str, Field(min_length=1)] | None = Field(None, description="For a subscriber or outlet.")
    version: Number | None = Field(None, description="Of the configuration; else the one that it was decided under.")


@dataclass(frozen=True, slots=True)
class Picked:
    """What is explained under. `is_exact`: that it decides as it did then, with what the environment said."""

    config: Config
    number: int | None
    is_exact: bool


@operation(query=ExplainQuery, answers={200: Explanation}, problems=(problems.ArticleNotFound,))
async def get_explanation(request: web.Request) -> web.Response:
    """GET /v1/explain/{outlet}/{item}: why an article is or is not in each place, gate by gate."""
    query = read_query(request, ExplainQuery)
    outlet, item = request.match_info["outlet"], request.match_info["item"]
    return make_json(await explain_article(request, outlet, item, query), headers={"Cache-Control": "no-store"})


async def explain_article(request: web.Request, outlet: str, item: str, query: ExplainQuery) -> Explanation:
    """Why it is or is not in each place that is asked about. Raises ArticleNotFound, NotFound, InvalidParameter."""
    async with request.app[DATABASE].read() as conn:
        article = await find_article(conn, outlet, item)
        if article is None:
            raise problems.ArticleNotFound(f"{outlet[:80]!r} has no article {item[:80]!r}")
        picked = await pick_config(conn, article, request[VERSION], query.version)
        reader = make_reader(query.subscriber, picked.config)
        feeds = list_feeds(picked.config, query.channel, query.language)
        found = await find_whereabouts(conn, article, feeds, reader, picked.config, request.app[CLOCK]())
        said = await describe_config(conn, picked, found)
    return {**describe(found), **said}


async def pick_config(conn: AsyncConnection, article: ArticleRow, current: Version, number: int | None) -> Picked:
    """The version that is asked for, else the one that the article was decided under. Raises NotFound."""
    if number is not None:
        row = await configs.find_config(conn, number)
        if row is None:
            raise problems.NotFound(f"there is no version {number} of the configuration")
        return await _rebuild(row, current)
    decided, digest = await configs.find_decided(conn, article.id), get_digest(current.config)
    if decided is not None and decided.digest != digest:
        row = await configs.find_by_digest(conn, decided.digest)
        if row is not None:
            return await _rebuild(row, current)
    row = await configs.find_by_digest(conn, digest)
    return Picked(current.config, row.number if row else None, decided is not None and decided.digest == digest)


async def _rebuild(row: ConfigRow, current: Version) -> Picked:
    if row.digest == get_digest(current.config):
        return Picked(current.config, row.number, is_exact=True)
    try:
        config = await asyncio.to_thread(rebuild_config, row.text)
    except ConfigError as error:
        raise problems.NotFound(f"version {row.number} cannot be read any more: {error}") from error
    return Picked(config, row.number, get_digest(config) == row.digest)


def make_reader(name: str | None, config: Config) -> Reader | None:
    """The subscriber or outlet of this name; None for no name. Raises InvalidParameter."""
    if not name:
        return None
    if name in config.outlets:
        return Reader("outlet", name)
    if name in config.subscribers:
        return Reader("subscriber", name)
    raise problems.InvalidParameter(f"there is no subscriber and no outlet {name[:80]!r}")


def list_feeds(config: Config, channel: str | None, language: str | None) -> Sequence[FeedName]:
    """The feeds that are asked about: one, or all of a channel or a language. Raises InvalidParameter."""
    if channel and channel not in config.channels:
        raise problems.InvalidParameter(f"there is no channel {channel[:80]!r}")
    tag = normalise(language) if language and is_tag(language) else language
    if tag and tag not in config.languages.configured:
        known = ", ".join(config.languages.configured)
        raise problems.InvalidParameter(f"there is no language {tag[:40]!r} here; there are {known}")
    names = [channel] if channel else config.channels
    found = [(name, one) for name in names for one in list_channel_languages(name, config) if tag in (None, one)]
    if channel and not found:
        its = ", ".join(list_channel_languages(channel, config))
        raise problems.InvalidParameter(f"{channel!r} has no feed in {tag!r}; it has {its}")
    return found


async def describe_config(conn: AsyncConnection, picked: Picked, found: Whereabouts) -> ConfigTold:
    """Under which configuration it is explained, and when the article was last decided, under which."""
    decided = found.decided
    row = await configs.find_by_digest(conn, decided.digest) if decided else None
    return {
        "config": {"number": picked.number, "exact": picked.is_exact},
        "decided": None
        if decided is None
        else {"config": row.number if row else None, "version": decided.version, "at": decided.decided_at},
    }
