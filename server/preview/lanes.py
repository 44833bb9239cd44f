"""Two lanes: this process begins with the first articles, an assistant with the last, until all are compared."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy.ext.asyncio import AsyncConnection

from server.preview import compare
from server.preview.assistant import Assistant, AssistantLost, Task
from server.preview.batches import Batch, load_batch
from server.preview.comparison import Comparison
from server.preview.tallies import Tally
from translators.cores import count_cores

HELPED_FROM = 16  # batches: for fewer, a process takes longer to start than it saves


@asynccontextmanager
async def lend_assistant(batches: int) -> AsyncIterator[Assistant | None]:
    """One where there is a processor for it, and enough to do."""
    assistant = None
    if batches >= HELPED_FROM and count_cores() > 1:
        with suppress(OSError):  # it is done alone then
            assistant = await Assistant.start()
    try:
        yield assistant
    finally:
        if assistant is not None:
            await assistant.stop()


async def compare_all(
    conn: AsyncConnection, task: Task, comparison: Comparison, batches: deque[Batch], assistant: Assistant | None
) -> Tally:
    """What becomes of the articles of all batches, which are used up."""
    if assistant is None:
        return await _compare(conn, comparison, batches)
    first, last = await asyncio.gather(_compare(conn, comparison, batches), _have_compared(task, batches, assistant))
    first.add(await _compare(conn, comparison, batches))  # what a lost assistant left
    first.add(last)
    return first


async def _compare(conn: AsyncConnection, comparison: Comparison, batches: deque[Batch]) -> Tally:
    tally = Tally()
    while batches:
        samples = await load_batch(conn, batches.popleft())
        tally.add(await asyncio.to_thread(compare, samples, comparison))
    return tally


async def _have_compared(task: Task, batches: deque[Batch], assistant: Assistant) -> Tally:
    given: list[Batch] = []
    try:
        await assistant.prepare(task)
        while batches:
            given.append(batches.pop())
            await assistant.compare(given[-1])
        return await assistant.finish()
    except AssistantLost:
        batches.extend(reversed(given))
        return Tally()
