"""The audit log for admins: who has changed what, as NDJSON, oldest first (CONTRACT §4)."""

from datetime import UTC, datetime

import orjson
from aiohttp import web

from server import audit, problems
from server.handlers.items import HIGHEST, check_names, read_number
from server.keys import DATABASE
from server.store.audit import Asked, list_entries

MOST_SHOWN, USUAL_SHOWN = 10_000, 1_000
NDJSON = "application/x-ndjson"


async def get_audit(request: web.Request) -> web.Response:
    """GET /v1/audit: ?since= &until= &who= &what= &outlet= &after= &limit=; `Link: rel="next"` while there is more."""
    query = request.query
    check_names(query, ("since", "until", "who", "what", "outlet", "after", "limit"))
    after = read_number(query, "after", 0, 0, HIGHEST)
    limit = read_number(query, "limit", USUAL_SHOWN, 1, MOST_SHOWN)
    asked = Asked(
        since=_read_time(query.get("since"), "since"),
        until=_read_time(query.get("until"), "until"),
        who=query.get("who", ""),
        what=query.get("what", ""),
        outlet=query.get("outlet", ""),
    )
    async with request.app[DATABASE].read() as conn:
        found = await list_entries(conn, asked, after, limit)
    headers = {"Cache-Control": "private, no-store", "Vary": "Authorization", "Content-Type": NDJSON}
    if len(found) == limit:
        following = request.rel_url.update_query(after=str(found[-1][0]))
        headers["Link"] = f'<{following}>; rel="next"'
    return web.Response(body=b"".join(orjson.dumps(audit.describe(*one)) + b"\n" for one in found), headers=headers)


def _read_time(given: str | None, name: str) -> datetime | None:
    """RFC 3339, with its offset; or a date, from its beginning in UTC. Raises InvalidParameter."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given.replace(" ", "+"))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise problems.InvalidParameter(f"{name} is a date or a time such as 2026-11-26T12:00:00Z") from error
