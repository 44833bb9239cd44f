"""What outlets hand in, taken whole: stored, with all that follows from it, in the caller's transaction.

take_push      an article or its next version; where it says whose translation it is, that article's parallel version
take_version   a parallel version written by people
take_kill      a withdrawal
take_once      any of these under an Idempotency-Key: the second time the first answer again
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds import Fault
from server import audit, consequences, ingest, problems, versioning
from server.consequences import Ask
from server.ingest import Push, Stored
from server.quotas import spend
from server.site import Site
from server.store import articles, contributions, parallels
from server.store.answers import Answer, find_answer, save_answer
from server.store.articles import ArticleRow
from server.store.documents import make_content_hash
from server.store.parallels import Parallel
from server.translation.learning import learn

PeoplesOrigin = Literal["outlet", "edited"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is answered. `refused`: the push is in the history, but the article was withdrawn and takes no more."""

    status: int
    body: dict[str, Any]
    etag: str
    refused: bool = False


async def take_push(conn: AsyncConnection, push: Push, site: Site, now: datetime) -> Receipt:
    """Store an article or its next version. Raises what `ingest.store_push` raises."""
    if push.article.translation_of is not None:
        return await _take_linked(conn, push, site, now)
    stored = await ingest.store_push(conn, push, site.config, now)
    if stored.created or stored.changed or not stored.served or push.article.pub_status == "canceled":
        await consequences.settle(conn, stored.article_id, site.config, now)
    if stored.added:
        if push.article.pub_status != "canceled":
            await spend(conn, push.outlet, {"articles": 1, "bytes": len(push.raw)}, site.config, now)
        await _note_push(conn, push, stored, now)
    body = {
        "uri": stored.uri,
        "outlet": push.outlet,
        "item": push.item,
        "version": stored.number,
        "created": stored.created,
        "changed": stored.changed,
        "served": stored.served,
        "href": site.article(push.outlet, push.item),
    }
    return Receipt(201 if stored.created else 200, body, stored.etag, stored.refused)


async def _note_push(conn: AsyncConnection, push: Push, stored: Stored, now: datetime) -> None:
    is_kill = push.article.pub_status == "canceled"
    await audit.note(
        conn,
        "article.kill" if is_kill else "article.push",
        f"{push.outlet}/{push.item}",
        now,
        outlet=push.outlet,
        before={"version": stored.served_before} if stored.served_before else None,
        after={"version": stored.number, "sha256": make_content_hash(push.article), "status": push.article.pub_status},
        outcome="refused" if stored.refused else "done" if stored.served else "late",
        key_id=push.key_id,
    )


async def take_version(
    conn: AsyncConnection, row: ArticleRow, push: Push, origin: PeoplesOrigin, site: Site, now: datetime
) -> Receipt:
    """Store a parallel version written by people. Raises what `ingest.store_version` raises."""
    language = push.article.language
    versions = (await parallels.list_parallels(conn, [row.id])).get(row.id, {})
    if language != row.head.article.language:  # which is refused for what it is
        versioning.check_version_preconditions(push.if_match, push.if_none_match, versions.get(language), row.head)
    changed = await ingest.store_version(conn, row, push, origin, now)
    if changed:
        await spend(conn, row.outlet, {"bytes": len(push.raw)}, site.config, now)
        await learn(conn, row, push.article, origin, push.key_id, versions, site.config, now)
        await consequences.settle(conn, row.id, site.config, now, ask=Ask.ALL)
        old, sha256 = versions.get(language), make_content_hash(push.article)
        await audit.note(
            conn,
            "version.put",
            f"{row.outlet}/{row.item}/{language}",
            now,
            outlet=row.outlet,
            before={"origin": old.origin, "state": old.state} if old else None,
            after={"origin": origin, "sha256": sha256},
            key_id=push.key_id,
        )
    body = {
        "uri": row.uri,
        "outlet": row.outlet,
        "item": row.item,
        "version": row.head.number,
        "language": language,
        "origin": origin,
        "created": False,
        "changed": changed,
        "served": True,
        "href": site.article(row.outlet, row.item),
    }
    etag = versioning.make_version_etag(await _find_version(conn, row, language), row.head)
    assert etag is not None
    return Receipt(200, body, etag)


async def take_kill(conn: AsyncConnection, row: ArticleRow, reason: str, site: Site, now: datetime) -> Receipt:
    """Withdraw an article for good, in every language; the second time changes nothing."""
    if row.canceled_at is None:
        await articles.cancel_article(conn, row.id, reason, now)
        await consequences.settle(conn, row.id, site.config, now)
        subject, said = f"{row.outlet}/{row.item}", {"status": "canceled"}  # the reason stands with the article
        before = {"version": row.head.number, "status": row.head.article.pub_status}
        await audit.note(conn, "article.kill", subject, now, outlet=row.outlet, before=before, after=said)
    body = {
        "outlet": row.outlet,
        "item": row.item,
        "pub_status": "canceled",
        "changed": row.canceled_at is None,
        "canceled_at": row.canceled_at or now,
        "reason": row.cancel_reason if row.canceled_at else reason,
    }
    return Receipt(200, body, versioning.make_etag(row.head))


async def take_once(
    conn: AsyncConnection,
    owner: str,
    key: str,
    request_hash: str,
    since: datetime,
    now: datetime,
    push: Callable[[], Awaitable[Receipt]],
) -> Receipt | Answer:
    """What `push` gives, or what was answered under this key since `since`; refusals are not remembered."""
    if answered := await find_answer(conn, owner, key, since):
        return answered
    receipt = await push()
    if not receipt.refused:
        answer = Answer(request_hash, 201, str(receipt.body["href"]), orjson.dumps(receipt.body))
        await save_answer(conn, owner, key, answer, now)
    return receipt


async def find_mine(conn: AsyncConnection, outlet: str, item: str) -> ArticleRow:
    """The outlet's article. Raises ArticleNotFound, which says where an item lives that came as a translation."""
    row = await articles.find_article(conn, outlet, item)
    if row is not None:
        return row
    if alias := await contributions.find_alias(conn, outlet, item):
        raise problems.ArticleNotFound(
            f"{item!r} was pushed as the {alias.language} version of {alias.item!r} and lives there: "
            f"/v1/articles/{alias.outlet}/{alias.item}"
        )
    raise problems.ArticleNotFound(f"{outlet} has pushed no item {item!r}")


async def _find_version(conn: AsyncConnection, row: ArticleRow, language: str) -> Parallel | None:
    return (await parallels.list_parallels(conn, [row.id])).get(row.id, {}).get(language)


async def _take_linked(conn: AsyncConnection, push: Push, site: Site, now: datetime) -> Receipt:
    """A document that says whose translation it is joins that article's set."""
    row = await articles.find_article_by_uri(conn, push.outlet, push.article.translation_of or "")
    if row is None:
        detail = f"{push.outlet} has pushed no article with the uri {push.article.translation_of!r}"
        raise problems.InvalidDocument(detail, errors=[Fault("/associations", detail)])
    if push.item != row.item:
        if await articles.find_article(conn, push.outlet, push.item):
            detail = f"item {push.item!r} is an article of its own: it cannot join the set of {row.item!r}"
            raise problems.InvalidDocument(detail, errors=[Fault("/associations", detail)])
        if (kill := await articles.find_kill(conn, push.outlet, push.item)) is not None:
            raise ingest.make_refusal(f"{push.outlet}/{push.item}", kill[0])
        await contributions.save_alias(conn, push.outlet, push.item, row.id, push.article.language)
    return await take_version(conn, row, push, "outlet", site, now)
