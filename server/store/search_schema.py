"""The full-text index: SQLite's FTS5. A row is one language of an article as it stands somewhere, as words.

`search_texts` says of which text a row is, `search_index` finds rows by their words. That keeps no text (content=''):
what is taken out of it has to be told once more, so `search_words` has it, apart: every row that is found is looked at.
"""

from sqlalchemy import Boolean, Column, Connection, ForeignKey, LargeBinary, Table, Text, UniqueConstraint, text

from server.store.schema import Id, meta, metadata

FIELDS = ("headline", "description", "body", "more")
STATE = "search"  # in meta: how far the index is built
VERSION = "1"  # of what is written into the index: one of another version is built anew

search_texts = Table(
    "search_texts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("article_id", ForeignKey("articles.id"), nullable=False),
    Column("language", Text, nullable=False),
    Column("is_excerpt", Boolean, nullable=False),  # headline and description, as they stand alone in some places
    Column("text_hash", Text, nullable=False),
    UniqueConstraint("article_id", "language", "is_excerpt"),
)

search_words = Table(
    "search_words",
    metadata,
    Column("id", ForeignKey("search_texts.id"), primary_key=True),
    Column("words", LargeBinary, nullable=False),  # of the four fields, one a line, compressed
)


def create_index(conn: Connection) -> None:
    """An empty index in place of the one that is there, if any."""
    for table in (search_texts, search_words):
        table.create(conn, checkfirst=True)
    for table in (search_words, search_texts):
        conn.execute(table.delete())
    conn.execute(text("DROP TABLE IF EXISTS search_index"))
    # Words come ready, divided by spaces: `ascii` lets all other letters stand as they are.
    conn.execute(
        text(
            "CREATE VIRTUAL TABLE search_index USING fts5("
            "headline, description, body, more, content='', columnsize=0, tokenize='ascii')"
        )
    )


def has_fts5(conn: Connection) -> bool:
    """Whether this database can have one."""
    if conn.dialect.name != "sqlite":
        return False
    return bool(conn.execute(text("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")).first())


def open_empty(conn: Connection) -> None:
    """In a new database there is nothing to build."""
    if has_fts5(conn):
        create_index(conn)
        conn.execute(meta.insert().values(name=STATE, value=VERSION))
