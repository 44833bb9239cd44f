"""Hot feeds, answered from ready bytes before aiohttp parses anything: what costs most of a GET is the framework.

    bytes ─read_ask→ Ask ─HotFeeds.find→ Ready ─→ one system call
      │ anything unusual      │ not known, not fresh
      └───────────────────────┴──────────────────→ aiohttp, unchanged

Only whole, plain GET and HEAD of HTTP/1.1 without body and key are answered here.
"""

import asyncio
import os
import re
from contextlib import suppress
from functools import lru_cache

from aiohttp import web

from server.serving.hotfeeds import Ask, HotFeeds, Ready

MOST_ASKS = 2_000  # request heads that are remembered
MOST_BYTES = 4_096  # of a request head; longer ones are aiohttp's, with its limits

REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_HEAD = re.compile(rb"(GET|HEAD) (/[!-~]*) HTTP/1\.1\r\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~]*\r\n){1,60})\r\n")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")
# What changes how a request is read, who is asking, or whether it is HTTP at all.
_NOT_HERE = frozenset(
    {
        "authorization", "content-encoding", "content-length", "content-type", "expect", "http2-settings",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_CLOSES = {"": False, "keep-alive": False, "close": True}  # values of Connection


class Unusual(Exception):
    """Not a request that is answered here"""


@lru_cache(maxsize=MOST_ASKS)
def read_ask(head: bytes) -> Ask:
    """One whole request head, and nothing after it. Raises Unusual, also for what may be good: aiohttp knows."""
    found = _HEAD.fullmatch(head) if len(head) <= MOST_BYTES else None
    if found is None:
        raise Unusual
    method, target, lines = found.groups()
    fields: dict[str, str] = {}
    for line in lines.decode("ascii").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name = name.lower()
        if name in fields or name in _NOT_HERE or name.startswith("sec-websocket"):
            raise Unusual
        fields[name] = value.strip(" \t")
    closes = _CLOSES.get(fields.get("connection", "").lower())
    if closes is None or not _HOST.fullmatch(fields.get("host", "")):
        raise Unusual
    given = fields.get("x-request-id", "")
    return Ask(
        target=target.decode("ascii"),
        is_head=method == b"HEAD",
        accept=fields.get("accept-encoding", ""),
        none_match=fields.get("if-none-match"),
        since=fields.get("if-modified-since"),
        request_id=given.encode() if REQUEST_ID.fullmatch(given) else b"",
        closes=closes,
    )


class FastConnection(web.RequestHandler):
    """aiohttp's connection, which hears only of what is not answered at once.

    `_hot` is None from the first bytes on after which it is not known where the next request begins.
    """

    __slots__ = ("_fd", "_hot")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        socket, is_plain = transport.get_extra_info("socket"), transport.get_extra_info("sslcontext") is None
        is_able = socket is not None and is_plain and not self._logging_enabled  # aiohttp writes the access log
        self._hot: HotFeeds | None = getattr(self._manager, "hot", None) if is_able else None
        self._fd: int = socket.fileno() if is_able else -1

    def data_received(self, data: bytes) -> None:
        hot = self._hot
        if hot is not None:
            try:
                ask = read_ask(data)
            except Unusual:
                self._hot = None
            else:
                if self._is_idle() and (ready := hot.find(ask)) is not None:
                    self._answer(hot, ask, ready)
                    return
        super().data_received(data)

    def _is_idle(self) -> bool:
        """Whether aiohttp waits for a request, and all that was answered before has left."""
        waiter, transport = self._waiter, self.transport
        if waiter is None or waiter.done() or self._close or self._force_close or transport is None:
            return False
        return transport.get_write_buffer_size() == 0

    def _answer(self, hot: HotFeeds, ask: Ask, ready: Ready) -> None:
        assert self.transport is not None
        assert self._manager is not None
        self._manager.requests_count += 1
        self._next_keepalive_close_time = self._loop.time() + self._keepalive_timeout
        head, body = hot.write_head(ask, ready), ready.body
        try:
            sent = os.writev(self._fd, (head, body) if body else (head,))  # nothing is copied, nothing waits before it
        except BlockingIOError:
            sent = 0
        except OSError:
            self.force_close()
            return
        if sent < len(head):
            self.transport.write(head[sent:] + body)
        elif sent < len(head) + len(body):
            self.transport.write(body[sent - len(head) :])
        if ask.closes:
            self.force_close()

    async def shutdown(self, timeout: float | None = 15.0) -> None:  # noqa: ASYNC109 (aiohttp's signature)
        """What is under way to a slow reader is finished within the time."""
        if self._paused and not self._request_in_progress:
            self._close = True
            with suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(timeout):
                    await self._drain_helper()
        await super().shutdown(timeout)
