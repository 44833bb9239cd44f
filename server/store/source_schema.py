"""The tables of sources: feeds that are read, and what they brought."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from server.store.schema import Id, UtcTime, metadata

# The sources of the config. `settings` is a hash of what they were when last read; `state` is live or gone; until
# `not_before` they are left alone; `counts` of all polls and of the last one, `faults` those of the last one (JSON).
sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("settings", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("polled_at", UtcTime),
    Column("succeeded_at", UtcTime),
    Column("next_at", UtcTime),
    Column("not_before", UtcTime),
    Column("failures", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("faults", Text, nullable=False),
)

# Their feeds: validators of what was last taken in, and where it moved for good. `bookmark` (JSON, NULL: never read) is
# what stood there, `catch_up` (JSON, NULL: there was none) how the last walk through its older pages ended; `hub` and
# `topic`: WebSub.
source_feeds = Table(
    "source_feeds",
    metadata,
    Column("source", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("modified", Text, nullable=False),
    Column("moved_to", Text, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("bookmark", Text),
    Column("catch_up", Text),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
)

# The older pages of their feeds that were taken in: validators, and which page is before.
source_pages = Table(
    "source_pages",
    metadata,
    Column("source", Text, primary_key=True),
    Column("feed", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("modified", Text, nullable=False),
    Column("older", Text, nullable=False),
)

# What was asked of hubs (WebSub) for feeds of sources: state asked, live, denied or leaving. `pending` is what the hub
# may ask back about: subscribe, unsubscribe, or nothing. `token` makes `callback` an address that nobody can guess.
source_pushes = Table(
    "source_pushes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("feed", Text, nullable=False),
    Column("hub", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("secret", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("pending", Text, nullable=False),
    Column("lease_until", UtcTime),
    Column("heard_at", UtcTime),
    Column("failures", Integer, nullable=False),
    Column("error", Text, nullable=False),
    UniqueConstraint("source", "feed", "hub", "topic", "callback"),
)

# What they brought: entry → article and language, as it was when it was last taken in; `first_at`: when it first was.
# `number` is the article's version there, NULL where it is no Karvan; `ordered_at` is the place that it got among the
# versions here.
source_entries = Table(
    "source_entries",
    metadata,
    Column("source", Text, primary_key=True),
    Column("entry", Text, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False),
    Column("language", Text, nullable=False),
    Column("number", BigInteger),
    Column("updated", UtcTime),
    Column("ordered_at", UtcTime, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("digest", Text, nullable=False),
    Index("source_entries_article", "article_id"),
)
