"""What a source says → articles and parallel versions here, as if they had been pushed. A set is one transaction.

take_gone  what was withdrawn there is withdrawn here, if this source brought it
take_set   an article and its parallel versions: new, changed, or nothing
           ─Cut: it is here from elsewhere, or it came from here: so that no text goes round in circles
"""

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.source_items import FeedItem, GoneItem
from server import intake
from server.polling.adoption import Taking, make_push, pick_order, remember, take_parallel
from server.polling.harvest import Set, make_digest, make_item, make_text, pick_outlet
from server.store import articles, contributions
from server.store import sources as rows
from server.store.articles import ArticleRow
from server.store.documents import make_content_hash
from server.store.sources import EntryRow


class Cut(Exception):
    """The article is here from elsewhere, or came from here."""


class Waiting(Exception):
    """The text in the article's own language has not come yet."""


def is_news(one: Set, taking: Taking) -> bool:
    """Whether anything of the set is not as it was when it was last taken in."""
    return any(_is_news(item, taking) for item in one.items)


def _is_news(item: FeedItem, taking: Taking) -> bool:
    known = taking.known.get(item.id)
    return known is None or (known.digest != make_digest(item) and not _is_late(item, known))


def _is_late(item: FeedItem, known: EntryRow) -> bool:
    """Whether the feed is older than one that was read before."""
    return bool(item.updated and known.updated and item.updated < known.updated)


async def check_set(conn: AsyncConnection, one: Set, taking: Taking) -> None:
    """Raise Cut or Waiting where `take_set` would."""
    if await _find_mine(conn, one, taking) is None and one.source is None:
        raise Waiting


async def take_set(conn: AsyncConnection, one: Set, taking: Taking) -> str:
    """Take in what is new of a set: "new", "changed" or "same". Raises Cut, Waiting, and what ingest raises."""
    row, outcome = await _take_source(conn, one, taking)
    if row.canceled_at is not None:
        return outcome
    for item in one.parallels:
        if item.article.language != row.head.article.language and not item.partial and not _is_old(item, taking):
            changed = await take_parallel(conn, row, item, taking)
            outcome = "changed" if changed and outcome == "same" else outcome
    return outcome


def _is_old(item: FeedItem, taking: Taking) -> bool:
    known = taking.known.get(item.id)
    return known is not None and _is_late(item, known)


async def _take_source(conn: AsyncConnection, one: Set, taking: Taking) -> tuple[ArticleRow, str]:
    """The article as it is here now, and what became of it."""
    row = await _find_mine(conn, one, taking)
    item = one.source
    if item is None:
        if row is None:
            raise Waiting
        return row, "same"
    known = taking.known.get(item.id)
    if row is not None and known and (known.digest == make_digest(item) or _is_late(item, known)):
        return row, "same"
    article = make_text(item)
    ordered_at = await pick_order(conn, row, item.updated, taking.now)
    if row is not None and row.canceled_at is not None:
        await remember(conn, row, item, ordered_at, taking)
        return row, "same"
    outcome = "same" if row else "new"
    if row is None or row.head.content_hash != make_content_hash(article):
        outlet, name = (row.outlet, row.item) if row else await _name(conn, item, taking)
        receipt = await intake.take_push(
            conn, make_push(outlet, name, article, ordered_at, taking), taking.site, taking.now
        )
        outcome = "changed" if row and receipt.body["changed"] else outcome
        row = await articles.find_article(conn, outlet, name)
        assert row is not None
    await remember(conn, row, item, ordered_at, taking)
    return row, outcome


async def _find_mine(conn: AsyncConnection, one: Set, taking: Taking) -> ArticleRow | None:
    """The article that this source brought before. Raises Cut when it is here from elsewhere, or came from here."""
    ids = {known.article_id for item in one.items if (known := taking.known.get(item.id))}
    found = list((await articles.list_articles(conn, ids)).values())
    uri = next((item.article.uri for item in one.items if item.article.uri), None)
    if not found and uri:
        found = list(await articles.find_articles_anywhere(conn, uri))
        bringers = await rows.list_bringers(conn, [row.id for row in found])
        others = (bringers - {taking.name}) & taking.config.sources.keys()
        if found and (others or not bringers):
            raise Cut(f"{uri} is here already")
        if not found and uri.startswith(f"tag:{taking.config.server.tag}:"):
            raise Cut(f"{uri} came from here")
    return found[0] if found else None


async def _name(conn: AsyncConnection, item: FeedItem, taking: Taking) -> tuple[str, str]:
    """Outlet and item id of a new article. Raises Cut when even the second choice is taken."""
    outlet = pick_outlet(item, taking.source)
    for alone in (True, False):
        name = make_item(item, taking.source, alone=alone)
        if not await articles.find_article(conn, outlet, name) and not await contributions.find_alias(
            conn, outlet, name
        ):
            return outlet, name
    raise Cut(f"{outlet} has an item {name!r} already")


async def take_gone(conn: AsyncConnection, gone: GoneItem, known: EntryRow, taking: Taking) -> bool:
    """Whether an article was withdrawn: for good, or until it comes again.

    A tombstone alone says of a Karvan's article only that it left that feed; why, of the text in its own language, that
    it is to be held back.
    """
    row = (await articles.list_articles(conn, [known.article_id]))[known.article_id]
    is_old = gone.when is not None and known.updated is not None and gone.when < known.updated
    is_meant = gone.status is not None or known.number is None
    is_held_back = bool(gone.why) and known.language == row.head.article.language
    if row.canceled_at is not None or not (is_meant or is_held_back):
        return False
    if gone.status == "canceled":
        await intake.take_kill(conn, row, f"withdrawn by {taking.name}", taking.site, taking.now)
        return True
    if is_old or row.head.article.pub_status != "usable":
        return False
    ordered_at = await pick_order(conn, row, gone.when, taking.now)
    article = replace(row.head.article, pub_status="withheld")
    await intake.take_push(conn, make_push(row.outlet, row.item, article, ordered_at, taking), taking.site, taking.now)
    await rows.reopen_entries(conn, row.id, ordered_at)
    return True
