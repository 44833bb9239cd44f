"""Ready bytes and how they are sent. One line a module, from above.

fastpath     hot feeds, answered from ready bytes before aiohttp parses anything
hotfeeds     what stands at the addresses of hot feeds, ready to be sent
negotiation  which encoding of a document, or that the reader has it (pure)
feedcache    rendered feeds while nothing in them changes
entrycache   entries of feeds while nothing of them changes
encodings    a document as gzip, br, zstd: made anew in a moment when one entry has changed (pure)
"""
