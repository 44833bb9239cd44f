"""SQL and nothing else: functions that take a connection. A file an entity.

schema      the tables        migrations  their history, an ordered list
engine      opens the database: read() and write() transactions
articles    articles, versions, topics        parallels   the other languages
placements  where they stand  standings   what stands in a feed, in its orders
search      the full-text index: its rows  search_rows  what it finds, in order
jobs        the rows of the queue
contributions  what people hand in as parallel versions, and under which item
keys        hashes of keys    answers     idempotency, stamps of feeds, small values
memory      sentences translated before: entries (its rows)   glossaries  the operator's, every version
snapshot    the database as one file          restored    what a restored one must not repeat
documents   articles as bytes sql         what databases word differently
"""
