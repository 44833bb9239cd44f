"""The audit log for admins: who has changed what, as NDJSON, oldest first (CONTRACT §4)."""

from datetime import UTC, datetime
from typing import Annotated

import orjson
from aiohttp import web
from pydantic import BeforeValidator, Field

from server import audit
from server.api.operations import Content, operation
from server.api.shapes.credentials import AuditLine
from server.keys import DATABASE
from server.requests import Digits, Position, Query, read_query
from server.store.audit import Asked, list_entries, list_newest

MOST_SHOWN, USUAL_SHOWN = 10_000, 1_000
NDJSON = "application/x-ndjson"


def _read_time(given: object) -> object:
    """RFC 3339, with its offset; or a date, from its beginning in UTC."""
    if not isinstance(given, str):
        return given
    moment = datetime.fromisoformat(given.replace(" ", "+"))
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("beyond all calendars") from error


Time = Annotated[
    datetime,
    BeforeValidator(_read_time),
    Field(json_schema_extra={"x-expected": "a date or a time such as 2026-11-26T12:00:00Z"}),
]


class AuditQuery(Query):
    since: Time | None = Field(None, description="From then on.")
    until: Time | None = Field(None, description="Before then.")
    who: str = Field("", description="An owner of keys, or a key.")
    what: str = Field("", description="`article.push`; `article` is all that begins with it.")
    outlet: str = Field("", description="What is about this outlet.")
    after: Position = Field(0, description="Entries with a higher id.")
    limit: Annotated[int, Digits] = Field(USUAL_SHOWN, ge=1, le=MOST_SHOWN, description="So many at most.")


@operation(query=AuditQuery, answers={200: Content({NDJSON: AuditLine})})
async def get_audit(request: web.Request) -> web.Response:
    """GET /v1/audit: who has changed what, a JSON object a line, oldest first.

    `Link: rel="next"` while there is more.
    """
    query = read_query(request, AuditQuery)
    async with request.app[DATABASE].read() as conn:
        found = await list_entries(conn, _make_asked(query), query.after, query.limit)
    headers = {"Cache-Control": "private, no-store", "Vary": "Authorization", "Content-Type": NDJSON}
    if len(found) == query.limit:
        following = request.rel_url.update_query(after=str(found[-1][0]))
        headers["Link"] = f'<{following}>; rel="next"'
    return web.Response(body=b"".join(orjson.dumps(audit.describe(*one)) + b"\n" for one in found), headers=headers)


async def load_newest(request: web.Request, query: AuditQuery, before: int | None) -> list[AuditLine]:
    """The same, but the newest first: those with a lower id than `before`, None: from the last on."""
    async with request.app[DATABASE].read() as conn:
        found = await list_newest(conn, _make_asked(query), before, query.limit)
    return [audit.describe(*one) for one in found]


def _make_asked(query: AuditQuery) -> Asked:
    return Asked(since=query.since, until=query.until, who=query.who, what=query.what, outlet=query.outlet)
