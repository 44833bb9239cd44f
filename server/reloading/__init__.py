"""The configuration file has changed: checked, recorded, in force at once and as a whole; or refused as a whole.

  file ─the same at two looks→ parse → what needs no restart ─┐
  PUT  ─same file, other routing part→ parse ─────────────────┴→ row of the history, file, `live.current` → settle again

Who began under the version before ends under it; server/reloading/resettling sees to what it decides then.

parts       the file with another routing part
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
from server.configfile import ConfigError, ConfigFault, parse_file
from server.configfile.contradictions import find_contradictions
from server.configfile.live import Live, Refusal, Version, get_digest, merge_live
from server.configfile.replacing import replace_file, write_beside
from server.configfile.routingfile import cut_routing, hide_secrets, keep_comments
from server.delivery.housekeeping import sync_destinations
from server.polling import sync_sources
from server.reloading.parts import make_faults, set_part
from server.store import configs
from server.store.configs import BY_FILE
from server.store.engine import Database

log = structlog.get_logger()

Keep = Callable[[AsyncConnection, int], Awaitable[None]]

LOOK_SECONDS = 0.4  # a file takes effect when it is the same at two looks: nobody is in the middle of writing it


class Overtaken(Exception):
    """The file has changed again"""


@dataclass
class Reloader:
    """Keeps `live` in line with the file; `file` is None for a server that was started without one.

    `text` is what stands in the file and is in force; `on_change` is called when that changes, and `changed` is set
    when articles may be decided otherwise now.
    """

    live: Live
    database: Database
    clock: Callable[[], datetime]
    file: Path | None = None
    on_change: Sequence[Callable[[], None]] = ()
    text: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _seen: str | None = None
    _judged: str | None = None
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def begin(self, conn: AsyncConnection) -> None:
        """Write down what is in force when the server starts, in the caller's transaction."""
        config = self.live.current.config
        if self.file is not None:
            with suppress(OSError, UnicodeDecodeError, ConfigError):
                text = await asyncio.to_thread(self._read)
                if await asyncio.to_thread(parse_file, text, self.file) == config:
                    self.text = self._seen = text
        hidden = hide_secrets(self.text)
        row = await configs.save_config(conn, hidden, get_digest(config), BY_FILE, self.clock())
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
            await self._refuse(str(error), [ConfigFault(str(self.file), (), f"cannot be read: {error}")])
            self._seen = None
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
        assert self.file is not None
        try:
            wanted = await asyncio.to_thread(parse_file, text, self.file)
            await self._apply(text, wanted, BY_FILE)
        except ConfigError as error:
            await self._refuse(text, error.faults)

    async def _refuse(self, text: str, faults: Sequence[ConfigFault]) -> None:
        if text != self._judged:
            self._judged = text
            self.live.refusal = Refusal(self.clock(), tuple(faults))
            for fault in faults[:20]:
                log.error("configuration refused", reason=str(fault), line=fault.line, column=fault.column)

    async def put(self, part: str, check: Callable[[str], None], author: str, keep: Keep | None = None) -> Version:
        """Write another routing part into the file and bring it into force. `check` judges the part that is there;
        `keep` writes more in the same transaction, given the number of the version.

        Raises what `check` and `keep` raise, InvalidConfiguration, ConfigurationFixed; then nothing has changed.
        """
        async with self._changing:
            text = await self._read_whole()
            check(cut_routing(text))
            changed, wanted = await asyncio.to_thread(self._prepare, text, part)
            changed = await asyncio.to_thread(keep_comments, text, part, changed)
            if changed == text:
                return self.live.current
            try:
                await self._apply(changed, wanted, author, write=True, keep=keep)
            except ConfigError as error:
                raise problems.InvalidConfiguration(str(error), errors=make_faults(error.faults, {})) from error
            except Overtaken as error:
                raise problems.ConfigurationFixed("somebody is writing the file at this moment") from error
            except OSError as error:
                raise problems.ConfigurationFixed(f"the file cannot be written: {error}") from error
            return self.live.current

    async def check_part(self, part: str, check: Callable[[str], None]) -> tuple[str, str]:
        """The routing part that is there, and the other one as `put` would write it. Nothing changes; raises as `put`
        does.
        """
        async with self._changing:
            text = await self._read_whole()
            check(cut_routing(text))
            changed, wanted = await asyncio.to_thread(self._prepare, text, part)
            changed = await asyncio.to_thread(keep_comments, text, part, changed)
            try:
                await self._merge(wanted)
            except ConfigError as error:
                raise problems.InvalidConfiguration(str(error), errors=make_faults(error.faults, {})) from error
            return cut_routing(text), cut_routing(changed)

    async def try_part(self, part: str) -> Config:
        """What would be in force with another routing part; nothing changes. Raises as `put` does."""
        wanted = (await asyncio.to_thread(self._prepare, self.text, part))[1]
        return merge_live(self.live.current.config, wanted)[0]

    async def _read_whole(self) -> str:
        """The file, when it is what is in force."""
        if self.file is None:
            raise problems.ConfigurationFixed("this server was started without a configuration file")
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
        return text

    def _prepare(self, text: str, part: str) -> tuple[str, Config]:
        """The whole file with the other part, and what it says. Raises InvalidConfiguration with lines of the part."""
        if self.file is None:
            raise problems.ConfigurationFixed("this server was started without a configuration file")
        return set_part(text, part, self.file)

    async def _merge(self, wanted: Config) -> tuple[Config, Sequence[str]]:
        """Raises ConfigError where what cannot wait for a restart contradicts what has to."""
        config, restart = await asyncio.to_thread(merge_live, self.live.current.config, wanted)
        if restart and (found := list(find_contradictions(config))):
            why = f"(until a restart; {', '.join(restart)} wait for one)"
            raise ConfigError([ConfigFault(str(self.file), where, f"{reason} {why}") for where, reason in found])
        return config, restart

    async def _apply(
        self, text: str, wanted: Config, author: str, *, write: bool = False, keep: Keep | None = None
    ) -> None:
        """Raises as `_merge` does."""
        running = self.live.current
        config, restart = await self._merge(wanted)
        config = running.config if config == running.config else config
        hidden, digest = await asyncio.to_thread(lambda: (hide_secrets(text), get_digest(config)))
        beside = await asyncio.to_thread(write_beside, self._get_file(), text) if write else None
        try:
            async with self.database.write() as conn:
                if await asyncio.to_thread(self._read) != (self.text if write else text):
                    raise Overtaken
                now = self.clock()
                row = await configs.save_config(conn, hidden, digest, author, now)
                if config is not running.config:
                    await sync_destinations(conn, config, now)
                    await sync_sources(conn, config, now)
                if row.number != running.number:
                    about = {"number": row.number, "author": author, "restart": list(restart)}
                    old = {"number": running.number}
                    await audit.note(conn, "config.change", "routing", now, before=old, after=about)
                if keep is not None:
                    await keep(conn, row.number)
                if beside is not None:
                    await asyncio.to_thread(replace_file, self._get_file(), beside)
        except BaseException:
            if beside is not None:
                beside.unlink(missing_ok=True)
            raise
        self._set(Version(config, row.number, hidden), text, restart)
        log.info("configuration in force", number=row.number, author=author, restart_needed_for=list(restart) or None)

    def _set(self, version: Version, text: str, restart: Sequence[str]) -> None:
        before = self.live.current.config
        self.text, self._judged, self._seen = text, None, text
        self.live.current, self.live.refusal, self.live.restart = version, None, tuple(restart)
        if version.config is not before:
            for call in self.on_change:
                call()
        if get_digest(version.config) != get_digest(before):
            self.changed.set()

    def _read(self) -> str:
        return self._get_file().read_text(encoding="utf-8")

    def _get_file(self) -> Path:
        assert self.file is not None
        return self.file
