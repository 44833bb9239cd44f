"""The tables. Times are integers: microseconds since 1970, UTC, so that they sort and compare alike everywhere."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class UtcTime(TypeDecorator[datetime]):
    """Aware UTC time ↔ microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only by an INTEGER key

metadata = MetaData()

meta = Table("meta", metadata, Column("name", Text, primary_key=True), Column("value", Text, nullable=False))

# Named numbers that only grow: "change" orders everything that readers can notice.
counters = Table(
    "counters", metadata, Column("name", Text, primary_key=True), Column("value", BigInteger, nullable=False)
)

keys = Table(
    "keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
)

# `head_id` is the version that is served: the highest by order_key, whatever the order of arrival.
articles = Table(
    "articles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("outlet", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("head_id", BigInteger),
    Column("canceled_at", UtcTime),
    Column("cancel_reason", Text, nullable=False, default=""),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    UniqueConstraint("outlet", "item"),
    Index("articles_uri", "outlet", "uri"),
)

# `document` is the parsed article, `raw` what the outlet sent, byte for byte. `text_hash`: of what is translated of it.
versions = Table(
    "versions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("order_key", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),  # sorts by bytes
    Column("content_hash", Text, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    UniqueConstraint("article_id", "order_key"),
)

# Parallel versions: at most one per language beside the source. `state` is pending, ready, held or failed; the text
# (`document`) stands for a version whose text is `source_hash`: if the head's differs, it is stale. `basis` says from
# which text and on which way a machine made it; `tried_hash`: the text for which it was given up.
parallels = Table(
    "parallels",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("origin", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("version_id", BigInteger),
    Column("source_hash", Text),
    Column("basis", Text, nullable=False, default=""),
    Column("tried_hash", Text),
    Column("from_language", Text),
    Column("engine", Text, nullable=False, default=""),
    Column("package_sha256", Text, nullable=False, default=""),
    Column("quality", Text, nullable=False, default=""),
    Column("score", Float),
    Column("findings", Text, nullable=False, default="[]"),
    Column("document", LargeBinary),
    Column("changed_at", UtcTime, nullable=False),
)

# What people wrote as parallel versions, all of it, in the order of arrival.
contributions = Table(
    "contributions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False, index=True),
    Column("language", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("received_at", UtcTime, nullable=False),
)

# Items that an outlet pushed as the translation of another: they live in that article's set.
aliases = Table(
    "aliases",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False),
    Column("language", Text, nullable=False),
)

# Where an article stands: one row per channel and language. `shown_at` is the time from which readers see this state
# (never before an embargo ends), `expires_at` that from which a usable one is gone. `mark` is what else the entry says.
placements = Table(
    "placements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("article_id", ForeignKey("articles.id"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    Column("shown_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    UniqueConstraint("channel", "language", "article_id"),
    Index("placements_newest", "channel", "language", "shown_at"),
    Index("placements_changed", "channel", "language", "change"),
)

# The topics of an article's head version, ancestors included, for filters.
topics = Table(
    "topics",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Index("topics_code", "code"),
)

# State is the queue: a job is written in the transaction of the fact that causes it. `revision` grows when a fact
# comes in while the job waits or runs: only a run that saw the last revision ends the job, under its own claim.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("revision", Integer, nullable=False, default=1),
    Column("attempts", Integer, nullable=False, default=0),
    Column("run_at", UtcTime, nullable=False),
    Column("lease_until", UtcTime),
    Column("claimed_by", Text),
    Column("claim", Text),
    Column("error", Text, nullable=False, default=""),
    Column("given_up_at", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("kind", "subject"),
    Index("jobs_due", "kind", "run_at"),
    sqlite_autoincrement=True,  # an id is never used again
)

answers = Table(
    "answers",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("location", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

# Last-Modified of each feed, so that it grows strictly even within one second and across restarts.
stamps = Table(
    "stamps",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("modified_at", UtcTime, nullable=False),
)
