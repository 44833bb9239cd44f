"""What outlets hand in, alone or many at once: request and document → Push → what became of it (CONTRACT §4)."""

import asyncio
import hashlib
import uuid
from dataclasses import dataclass
from functools import partial
from typing import Self

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

import feeds
from feeds.model import Article
from server import ingest, intake, media, problems
from server.ingest import Push
from server.intake import Receipt
from server.keys import CLOCK, CONFIG, DATABASE, KEY_ID, READER, SITE
from server.store.answers import Answer, find_answer

MOST_IDEMPOTENCY_KEY = 200


@dataclass(frozen=True, slots=True)
class Once:
    """An Idempotency-Key, and the hash of what came under it."""

    key: str
    request_hash: str

    @classmethod
    def make(cls, key: str, media_type: str, raw: bytes) -> Self:
        return cls(key, hashlib.sha256(media_type.encode(errors="replace") + b"\n" + raw).hexdigest())

    def check(self, answered: Answer | None) -> Answer | None:
        """Raise IdempotencyKeyReused where the answer was to something else."""
        if answered is not None and answered.request_hash != self.request_hash:
            raise problems.IdempotencyKeyReused(
                "the same key came with another body before; take a new key for a new article"
            )
        return answered


def get_own_outlet(request: web.Request) -> str:
    """The outlet whose key it is. Raises NotAllowed."""
    if request[READER].role != "outlet":
        raise problems.NotAllowed("only an outlet's key says whose article this is; use PUT with another")
    return request[READER].id


def get_idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= MOST_IDEMPOTENCY_KEY and key.isascii() and key.isprintable()):
        raise problems.InvalidHeader(f"Idempotency-Key takes 1 to {MOST_IDEMPOTENCY_KEY} ASCII characters")
    return key


async def find_first_answer(request: web.Request, outlet: str, once: Once) -> Answer | None:
    """What was answered under this key before. Raises IdempotencyKeyReused."""
    async with request.app[DATABASE].read() as conn:
        since = request.app[CLOCK]() - request[CONFIG].limits.idempotency
        return once.check(await find_answer(conn, outlet, once.key, since))


async def read_new(request: web.Request, raw: bytes, outlet: str, media_type: str = "") -> Push:
    """A document whose address says nothing: the item stands in it, or is made here. Raises what is wrong with it.

    `media_type`: where it is not the request's.
    """
    article = await read_article(request, raw, outlet, media_type)
    item = article.item or uuid.uuid4().hex
    if fault := ingest.find_item_fault(item):
        raise problems.InvalidDocument(fault, errors=[feeds.Fault("/altIds", fault)])
    return make_push(request, outlet, item, article, raw, media_type)


async def take_new(conn: AsyncConnection, request: web.Request, push: Push, once: Once | None) -> Receipt | Answer:
    """Store it; under an Idempotency-Key that came before, the first answer again. Raises what `take_push` raises."""
    now = request.app[CLOCK]()
    take = partial(intake.take_push, conn, push, request[SITE], now)
    if once is None:
        return await take()
    since = now - request[CONFIG].limits.idempotency
    receipt = await intake.take_once(conn, push.outlet, once.key, once.request_hash, since, now, take)
    if isinstance(receipt, Answer):
        once.check(receipt)
    return receipt


def check_receipt(receipt: Receipt, push: Push) -> None:
    """Raise ArticleCanceled, after the transaction: the history keeps what was tried."""
    if receipt.refused:
        raise ingest.make_refusal(f"{push.outlet}/{push.item}", None)


async def read_article(request: web.Request, raw: bytes, outlet: str | None, media_type: str = "") -> Article:
    """Parse and check off the event loop: a long text keeps nobody else waiting."""
    content_type, config = media_type or request.headers.get("Content-Type", ""), request[CONFIG]
    bases = {request[SITE].base, str(request.url.origin())}

    def read() -> Article:
        article = ingest.normalise_language(feeds.parse(raw, content_type))
        ingest.check_article(article, outlet, config)
        return media.bind(article, request.match_info.get("outlet", outlet), bases)

    return await asyncio.to_thread(read)


def make_push(request: web.Request, outlet: str, item: str, article: Article, raw: bytes, media_type: str = "") -> Push:
    return Push(
        outlet=outlet,
        item=item,
        article=article,
        raw=raw,
        media_type=media_type or request.content_type,
        key_id=request[KEY_ID],
        if_match=request.headers.get("If-Match"),
        if_none_match=request.headers.get("If-None-Match"),
    )
