"""What exchanges owe each other, for their members, their editors and admins."""

from datetime import timedelta

from aiohttp import web

from server import problems
from server.keys import CLOCK, CONFIG, DATABASE, READER
from server.responses import make_json
from server.routing.balance import describe_balance, make_balance
from server.store.placements import count_given
from server.visibility import ANYONE


async def get_balance(request: web.Request) -> web.StreamResponse:
    """GET /v1/exchanges/{exchange}/balance: who gave and took how much in the days of its obligations."""
    config, reader, name = request[CONFIG], request[READER], request.match_info["exchange"]
    if reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    exchange = config.exchanges.get(name)
    is_member = exchange is not None and reader.role == "outlet" and reader.id in exchange.members
    is_member = is_member or (reader.role == "editor" and name in config.exchanges_edited_by(reader.id))
    if exchange is None or not (reader.role == "admin" or is_member):
        raise problems.NotFound(f"you are in no exchange {name[:64]!r}")
    channels = [channel for channel, one in config.channels.items() if one.exchange == name]
    since = request.app[CLOCK]() - timedelta(days=exchange.obligations.days)
    async with request.app[DATABASE].read() as conn:
        counts = await count_given(conn, channels, since)
    body = describe_balance(name, make_balance(name, counts, config), config)
    return make_json(body, headers={"Cache-Control": "no-store"})
