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
    text,
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

IS_GONE = text("state <> 'usable'")
ENDS = text("expires_at IS NOT NULL")
BY_PEOPLE, BY_MACHINE = text("making = ''"), text("making <> ''")  # of the memory's entries

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
    Column("scopes", Text, nullable=False, default=""),  # what it opens of what its role may; "": all of it
    Column("label", Text, nullable=False, default=""),
    Column("used_at", UtcTime),  # within a minute
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
    Index("articles_uri", "uri", "outlet"),
)

# Kills of articles that are not here: a backup was restored that was made before them. Pushed again, they stay killed.
kills = Table(
    "kills",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("canceled_at", UtcTime, nullable=False),
    Column("cancel_reason", Text, nullable=False),
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
# which text and on which way a machine made it; `tried_hash`: the text for which it was given up. `verdict` is what an
# editor has said of this very text: "released", "rejected" or nothing.
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
    Column("glossary_version", Text, nullable=False, default=""),
    Column("quality", Text, nullable=False, default=""),
    Column("score", Float),
    Column("findings", Text, nullable=False, default="[]"),
    Column("verdict", Text, nullable=False, default=""),
    Column("verdict_by", Text, nullable=False, default=""),
    Column("verdict_at", UtcTime),
    Column("verdict_note", Text, nullable=False, default=""),
    Column("urgency", Integer, nullable=False, default=5),  # of the text that there is: the desk's order
    Column("document", LargeBinary),
    Column("changed_at", UtcTime, nullable=False),
    Index("parallels_desk", "state", "urgency", "changed_at"),
)

# Articles that a route holds as a whole. `language` is the article's own; a `verdict` is about the text `text_hash`.
holds = Table(
    "holds",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("language", Text, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("route", Text, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("verdict_by", Text, nullable=False),
    Column("verdict_at", UtcTime),
    Column("verdict_note", Text, nullable=False),
    Index("holds_desk", "verdict", "urgency", "since", "article_id"),
)

# What editors ask the outlet about a version of its article.
questions = Table(
    "questions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False, index=True),
    Column("language", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
)

# The texts of a parallel version beside those that they were made from, with their sentences (translators.fields).
pairs = Table(
    "pairs",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("from_language", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
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
# (never before an embargo ends), `expires_at` that from which a usable one is gone. `mark` is what else the entry says,
# of one that is gone how, or why; `extent` how much of the text stands there. `change` orders what readers can notice,
# over all places: NULL while nobody can see the row. `appeared` is the change with which it came (again); `position`
# its number in its feed, which it keeps for good.
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
    Column("extent", Text, nullable=False, default="full"),
    Column("rights", Text, nullable=False, default=""),  # what is limited (server/routing/rights.dump_rights)
    Column("labels", Text, nullable=False, default=""),  # of routes, one a line
    Column("change", BigInteger, unique=True),
    Column("appeared", BigInteger),
    Column("position", BigInteger),
    Column("published_at", UtcTime, nullable=False),
    Column("shown_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    UniqueConstraint("channel", "language", "article_id"),
    Index("placements_newest", "channel", "language", "shown_at"),
    Index("placements_changed", "channel", "language", "change"),
    Index("placements_archived", "channel", "language", "position", unique=True),
    Index("placements_ending", "channel", "language", "expires_at", sqlite_where=ENDS, postgresql_where=ENDS),
    Index("placements_gone", "channel", "language", "shown_at", sqlite_where=IS_GONE, postgresql_where=IS_GONE),
)

# The topics of an article's head version, ancestors included, for filters.
topics = Table(
    "topics",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Index("topics_code", "code"),
)

# Uploaded pictures. The files stand in the data folder, by the SHA-256 of what was uploaded; `shown_sha256` is the file
# that the `renditions` (JSON) were made from.
media = Table(
    "media",
    metadata,
    Column("outlet", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("sha256", Text, nullable=False, index=True),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("shown_sha256", Text, index=True),
    Column("renditions", Text, nullable=False, default="[]"),
)

# Which uploads of its outlet an article shows, in which language: through it the gate knows who may see a picture.
media_uses = Table(
    "media_uses",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Index("media_uses_name", "name"),
)

# State is the queue: a job is written in the transaction of the fact that causes it. `revision` grows when a fact
# comes in while the job waits or runs: only a run that saw the last revision ends the job, under its own claim.
# `turn` lets owners take turns: among equally urgent jobs each owner's next one comes before anybody's second.
jobs = Table(
    "jobs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("batch", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("owner", Text, nullable=False, default=""),
    Column("turn", BigInteger, nullable=False, default=0),
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
    Index("jobs_due", "kind", "given_up_at", "run_at"),
    Index("jobs_order", "kind", "priority", "turn", "run_at", "id"),
    Index("jobs_turns", "kind", "owner", "turn"),
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

# Last-Modified of each feed, so that it grows strictly even within one second and across restarts; `change`: the number
# of the feed's last change that it was served with.
stamps = Table(
    "stamps",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("etag", Text, nullable=False),
    Column("change", BigInteger, nullable=False),
    Column("modified_at", UtcTime, nullable=False),
)

# The translation memory: what became of sentences before. `text_hash` is of languages and text, `template_hash` of the
# text without its numbers. People's entries have the making "" and beam 0; a machine's say what made them, and
# `details` holds its links, untouched parts and findings.
memory = Table(
    "memory",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_hash", LargeBinary, nullable=False),
    Column("template_hash", LargeBinary, nullable=False),
    Column("length", Integer, nullable=False),
    Column("result", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
    Column("uses", Integer, nullable=False),
    Column("making", Text, nullable=False),
    Column("beam", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("details", Text, nullable=False),
    UniqueConstraint("text_hash", "making", "beam"),
    Index("memory_near", "source", "target", "length"),
    Index("memory_templates", "template_hash", sqlite_where=BY_PEOPLE, postgresql_where=BY_PEOPLE),
    Index("memory_used", "used_at", sqlite_where=BY_MACHINE, postgresql_where=BY_MACHINE),
)

# Glossaries of the operator: every version that was ever in force; `exchange` is "" for the one that is for all.
glossaries = Table(
    "glossaries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("exchange", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("terms", Text, nullable=False),
    Column("terms_hash", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("exchange", "number"),
)
