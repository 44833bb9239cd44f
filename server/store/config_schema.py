"""The tables of configurations: every version that was in force, and which of them an article was decided under."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from server.store.schema import Id, UtcTime, metadata

# `text` is the file without its secrets; `digest` that of all that decides where articles go, as it was in force, so
# with what the environment said. `author`: "file", or the id of a key; `diff`: what it changed of the one before.
configs = Table(
    "configs",
    metadata,
    Column("number", Id, primary_key=True),
    Column("text", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("diff", Text, nullable=False),
)

# What was last decided about an article, and when: under which configuration.
decided = Table(
    "decided",
    metadata,
    Column("article_id", ForeignKey("articles.id"), primary_key=True),
    Column("digest", Text, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("decided_at", UtcTime, nullable=False),
)

# Routings that wait for a second admin: `base` is the ETag of the routing part that each was to change, `verdict` ""
# until somebody has decided; `version` the one in `configs` under which it came into force.
proposals = Table(
    "proposals",
    metadata,
    Column("number", Id, primary_key=True),
    Column("part", Text, nullable=False),
    Column("base", Text, nullable=False),
    Column("diff", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", UtcTime),
    Column("note", Text, nullable=False),
    Column("version", Integer),
)
