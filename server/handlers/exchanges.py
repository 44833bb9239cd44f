"""What exchanges owe each other, for their members, their editors and admins."""

from aiohttp import web

from server import problems
from server.api.operations import operation
from server.api.shapes.newsrooms import BalanceShown
from server.keys import CLOCK, CONFIG, DATABASE, READER
from server.obligations import load_balance
from server.responses import make_json
from server.routing.balance import describe_balance
from server.visibility import ANYONE


@operation(answers={200: BalanceShown}, problems=(problems.KeyRequired,))
async def get_balance(request: web.Request) -> web.StreamResponse:
    """GET /v1/exchanges/{exchange}/balance: who gave and took how much, and who met its obligations."""
    config, reader, name = request[CONFIG], request[READER], request.match_info["exchange"]
    if reader == ANYONE:
        raise problems.KeyRequired("send your key: `Authorization: Bearer …`", headers=problems.CHALLENGE)
    exchange = config.exchanges.get(name)
    is_member = exchange is not None and reader.role == "outlet" and reader.id in exchange.members
    is_member = is_member or (reader.role == "editor" and name in config.exchanges_edited_by(reader.id))
    if exchange is None or not (reader.role == "admin" or is_member):
        raise problems.NotFound(f"you are in no exchange {name[:64]!r}")
    async with request.app[DATABASE].read() as conn:
        balance = await load_balance(conn, name, config, request.app[CLOCK]())
    body = describe_balance(name, balance, config)
    return make_json(body, headers={"Cache-Control": "no-store"})
