"""Which version is newer, and whether a caller has seen it: order keys, ETags, preconditions. Pure.

Versions are ordered by the outlet's `version`, else its `versionCreated`, else, where it gives neither, by arrival.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime

from feeds.model import Article
from server import problems
from server.store.articles import ArticleRow, Version
from server.store.documents import make_content_hash
from server.store.parallels import Parallel


def make_order_key(article: Article, arrival: int) -> str:
    """Where a version stands among those of its article; sorts as text. `arrival` counts where the outlet is silent."""
    # Line feeds sort before all that a version may hold, so that 1 comes before 1.1; longer numbers after shorter ones.
    if article.version:
        return re.sub(r"\d+", _make_sortable, article.version) + "\n"
    if article.version_created:
        return make_time_key(article.version_created)
    return f"\n\n{arrival:012d}"


def make_time_key(moment: datetime) -> str:
    """The same for one that is ordered by time."""
    return f"\n{moment.isoformat(timespec='microseconds')}\n"


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


def make_version_etag(parallel: Parallel | None, head: Version) -> str | None:
    """The strong ETag of a parallel version; None while it has no text.

    It changes with its text, with who wrote it, and with the text that it is to be a translation of: who has not seen
    that one cannot say that theirs is.
    """
    if parallel is None or parallel.article is None:
        return None
    facts = (parallel.language, parallel.origin, parallel.source_hash, head.text_hash)
    digest = hashlib.sha256(f"{make_content_hash(parallel.article)} {facts}".encode()).hexdigest()
    return f'"{digest[:32]}"'


def make_shown_etag(etag: str, digest: str) -> str:
    """The same for an answer that shows more than it guards: its second half changes with what is shown."""
    return f'{etag[:-1]}-{digest[:16]}"'


def check_preconditions(if_match: str | None, if_none_match: str | None, row: ArticleRow | None) -> None:
    """Raise PreconditionFailed unless the article is what its sender takes it for (RFC 9110 §13.1)."""
    check_etag(if_match, if_none_match, None if row is None else make_etag(row.head), "article")


def check_version_preconditions(
    if_match: str | None, if_none_match: str | None, parallel: Parallel | None, head: Version
) -> None:
    """The same for a parallel version; the article's own ETag says nothing of it."""
    etag = make_version_etag(parallel, head)
    check_etag(if_match, if_none_match, etag, "version in this language")


def check_etag(if_match: str | None, if_none_match: str | None, etag: str | None, what: str) -> None:
    """The same for anything that has an ETag; `what` is what it is called, without one it is not there."""
    if if_match is not None and not _matches(if_match, etag):
        there = f"its ETag is {etag}" if etag else f"there is no such {what}"
        raise problems.PreconditionFailed(f"If-Match wants {if_match[:200]}; {there}")
    if if_none_match is not None and _matches(if_none_match, etag):
        raise problems.PreconditionFailed(f"If-None-Match is {if_none_match[:200]} and the {what} is there")


def _matches(header: str, etag: str | None) -> bool:
    if header.strip() == "*":
        return etag is not None
    return etag is not None and etag in (re.sub('-[0-9a-f]{16}"$', '"', tag.strip()) for tag in header.split(","))
