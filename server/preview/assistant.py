"""A second process that compares beside the first one, for as long as one preview takes.

  Task, Batch, Batch, … None ─stdin─→ assistant ─stdout─→ an answer to each, the last is the Tally

Every message is pickled; the answers have their length before them. The assistant reads the articles itself.
"""

import asyncio
import gc
import os
import pickle
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.config import Config
from server.preview import compare
from server.preview.batches import Batch, load_batch
from server.preview.comparison import Glossaries, make_comparison
from server.preview.tallies import Tally
from server.store.engine import connect_database

ROOT = Path(__file__).parents[2]
CODE = "import sys; sys.path.insert(0, sys.argv[1]); from server.preview.assistant import run; run()"
SECONDS = 20.0  # that one answer may take
LENGTH = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Task:
    """What is compared, over the articles of a database."""

    old: Config
    new: Config
    glossaries: Glossaries
    database: str  # its URL


class AssistantLost(Exception):
    """The process ended or hung before it had answered"""


class Assistant:
    """Asked one thing at a time. It loads what it needs from its start on, before it is told what to compare."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> "Assistant":
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CODE, str(ROOT)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return cls(process)

    async def prepare(self, task: Task) -> None:
        """Raises AssistantLost, as all do."""
        await self._ask(task)

    async def compare(self, batch: Batch) -> None:
        await self._ask(batch)

    async def finish(self) -> Tally:
        """What it found in all batches, of which each was given after those behind it."""
        tally = await self._ask(None)
        assert isinstance(tally, Tally)
        return tally

    async def _ask(self, message: object) -> Any:
        sink, source = self._process.stdin, self._process.stdout
        assert sink is not None
        assert source is not None
        try:
            async with asyncio.timeout(SECONDS):
                sink.write(await asyncio.to_thread(pickle.dumps, message))
                await sink.drain()
                (length,) = LENGTH.unpack(await source.readexactly(LENGTH.size))
                answer = await source.readexactly(length)
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError) as error:
            raise AssistantLost from error
        return await asyncio.to_thread(pickle.loads, answer)

    async def stop(self) -> None:
        """Whatever it is doing."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


def run() -> None:
    """What the process does."""
    gc.disable()  # it does not live long
    try:
        asyncio.run(_serve())
    except (EOFError, BrokenPipeError):  # nobody waits for it any more
        os._exit(1)


async def _serve() -> None:
    task = _hear()
    assert isinstance(task, Task)
    comparison = make_comparison(task.old, task.new, task.glossaries)
    database = connect_database(task.database)
    _answer(None)
    tallies = []
    async with database.read() as conn:
        while isinstance(batch := _hear(), Batch):
            tallies.append(compare(await load_batch(conn, batch), comparison))
            _answer(None)
    await database.close()
    whole = Tally()
    for tally in reversed(tallies):
        whole.add(tally)
    _answer(whole)


def _hear() -> object:
    return pickle.load(sys.stdin.buffer)  # noqa: S301 (from the process that started this one)


def _answer(message: object) -> None:
    data = pickle.dumps(message)
    sys.stdout.buffer.write(LENGTH.pack(len(data)) + data)
    sys.stdout.buffer.flush()
