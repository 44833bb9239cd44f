"""A document in the encodings that readers take, made anew in a moment when a piece of it has changed.

gzip      one member, spliced (RFC 1952): pieces are gathered in runs, cut where their content says so, so that a new
          piece moves no other cut; a run is deflated once, knowing the two pieces before it, and remembered
br, zstd  whole, at levels that cost little

The same pieces give the same bytes, whatever was made before: ETags count on it.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

import brotli
import zstandard

from feeds.model import Document

Encoding = Literal["identity", "gzip", "br", "zstd"]
RANKED: tuple[Encoding, ...] = ("zstd", "br", "gzip")  # the smallest result first

GZIP_LEVEL, BR_QUALITY, ZSTD_LEVEL = 4, 1, 3  # by measurement, see benchmarks/README.md
MOST_RUNS = 2_000
USUAL_RUN, MOST_PER_RUN = 6, 16  # pieces
LEAST_PIECE = 64  # bytes; what is shorter only separates
KNOWN = 4  # pieces before a run that it may repeat: two, and what separates them

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # deflate, no name, no time, no system
_LAST_BLOCK = b"\x03\x00"

Pieces = tuple[bytes, ...]


def compress(document: Document, encoding: Encoding) -> bytes:
    match encoding:
        case "identity":
            return document.body
        case "gzip":
            return splice_gzip(document.parts or (document.body,))
        case "br":
            return bytes(brotli.compress(document.body, quality=BR_QUALITY))
        case "zstd":
            return zstandard.compress(document.body, level=ZSTD_LEVEL)


def splice_gzip(pieces: Sequence[bytes]) -> bytes:
    checksum, size = 0, 0
    before: Pieces = ()
    spliced = [_GZIP_HEAD]
    for run in _list_runs(pieces):
        spliced.append(_deflate(run, before))
        for piece in run:
            checksum = zlib.crc32(piece, checksum)
            size += len(piece)
        before = run[-KNOWN:]
    return b"".join([*spliced, _LAST_BLOCK, struct.pack("<II", checksum, size % 2**32)])


def _list_runs(pieces: Sequence[bytes]) -> Iterator[Pieces]:
    run: list[bytes] = []
    long = 0
    for piece in pieces:
        run.append(piece)
        if len(piece) < LEAST_PIECE:
            continue
        long += 1
        if long >= 2 and (long == MOST_PER_RUN or zlib.crc32(piece) % USUAL_RUN == 0):
            yield tuple(run)
            run, long = [], 0
    if run:
        yield tuple(run)


@lru_cache(maxsize=MOST_RUNS)
def _deflate(run: Pieces, before: Pieces) -> bytes:
    """Whole bytes of raw deflate (RFC 1951) that may point back into what comes before."""
    known = b"".join(before)[-(2**zlib.MAX_WBITS) :]
    deflater = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=known)
    return b"".join([*map(deflater.compress, run), deflater.flush(zlib.Z_SYNC_FLUSH)])
