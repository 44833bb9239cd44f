"""The tables of deliveries: who gets what is published, what became of it, and who has it."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from server.store.schema import Id, UtcTime, metadata

IS_GONE, IS_DUE = text("state <> 'usable'"), text("notice_at IS NOT NULL")  # of receipts
IS_LEFT = text("retried_at IS NULL")  # of dead letters

# Who gets pushes: WebSub callbacks (`topic` is the feed's own address, `query` its filters) and destinations of the
# config (`topic` is the name, `address` empty: it stands in the config). Everything after change `since` up to `cursor`
# was delivered; before `retry_at` nothing is tried; `heard_at` is the time of the last 2xx, heartbeats included;
# `ended_at` is None while it lives.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False, default=0),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("lease_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("error", Text, nullable=False, default=""),
    Column("attempted_at", UtcTime),
    Column("heard_at", UtcTime),
    Column("retry_at", UtcTime),
    Column("ended_at", UtcTime, index=True),
    UniqueConstraint("kind", "topic", "address"),
    Index("subscriptions_feed", "channel", "language", "state"),
    Index("subscriptions_owner", "role", "owner"),
)

# What was asked of the hub and not yet verified: the newest request for a topic and a callback. `token` is another one
# for every request; `resumes`: one that has ended goes on where it was.
requests = Table(
    "requests",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("lease_seconds", Integer, nullable=False),
    Column("role", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("resumes", Boolean, nullable=False, default=False),
    UniqueConstraint("topic", "callback"),
)

# The delivery log: every attempt; `status` is that of HTTP, None where there was no answer.
attempts = Table(
    "attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    Column("status", Integer),
    Column("change", BigInteger, nullable=False),
    Column("items", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Index("attempts_subscription", "subscription_id", "id"),
)

# What was given up: texts that a destination refused for good (the rest went on without them), and, without an article,
# subscriptions that ended before everything up to the newest change had arrived: `change` is their cursor then.
# `status`: of the last answer; `retried_at`: when it was asked to be tried again, None when it is not.
dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False),
    Column("article_id", ForeignKey("articles.id")),
    Column("language", Text, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("error", Text, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("status", Integer),
    Column("retried_at", UtcTime),
    UniqueConstraint("subscription_id", "article_id", "language"),
    Index("dead_letters_left", "id", sqlite_where=IS_LEFT, postgresql_where=IS_LEFT),
    sqlite_autoincrement=True,  # an id is never used again
)

# Who has which text as of which change, and how we know: pushed, fetched by key, or said by the recipient. `recipient`
# is "subscription:ID" or "ROLE:OWNER". A withdrawal that is not acknowledged is told again at `notice_at`.
receipts = Table(
    "receipts",
    metadata,
    Column("recipient", Text, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("change", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("notices", Integer, nullable=False, default=0),
    Column("notice_at", UtcTime),
    Index("receipts_article", "article_id"),
    Index("receipts_notice", "recipient", "notice_at", sqlite_where=IS_DUE, postgresql_where=IS_DUE),
    Index("receipts_gone", "at", sqlite_where=IS_GONE, postgresql_where=IS_GONE),
)

# Which feed the owner of a key has fetched, as of which change: what stood there by then was received.
fetches = Table(
    "fetches",
    metadata,
    Column("recipient", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("query", Text, primary_key=True),
    Column("change", BigInteger, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Index("fetches_feed", "channel", "language"),
)

# Who could read a text in a place and may not any more, since which change; `seen` is the place's own change before.
# `reader` is "ROLE:ID", or "anyone".
losses = Table(
    "losses",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("change", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Index("losses_reader", "reader", "change"),
    Index("losses_feed", "reader", "channel", "language", "change"),
    Index("losses_article", "article_id"),
)

# Who could read what under a configuration: the part of it that says so (JSON), by its digest.
readerships = Table(
    "readerships", metadata, Column("digest", Text, primary_key=True), Column("document", Text, nullable=False)
)
