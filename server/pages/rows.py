"""What pages are made from beside `feeds.model.Entry`: plain rows that a handler fills."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from feeds.model import Link, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """The address of one feed. `title` tells it from others ("World (az)"), `format` is what a reader calls it."""

    title: str
    href: str
    language: str
    format: Literal["Atom", "RSS", "JSON"] = "Atom"
    media_type: str = "application/atom+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """One line of a list of articles. `headline` and `description` are plain text in `language`."""

    headline: str
    href: str
    language: str
    outlet: str
    published: datetime
    origin: Origin
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """A channel on the home page: its pages and feeds in every language it has, its newest articles in one.

    `title` is in `language`, the newest articles are each in their own.
    """

    name: str
    title: str
    language: str
    pages: Sequence[Link] = ()
    feeds: Sequence[FeedLink] = ()
    articles: Sequence[ArticleRow] = ()
    is_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """One kind of problem+json (RFC 9457): `name` as in its `type`, texts in English as in its `title`."""

    name: str
    title: str
    status: int
    explanation: str
