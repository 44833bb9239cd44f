"""A body of many lines (NDJSON), read to its end before anything is done with it; waiting, it takes no memory."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple

from aiohttp import web

from server import problems
from server.requests import stream_body

IN_MEMORY = 1_000_000  # bytes of a body that wait in memory; the rest waits on disk


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of a body: bytes and lines of it, bytes of a line, seconds that it may take to arrive."""

    most_bytes: int
    most_lines: int
    longest: int
    seconds: float


class Line(NamedTuple):
    """`raw`: without the line feed; None where it is longer than a line may be. `number` counts from 1."""

    number: int
    raw: bytes | None


class Lines:
    """What arrived so far. A line that is too long is not kept."""

    def __init__(self, file: IO[bytes], bounds: Bounds) -> None:
        self._file, self._bounds = file, bounds
        self._sizes: list[int] = []  # bytes of each line, also where it is too long
        self._is_open = False  # the last line has no end yet

    def __len__(self) -> int:
        return len(self._sizes)

    def add(self, piece: bytes) -> None:
        """The next bytes of the body. Raises TooLarge with the first byte of a line too many."""
        start, view = 0, memoryview(piece)
        while start < len(piece):
            end = piece.find(b"\n", start)
            self._add_to_line(view[start : end if end >= 0 else len(piece)])
            self._is_open = end < 0
            start = end + 1 if end >= 0 else len(piece)

    def group(self, most_lines: int, most_bytes: int) -> Iterator[Sequence[int]]:
        """Sizes of lines that follow one another: so many, and so many bytes, unless one line alone has more."""
        group: list[int] = []
        for size in self._sizes:
            kept = self._count_kept(size)
            if group and (len(group) == most_lines or sum(map(self._count_kept, group)) + kept > most_bytes):
                yield group
                group = []
            group.append(size)
        if group:
            yield group

    async def read(self, most_lines: int, most_bytes: int) -> AsyncIterator[Sequence[Line]]:
        """All lines in order, in groups of so many lines and bytes."""
        await asyncio.to_thread(self._file.seek, 0)
        number = 0
        for sizes in self.group(most_lines, most_bytes):
            raws = await asyncio.to_thread(self._read_raws, sizes)
            yield [Line(number + place, raw) for place, raw in enumerate(raws, 1)]
            number += len(sizes)

    def _read_raws(self, sizes: Sequence[int]) -> list[bytes | None]:
        read = [self._file.read(self._count_kept(size)) for size in sizes]
        return [raw if size <= self._bounds.longest else None for raw, size in zip(read, sizes, strict=True)]

    def _add_to_line(self, part: memoryview) -> None:
        if not self._is_open:
            if len(self._sizes) == self._bounds.most_lines:
                raise problems.TooLarge(f"at most {self._bounds.most_lines} lines are taken at once")
            self._sizes.append(0)
        before = self._sizes[-1]
        self._sizes[-1] += len(part)
        self._file.write(part[: max(0, self._bounds.longest - before)])

    def _count_kept(self, size: int) -> int:
        return min(size, self._bounds.longest)


@asynccontextmanager
async def receive_lines(request: web.Request, bounds: Bounds) -> AsyncIterator[Lines]:
    """The body, whole, for as long as it is needed. Raises what `stream_body` raises, TooLarge, Unavailable."""
    with SpooledTemporaryFile(IN_MEMORY) as file:
        lines = Lines(file, bounds)
        async for piece in stream_body(request, bounds.most_bytes, bounds.seconds):
            try:
                await asyncio.to_thread(lines.add, piece)
            except OSError as error:
                raise problems.Unavailable("the batch cannot be kept now", headers={"Retry-After": "30"}) from error
        yield lines
