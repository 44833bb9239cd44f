"""What every format is read into and written from: frozen values, no behaviour.

Article is one text in one language, as an outlet hands it in. Entry is an article as it stands in a feed, with
where it came from and its siblings in the other languages. Words are those of IPTC ninjs 3.x and Atom (RFC 4287).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

PubStatus = Literal["usable", "withheld", "canceled"]
Why = Literal["", "embargoed", "rights"]
Origin = Literal["source", "outlet", "edited", "machine"]
Freshness = Literal["fresh", "stale", "pending", "held", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A topic. `code` is an IPTC Media Topic ("medtop:20000170"); a free keyword has none."""

    name: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One file of a picture. `width` and `height` in pixels, `size` in bytes."""

    href: str
    name: str = "original"
    media_type: str | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An associated picture; caption and alternative text are plain text in the article's language."""

    name: str
    renditions: tuple[Rendition, ...]
    uri: str | None = None
    caption: str = ""
    alt: str = ""
    credit: str = ""
    copyright_notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AltId:
    """Another name of the article, for example the outlet's address for it (role "web")."""

    role: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article in one language. `headline`, `description` are plain text, `body` is clean HTML (`feeds.html`).

    `item` is the outlet's own id, `uri` the stable address of the whole translation set. `version` and
    `version_created` are the outlet's own and order its pushes. `rights_info` is a rights policy (RightsML as JSON, or
    its address). Times are aware UTC.
    """

    language: str
    headline: str
    body: str = ""
    description: str = ""
    item: str | None = None
    uri: str | None = None
    by: str = ""
    located: str = ""
    subjects: tuple[Subject, ...] = ()
    genres: tuple[str, ...] = ()
    urgency: int | None = None
    pub_status: PubStatus = "usable"
    version: str | None = None
    version_created: datetime | None = None
    first_created: datetime | None = None
    embargoed_until: datetime | None = None
    expires: datetime | None = None
    copyright_holder: str = ""
    copyright_notice: str = ""
    usage_terms: str = ""
    rights_info: str = ""
    ed_note: str = ""
    pictures: tuple[Picture, ...] = ()
    alt_ids: tuple[AltId, ...] = ()
    translation_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """The member an entry comes from."""

    id: str
    name: str
    uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A parallel version: its language and the address of its page (or, at feed level, of its feed)."""

    language: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckCount:
    """How often a check found something in a machine's text ("number", 2)."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How a text came to be: what a reader must know to tell machine text from people's (CONTRACT §4).

    `source_version` is the number of the article's version that the text was made from. `engine` names engine and
    package ("argos karvan-starter 0.1"), empty for people's texts; `quality` is the package's class; `via` is the
    language between, where the text was translated twice; `checks` is what was found in a text that is marked so;
    `reviewed`: a person has seen all of what a machine made, and let it out without changing a word.
    """

    origin: Origin
    source_language: str
    source_version: int
    freshness: Freshness
    engine: str = ""
    quality: str = ""
    via: str = ""
    checks: tuple[CheckCount, ...] = ()
    reviewed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article in a feed. `id` is stable per article and language; `withdrawn` leaves a stub without content.

    Of a `partial` one only headline and description are published; its body says where the full text is.
    """

    id: str
    article: Article
    page: str
    siblings: tuple[Link, ...]
    outlet: Outlet
    provenance: Provenance
    published: datetime
    updated: datetime
    withdrawn: bool = False
    partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """An entry that is gone (RFC 6721): its id and since when; `why`, where it may be read nowhere else either."""

    ref: str
    when: datetime
    why: Why = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One channel in one language. `href` is the feed's own address, `page` the channel's, entries newest first.

    `hubs`: where to ask for pushes of it (WebSub). `prev_archive`, `next_archive`: the addresses of the pages of older
    and newer articles (RFC 5005 §4). What has `current`, the feed's own address, is itself such a page.
    """

    id: str
    title: str
    language: str
    href: str
    page: str
    updated: datetime
    subtitle: str = ""
    rights: str = ""
    generator: str = "Karvan"
    siblings: tuple[Link, ...] = ()
    entries: tuple[Entry, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    hubs: tuple[str, ...] = ()
    prev_archive: str = ""
    next_archive: str = ""
    current: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Rendered bytes. `etag` is strong and quoted, made from the bytes alone.

    `parts`: the body in pieces, of which most are those of the rendering before; () where it is made in one.
    """

    body: bytes
    media_type: str
    etag: str
    parts: tuple[bytes, ...] = field(default=(), compare=False, repr=False)
