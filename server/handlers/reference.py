"""The API described for machines; people read the same at /docs."""

from aiohttp import web

from server.api.operations import operation
from server.keys import OPENAPI
from server.responses import make_json


@operation(answers={200: dict[str, object]})
async def get_openapi(request: web.Request) -> web.Response:
    """GET /openapi.json: this API in OpenAPI 3.1, made from the models that check its requests."""
    return make_json(request.app[OPENAPI](), headers={"Cache-Control": "public, max-age=300"})
