"""Groups of routes → the OpenAPI 3.1 document. Pure."""

from collections.abc import Sequence
from typing import Any

from server.api.calls import describe_call, get_path
from server.api.components import Components
from server.api.operations import Group

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "For feed readers: the key as password, any user name.",
    },
}

Json = dict[str, Any]


def make_openapi(groups: Sequence[Group], name: str, version: str) -> Json:
    """The whole document. The server stands where the document was read."""
    components = Components(groups)
    paths: dict[str, Json] = {}
    for group in groups:
        for route in group.routes:
            described = describe_call(route, group.title, components)
            paths.setdefault(get_path(route), {})[route.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": version,
            "summary": "A multilingual content-exchange syndication server for news",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "."}],
        "tags": [{"name": group.title} for group in groups],
        "paths": paths,
        "components": {"schemas": components.schemas, "responses": components.problems, "securitySchemes": SECURITY},
    }
