"""Which version is newer, and whether a caller has seen it: order keys, ETags, preconditions. Pure.

Versions are ordered by the outlet's `version`, else its `versionCreated`, else, where it gives neither, by arrival.
"""

import hashlib
import re
from collections.abc import Iterator

from feeds.model import Article
from server import problems
from server.store.articles import ArticleRow, Version


def make_order_key(article: Article, arrival: int) -> str:
    """Where a version stands among those of its article; sorts as text. `arrival` counts where the outlet is silent."""
    # Line feeds sort before all that a version may hold, so that 1 comes before 1.1; longer numbers after shorter ones.
    if article.version:
        return re.sub(r"\d+", _make_sortable, article.version) + "\n"
    if article.version_created:
        return f"\n{article.version_created.isoformat(timespec='microseconds')}\n"
    return f"\n\n{arrival:012d}"


def _make_sortable(digits: re.Match[str]) -> str:
    number = str(int(digits[0]))
    return f"{len(number):04d}{number}"


def list_missing_order(article: Article, head: Article) -> Iterator[str]:
    """What a push would have to say, since an earlier one said it, to find its place among them."""
    if head.version and not article.version:
        yield "version"
    if head.version_created and not article.version and not article.version_created:
        yield "versionCreated"


def make_etag(version: Version) -> str:
    """The strong ETag of an article: that of the version that is served."""
    digest = hashlib.sha256(f"{version.order_key} {version.content_hash}".encode()).hexdigest()
    return f'"{digest[:32]}"'


def make_set_etag(head: Version, digest: str) -> str:
    """The same for the answer that shows the whole set: its second half changes with what is shown."""
    return f'{make_etag(head)[:-1]}-{digest[:16]}"'


def check_preconditions(if_match: str | None, if_none_match: str | None, row: ArticleRow | None) -> None:
    """Raise PreconditionFailed unless the article is what its sender takes it for (RFC 9110 §13.1)."""
    etag = None if row is None else make_etag(row.head)
    if if_match is not None and not _matches(if_match, etag):
        there = f"its ETag is {etag}" if etag else "there is no such article"
        raise problems.PreconditionFailed(f"If-Match wants {if_match[:200]}; {there}")
    if if_none_match is not None and _matches(if_none_match, etag):
        raise problems.PreconditionFailed(f"If-None-Match is {if_none_match[:200]} and the article is there")


def _matches(header: str, etag: str | None) -> bool:
    if header.strip() == "*":
        return etag is not None
    return etag is not None and etag in (re.sub('-[0-9a-f]{16}"$', '"', tag.strip()) for tag in header.split(","))
