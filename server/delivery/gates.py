"""Nobody is hammered: how many requests a host gets at once and a second, and a rest for one that is in trouble."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from server.config import Delivery

TROUBLE = 5  # times in a row without an answer, then the address rests
REST = timedelta(seconds=30)
QUESTIONS = 10  # a second to one host
MOST_TROUBLES = 10_000  # addresses that are remembered


class Resting(Exception):
    """The host rests: nothing of it answered lately."""

    def __init__(self, until: datetime) -> None:
        super().__init__("its host does not answer; others on it have tried")
        self.until = until


@dataclass(slots=True)
class _Host:
    turns: asyncio.Semaphore
    users: int = 0
    next_start: float = 0.0  # of the event loop's clock


@dataclass(slots=True)
class _Trouble:
    failures: int = 0
    until: datetime | None = None


@dataclass(slots=True)
class Gates:
    """One for all that a process sends."""

    settings: Delivery
    clock: Callable[[], datetime]
    _all: asyncio.Semaphore = field(init=False)
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _troubles: dict[str, _Trouble] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._all = asyncio.Semaphore(self.settings.at_once)

    @asynccontextmanager
    async def passed(self, url: str, *, is_question: bool = False) -> AsyncIterator[None]:
        """Wait for a turn; within it a request may run. Raises Resting.

        `is_question`: anybody can have a host asked whether it agrees, so that has turns of its own, and few.
        """
        parts = urlsplit(url)
        name = f"{'?' if is_question else ''}{parts.hostname}"
        host = self._hosts.setdefault(name, _Host(asyncio.Semaphore(self.settings.per_host)))
        host.users += 1
        try:
            async with host.turns:
                self._check(parts.netloc)
                await self._pace(host, min(QUESTIONS, self.settings.per_second) if is_question else 0)
                async with self._all:
                    yield
        finally:
            host.users -= 1
            if host.users == 0 and host.next_start <= asyncio.get_running_loop().time():
                self._hosts.pop(name, None)

    def note(self, url: str, *, answered: bool) -> None:
        """Remember whether an address answers at all."""
        netloc = urlsplit(url).netloc
        if answered:
            self._troubles.pop(netloc, None)
            return
        if len(self._troubles) >= MOST_TROUBLES:
            self._troubles.pop(next(iter(self._troubles)))
        trouble = self._troubles.setdefault(netloc, _Trouble())
        trouble.failures += 1
        if trouble.failures >= TROUBLE:
            trouble.until = self.clock() + REST

    def _check(self, netloc: str) -> None:
        trouble = self._troubles.get(netloc)
        if trouble is not None and trouble.until is not None and self.clock() < trouble.until:
            raise Resting(trouble.until)

    async def _pace(self, host: _Host, per_second: int) -> None:
        now = asyncio.get_running_loop().time()
        start = max(now, host.next_start)
        host.next_start = start + 1 / (per_second or self.settings.per_second)
        if start > now:
            await asyncio.sleep(start - now)
