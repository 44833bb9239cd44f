"""The whole HTTP surface, one list: method, path, handler, and what the caller needs."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiohttp import web

from server.access import Needs, guard
from server.handlers import articles, channels, health, pushes
from server.pages import views


class Route(NamedTuple):
    method: str
    path: str
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    needs: Needs = "nothing"


ROUTES: tuple[Route, ...] = (
    # Outlets push
    Route("POST", "/v1/articles", pushes.post_article, "outlet"),
    Route("PUT", "/v1/articles/{outlet}/{item}", pushes.put_article, "outlet"),
    Route("DELETE", "/v1/articles/{outlet}/{item}", pushes.delete_article, "outlet"),
    Route("GET", "/v1/articles/{outlet}/{item}", articles.get_article),
    Route("GET", "/v1/articles/{outlet}/{item}/history", articles.get_history, "outlet"),
    Route("PUT", "/v1/articles/{outlet}/{item}/versions/{language}", pushes.put_version, "outlet"),
    # Newsrooms subscribe
    Route("GET", "/feeds.opml", channels.get_opml),
    Route("GET", "/feeds/{channel}/{language}.{format}", channels.get_feed),
    Route("GET", "/v1/channels", channels.list_channels),
    # People look
    Route("GET", "/", views.get_home),
    Route("GET", "/channels/{channel}/{language}", views.get_channel),
    Route("GET", "/articles/{outlet}/{item}/{language}", views.get_article),
    Route("GET", "/problems", views.get_problems),
    Route("GET", "/problems/{name}", views.get_problems),
    Route("GET", "/static/karvan.css", views.get_stylesheet),
    Route("GET", "/sample/{name}.jpg", views.get_sample_picture),
    # Operators watch
    Route("GET", "/livez", health.get_livez),
    Route("GET", "/readyz", health.get_readyz),
)


def add_routes(app: web.Application) -> None:
    for route in ROUTES:
        app.router.add_route(route.method, route.path, guard(route.handler, route.needs))
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, guard(route.handler, route.needs))
