"""The whole HTTP surface, one list: method, path, handler, and what the caller needs."""

from functools import cache
from importlib.metadata import version

from aiohttp import web

from server.access import guard
from server.admin import audit as audit_page
from server.admin import deliveries as deliveries_page
from server.admin import explain as explain_page
from server.admin import glossary as glossary_page
from server.admin import history as history_page
from server.admin import keys as keys_page
from server.admin import overview as overview_page
from server.admin import proposals as proposals_page
from server.admin import queue as queue_page
from server.admin import routing as routing_page
from server.api.openapi import Json, make_openapi
from server.api.operations import Group, Route
from server.handlers import (
    articles,
    audit,
    batches,
    callbacks,
    channels,
    desk,
    events,
    exchanges,
    explain,
    glossary,
    health,
    hub,
    invitations,
    items,
    keys,
    letters,
    media,
    memory,
    metrics,
    pictures,
    previews,
    proposals,
    pushes,
    queue,
    receipts,
    reference,
    renewals,
    routing,
    search,
    sources,
    subscriptions,
)
from server.keys import OPENAPI, Description
from server.pages import search as search_page
from server.pages import views, visitors

GROUPS: tuple[Group, ...] = (
    Group(
        "Outlets push",
        (
            Route("POST", "/v1/articles", pushes.post_article, "outlet"),
            Route("POST", "/v1/articles:batch", batches.post_batch, "outlet"),
            Route("PUT", "/v1/articles/{outlet}/{item}", pushes.put_article, "outlet"),
            Route("DELETE", "/v1/articles/{outlet}/{item}", pushes.delete_article, "outlet"),
            Route("GET", "/v1/articles/{outlet}/{item}", articles.get_article),
            Route("GET", "/v1/articles/{outlet}/{item}/history", articles.get_history, "manager"),
            Route("GET", "/v1/articles/{outlet}/{item}/receipts", receipts.get_receipts, "outlet"),
            Route("PUT", "/v1/articles/{outlet}/{item}/versions/{language}", pushes.put_version, "manager"),
            Route("GET", "/v1/media/{outlet}", media.list_media, "outlet"),
            Route("PUT", "/v1/media/{outlet}/{name}", media.put_media, "outlet"),
            Route("GET", "/v1/media/{outlet}/{name}", media.get_media, "outlet"),
            Route("DELETE", "/v1/media/{outlet}/{name}", media.delete_media, "outlet"),
        ),
    ),
    Group(
        "Newsrooms subscribe",
        (
            Route("GET", "/feeds.opml", channels.get_opml),
            Route("GET", "/feeds/{channel}/{language}.{format}", channels.get_feed),
            Route("GET", "/v1/channels", channels.list_channels),
            Route("GET", "/v1/channels/{channel}/{language}/items", items.get_items),
            Route("GET", "/v1/events", events.get_events),
            Route("GET", "/v1/search", search.get_search),
            Route("POST", "/hub", hub.post_hub),
            Route("POST", "/v1/receipts", receipts.post_receipts),
            Route("GET", "/v1/subscriptions", subscriptions.list_subscriptions),
            Route("GET", "/v1/subscriptions/{id}", subscriptions.get_subscription),
            Route("GET", "/v1/dead-letters", letters.list_letters),
            Route("POST", "/v1/dead-letters/{id:[0-9]{1,15}}/retry", letters.post_retry),
        ),
    ),
    Group(
        "Editors look at what is held",
        (
            Route("GET", "/v1/desk", desk.list_desk, "manager"),
            Route("GET", "/v1/desk/{outlet}/{item}/{language}", desk.get_held, "manager"),
            Route("POST", "/v1/desk/{outlet}/{item}/{language}", desk.post_verdict, "editor"),
            Route("GET", "/v1/exchanges/{exchange}/balance", exchanges.get_balance),
        ),
    ),
    Group(
        "Keys",
        (
            Route("GET", "/v1/keys", keys.list_keys),
            Route("POST", "/v1/keys", keys.post_key, "admin"),
            Route("GET", "/v1/keys/invitations", invitations.list_invitations, "admin"),
            Route("POST", "/v1/keys/invitations", keys.post_invitation, "admin"),
            Route("DELETE", "/v1/keys/invitations/{id}", invitations.delete_invitation, "admin"),
            Route("POST", "/v1/keys/accept", keys.post_acceptance),
            Route("POST", "/v1/keys/{id:[0-9a-f]+}/rotation", keys.post_rotation),
            Route("DELETE", "/v1/keys/{id:[0-9a-f]+}", keys.delete_key, "admin"),
        ),
    ),
    Group(
        "Admins look after sources and words",
        (
            Route("GET", "/v1/audit", audit.get_audit, "admin"),
            Route("GET", "/v1/queue", queue.get_queue, "admin"),
            Route("POST", "/v1/queue/retry", queue.post_retries, "admin"),
            Route("POST", "/v1/queue/{id:[0-9]{1,15}}/retry", queue.post_retry, "admin"),
            Route("GET", "/v1/sources", sources.list_sources, "admin"),
            Route("POST", "/v1/sources/{name}/poll", sources.post_poll, "admin"),
            Route("GET", "/v1/sources/{name}/callback/{token}", callbacks.get_callback),
            Route("POST", "/v1/sources/{name}/callback/{token}", callbacks.post_callback),
            Route("GET", "/v1/memory", memory.get_memory, "admin"),
            Route("POST", "/v1/memory", memory.post_memory, "admin"),
            Route("DELETE", "/v1/memory/{id}", memory.delete_entry, "admin"),
            Route("GET", "/v1/memory.tmx", memory.get_tmx, "admin"),
            Route("GET", "/v1/glossary", glossary.get_glossary, "admin"),
            Route("PUT", "/v1/glossary", glossary.put_glossary, "admin"),
            Route("POST", "/v1/glossary/retranslate", renewals.post_renewal, "admin"),
            Route("GET", "/v1/glossary/{exchange}", glossary.get_glossary, "admin"),
            Route("PUT", "/v1/glossary/{exchange}", glossary.put_glossary, "admin"),
            Route("GET", "/v1/routing", routing.get_routing, "admin"),
            Route("PUT", "/v1/routing", routing.put_routing, "admin"),
            Route("POST", "/v1/routing/preview", previews.post_preview, "admin"),
            Route("GET", "/v1/routing/proposals", proposals.list_proposals, "admin"),
            Route("GET", "/v1/routing/proposals/{number}", proposals.get_proposal, "admin"),
            Route("POST", "/v1/routing/proposals/{number}/approve", proposals.post_approval, "admin"),
            Route("POST", "/v1/routing/proposals/{number}/reject", proposals.post_rejection, "admin"),
            Route("GET", "/v1/routing/history", routing.list_history, "admin"),
            Route("GET", "/v1/routing/history/{number}", routing.get_version, "admin"),
            Route("POST", "/v1/routing/history/{number}/restore", routing.post_restore, "admin"),
            Route("GET", "/v1/explain/{outlet}/{item}", explain.get_explanation, "admin"),
        ),
    ),
    Group(
        "People look",
        (
            Route("GET", "/", views.get_home),
            Route("GET", "/search", search_page.get_page),
            Route("GET", "/channels/{channel}/{language}", views.get_channel),
            Route("GET", "/outlets/{outlet}", views.get_outlet),
            Route("GET", "/sign-in", visitors.get_sign_in),
            Route("GET", "/articles/{outlet}/{item}/{language}", views.get_article),
            Route("GET", "/docs", views.get_docs),
            Route("GET", "/openapi.json", reference.get_openapi),
            Route("GET", "/problems", views.get_problems),
            Route("GET", "/problems/{name}", views.get_problems),
            Route("GET", "/static/karvan.css", views.get_stylesheet),
            Route("GET", "/media/{sha256}/{rendition}.jpg", pictures.get_picture),
        ),
    ),
    Group(
        "Admins look",
        (
            # server/admin: a block a page, in the order of the menu
            Route("GET", "/admin", overview_page.get_page, "admin"),
            Route("GET", "/admin/routing", routing_page.get_page, "admin"),
            Route("POST", "/admin/routing", routing_page.post_page, "admin"),
            Route("GET", "/admin/routing/history", history_page.get_history, "admin"),
            Route("GET", "/admin/routing/history/{number}", history_page.get_version_page, "admin"),
            Route("POST", "/admin/routing/history/{number}", history_page.post_version_page, "admin"),
            Route("GET", "/admin/routing/proposals", proposals_page.get_list, "admin"),
            Route("GET", "/admin/routing/proposals/{number}", proposals_page.get_one, "admin"),
            Route("POST", "/admin/routing/proposals/{number}", proposals_page.post_one, "admin"),
            Route("GET", "/admin/explain", explain_page.get_page, "admin"),
            Route("GET", "/admin/queue", queue_page.get_page, "admin"),
            Route("POST", "/admin/queue", queue_page.post_page, "admin"),
            Route("GET", "/admin/deliveries", deliveries_page.get_page, "admin"),
            Route("POST", "/admin/deliveries", deliveries_page.post_page, "admin"),
            Route("GET", "/admin/deliveries/{id:[0-9]+}", deliveries_page.get_subscription, "admin"),
            Route("GET", "/admin/keys", keys_page.get_page, "admin"),
            Route("POST", "/admin/keys", keys_page.post_key, "admin"),
            Route("POST", "/admin/keys/invitations", keys_page.post_invitation, "admin"),
            Route("POST", "/admin/keys/invitations/{id}", keys_page.post_withdrawal, "admin"),
            Route("GET", "/admin/keys/{id:[0-9a-f]+}", keys_page.get_key, "admin"),
            Route("POST", "/admin/keys/{id:[0-9a-f]+}/revoke", keys_page.post_revocation, "admin"),
            Route("POST", "/admin/keys/{id:[0-9a-f]+}/rotate", keys_page.post_rotation, "admin"),
            Route("GET", "/admin/glossary", glossary_page.get_page, "admin"),
            Route("POST", "/admin/glossary", glossary_page.post_page, "admin"),
            Route("GET", "/admin/glossary/{exchange}", glossary_page.get_page, "admin"),
            Route("POST", "/admin/glossary/{exchange}", glossary_page.post_page, "admin"),
            Route("GET", "/admin/audit", audit_page.get_page, "admin"),
        ),
    ),
    Group(
        "Operators watch",
        (
            Route("GET", "/livez", health.get_livez),
            Route("GET", "/readyz", health.get_readyz),
            Route("GET", "/metrics", metrics.get_metrics),
        ),
    ),
)
ROUTES: tuple[Route, ...] = tuple(route for group in GROUPS for route in group.routes)


def add_routes(app: web.Application) -> None:
    for route in ROUTES:
        app.router.add_route(route.method, route.path, guard(route.handler, route.needs))
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, guard(route.handler, route.needs))
    description: Description = describe_api
    app[OPENAPI] = description


@cache
def describe_api() -> Json:
    """All of it as OpenAPI, made when somebody asks first."""
    return make_openapi(GROUPS, "Karvan", version("karvan"))
