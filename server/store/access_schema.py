"""The tables of access: invitations, what was used of quotas, and the audit log, which the database keeps as it is.

`keys` stands in schema.
"""

from sqlalchemy import DDL, BigInteger, Column, Index, Table, Text, event

from server.store.schema import Id, UtcTime, metadata

# One row for each change of state, in the order in which they were committed. `who` is the owner of the key `key_id`;
# "karvan" is the server itself, "console" its operator. `before`, `after`: JSON, in short, never an article's words.
audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("outlet", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index("audit_at", "at"),
    Index("audit_outlet", "outlet", "id"),
    Index("audit_who", "who", "id"),
    sqlite_autoincrement=True,  # an id is never used again
)

for _change in ("UPDATE", "DELETE"):
    _trigger = DDL(  # type: ignore[no-untyped-call]
        f"CREATE TRIGGER audit_refuses_{_change.lower()} BEFORE {_change} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
    )
    event.listen(audit, "after_create", _trigger.execute_if(dialect="sqlite"))

# One-time tokens that are exchanged for a key; only their hashes are kept.
invitations = Table(
    "invitations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("days", BigInteger),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("accepted_at", UtcTime),
    Column("withdrawn_at", UtcTime),
    Column("key_id", Text),
)

# What was used of a day's quotas: `unit` is "articles", "bytes" or "words", `day` the date in UTC.
usage = Table(
    "usage",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("unit", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
)
