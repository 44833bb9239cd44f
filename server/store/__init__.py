"""SQL and nothing else: functions that take a connection. A file an entity.

schema      the tables        migrations  their history, an ordered list
engine      opens the database: read() and write() transactions
articles    articles, versions, topics        parallels   the other languages
placements  where they stand  standings   what stands in a feed, in its orders
jobs        the rows of the queue
contributions  what people hand in as parallel versions, and under which item
keys        hashes of keys    answers     idempotency, stamps of feeds, small values
memory      sentences translated before: entries (its rows)   glossaries  the operator's, every version
documents   articles as bytes sql         what databases word differently
"""
