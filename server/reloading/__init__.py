"""The configuration file has changed: checked, recorded, in force at once and as a whole; or refused as a whole.

  file ─the same at two looks→ parse → what needs no restart ─┐
  PUT  ─same file, other routing part→ parse ─────────────────┴→ row of the history, file, `live.current` → settle again

Who began under the version before ends under it; server/reloading/resettling sees to what it decides then.

parts       what a changed file, or another routing part in it, would bring into force
history     every version that was in force; diffs: what it changed
proposals   a routing that one admin proposes and another one approves
resettling  what a new configuration decides anew
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, problems
from server.config import Config
from server.configfile import ConfigError, ConfigFault
from server.configfile.live import Live, Refusal, Version, get_digest
from server.configfile.redaction import hide_secrets
from server.configfile.replacing import Replacement, prepare_replacement, read_text
from server.configfile.routingfile import cut_routing
from server.delivery.housekeeping import sync_destinations
from server.polling import sync_sources
from server.reloading.history import keep_version
from server.reloading.parts import Draft, make_draft, read_draft
from server.store.configs import BY_FILE, ConfigRow
from server.store.engine import Database

log = structlog.get_logger()

Keep = Callable[[AsyncConnection, int], Awaitable[None]]

LOOK_SECONDS = 0.4  # a file takes effect when it is the same at two looks: nobody is in the middle of writing it


class Overtaken(Exception):
    """The file has changed again"""


@dataclass
class Reloader:
    """Keeps `live` in line with the file; `file` is None for a server that was started without one.

    `text` is what stands in the file and is in force, at first what the server was started with, and `part` its routing
    part; `on_change` is called when that changes, and `changed` is set when articles may be decided otherwise now.
    """

    live: Live
    database: Database
    clock: Callable[[], datetime]
    file: Path | None = None
    text: str = ""
    on_change: Sequence[Callable[[], None]] = ()
    part: str = field(default="", init=False)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _seen: str | None = None  # at the last look
    _judged: str | None = None  # and refused
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def begin(self, conn: AsyncConnection) -> None:
        """Write down what is in force when the server starts, in the caller's transaction."""
        config = self.live.current.config
        hidden, self.part, digest = await asyncio.to_thread(_work_out, self.text, config)
        row = await keep_version(conn, hidden, digest, BY_FILE, self.clock())
        self.live.current = Version(config, row.number, hidden)

    async def watch(self) -> None:
        """Look at the file until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception:  # a full disk, a database that is away: the next look tries again
                log.exception("the configuration cannot be looked at")
                self._judged = None

    async def look(self) -> None:
        """One look at the file: what was there at the last one, too, is judged, once."""
        if self.file is None:
            return
        try:
            text = await asyncio.to_thread(self._read)
        except (OSError, UnicodeDecodeError) as error:
            self._refuse([ConfigFault(str(self.file), (), f"cannot be read: {error}")])
            self._seen = self._judged = None
            return
        if text == self._seen:
            async with self._changing:
                with suppress(Overtaken):
                    await self._judge(text)
        self._seen = text

    async def _judge(self, text: str) -> None:
        """Bring what stands in the file into force, or say why not."""
        if text == self.text:
            self.live.refusal, self._judged = None, None
            return
        if text == self._judged:
            return
        try:
            draft = await asyncio.to_thread(read_draft, text, self._get_file(), self.live.current.config)
        except ConfigError as error:
            self._judged = text
            self._refuse(error.faults)
        else:
            await self._apply(draft, BY_FILE)

    def _refuse(self, faults: Sequence[ConfigFault]) -> None:
        if self.live.refusal is None or self.live.refusal.faults != tuple(faults):
            self.live.refusal = Refusal(self.clock(), tuple(faults))
            for fault in faults[:20]:
                log.error("configuration refused", reason=str(fault), line=fault.line, column=fault.column)

    async def put(
        self, part: str, check: Callable[[str], None], author: str, keep: Keep | None = None
    ) -> tuple[Version, bool]:
        """Write another routing part into the file and bring it into force: the version, and whether it is another
        one. `check` judges the part that is there; `keep` writes more in the same transaction, given its number.

        Raises what `check` and `keep` raise, InvalidConfiguration, ConfigurationFixed; then nothing has changed.
        """
        async with self._changing:
            await self._check_file()
            check(self.part)
            draft = await self._draft(part)
            if draft.text == self.text:
                return self.live.current, False
            try:
                await self._apply(draft, author, write=True, keep=keep)
            except Overtaken as error:
                raise problems.ConfigurationFixed("somebody is writing the file at this moment") from error
            except OSError as error:
                raise problems.ConfigurationFixed(f"the file cannot be written: {error}") from error
            return self.live.current, True

    async def check_part(self, part: str, check: Callable[[str], None]) -> tuple[str, str]:
        """The routing part that is there, and the other one as `put` would write it. Raises alike, changes nothing."""
        async with self._changing:
            await self._check_file()
            check(self.part)
            draft = await self._draft(part)
            return self.part, await asyncio.to_thread(cut_routing, draft.text)

    async def try_part(self, part: str) -> Config:
        """What would be in force with another routing part; nothing changes. Raises as `put` does."""
        return (await self._draft(part, with_comments=False)).config

    async def _draft(self, part: str, *, with_comments: bool = True) -> Draft:
        there = (self.text, part, self._get_file(), self.live.current.config)
        return await asyncio.to_thread(make_draft, *there, with_comments=with_comments)

    async def _check_file(self) -> None:
        """Raise ConfigurationFixed unless what stands in the file is in force."""
        try:
            text = await asyncio.to_thread(self._read)
            if text not in (self.text, self._judged):  # half a file can be valid: here, too, it is looked at twice
                await asyncio.sleep(LOOK_SECONDS)
                if await asyncio.to_thread(self._read) != text:
                    raise problems.ConfigurationFixed("somebody is writing the file at this moment")
        except (OSError, UnicodeDecodeError) as error:
            raise problems.ConfigurationFixed(f"the file cannot be read: {error}") from error
        if text != self.text:
            with suppress(Overtaken):
                await self._judge(text)
        if text != self.text:
            why = str(self.live.refusal.faults[0]) if self.live.refusal else "somebody is writing it"
            raise problems.ConfigurationFixed(f"what stands in the file is not in force, put that right first: {why}")

    async def _apply(self, draft: Draft, author: str, *, write: bool = False, keep: Keep | None = None) -> None:
        """Raises Overtaken, OSError, what `keep` and the database raise; then nothing has changed.

        The file is replaced right before the commit. Killed between the two, the server starts with what stands in the
        file, as ever, and notes it as written there; nobody was told otherwise. The other way round the history would
        tell of a version, and of a proposal approved, that the old file undoes at the next start.
        """
        hidden, part, digest = await asyncio.to_thread(_work_out, draft.text, draft.config)
        texts = (self.text, draft.text)
        replacement = await asyncio.to_thread(prepare_replacement, self._get_file(), *texts) if write else None
        try:
            async with self.database.write() as conn:
                if await asyncio.to_thread(self._read) != (self.text if write else draft.text):
                    raise Overtaken
                row = await self._record(conn, draft, hidden, digest, author)
                if keep is not None:
                    await keep(conn, row.number)
                if replacement is not None:
                    replacement.make()
                    await asyncio.to_thread(replacement.sync)
        except BaseException:
            if replacement is not None:
                _undo(replacement)
            raise
        finally:
            if replacement is not None:
                replacement.clear()
        only_waits = draft.restart and draft.config is self.live.current.config
        self._set(draft, Version(draft.config, row.number, hidden), part)
        said = "configuration waits for a restart" if only_waits else "configuration in force"
        log.info(said, number=row.number, author=author, restart_needed_for=list(draft.restart) or None)

    async def _record(self, conn: AsyncConnection, draft: Draft, hidden: str, digest: str, author: str) -> ConfigRow:
        running, now = self.live.current, self.clock()
        row = await keep_version(conn, hidden, digest, author, now)
        if draft.config is not running.config:
            await sync_destinations(conn, draft.config, now)
            await sync_sources(conn, draft.config, now)
        if row.number != running.number:
            about = {"number": row.number, "author": author, "restart": list(draft.restart)}
            await audit.note(conn, "config.change", "routing", now, before={"number": running.number}, after=about)
        return row

    def _set(self, draft: Draft, version: Version, part: str) -> None:
        before = self.live.current.config
        self.text, self.part, self._seen, self._judged = draft.text, part, draft.text, None
        self.live.current, self.live.refusal, self.live.restart = version, None, tuple(draft.restart)
        if version.config is not before:
            for call in self.on_change:
                call()
        if get_digest(version.config) != get_digest(before):
            self.changed.set()

    def _read(self) -> str:
        return read_text(self._get_file())

    def _get_file(self) -> Path:
        if self.file is None:
            raise problems.ConfigurationFixed("this server was started without a configuration file")
        return self.file


def _work_out(text: str, config: Config) -> tuple[str, str, str]:
    """A text without its secrets, its routing part, the digest of what it says."""
    return hide_secrets(text), cut_routing(text), get_digest(config)


def _undo(replacement: Replacement) -> None:
    try:
        replacement.undo()
    except OSError:  # the next looks bring it into force
        log.exception("a configuration that was refused cannot be taken out of the file again")
