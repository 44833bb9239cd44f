"""What is read off when somebody looks: how the database stands, as gauges; and all of it as Prometheus takes it.

Gauges.look → Figures of this moment, or of one shortly before → make_families → Exposition ─render→ bytes
"""

import asyncio
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import make_url

from server import jobs
from server.store.engine import Database
from server.store.figures import Figures, read_figures, read_size

log = structlog.get_logger()

KEPT = timedelta(seconds=5)  # so that several who look cost no more than one
LONGEST_LOOK = 4.0  # seconds; Prometheus waits ten


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at a time; `figures` is None where the database gave no answer. Sizes in bytes, by what."""

    at: datetime
    figures: Figures | None
    sizes: Mapping[str, int]
    free: int


class Gauges:
    """Looks at the database, once for all who ask within a moment. `data`: the folder of all that is kept."""

    def __init__(self, data: Path) -> None:
        self._data, self._looking = data, asyncio.Lock()
        self._last: Sight | None = None

    async def look(self, database: Database, now: datetime) -> Sight:
        async with self._looking:
            if self._last is None or not timedelta() <= now - self._last.at < KEPT:
                self._last = await self._look(database, now)
            return self._last

    async def _look(self, database: Database, now: datetime) -> Sight:
        figures, size = None, 0
        try:
            async with asyncio.timeout(LONGEST_LOOK), database.read() as conn:
                figures = await read_figures(conn, jobs.KINDS, jobs.TRANSLATE, now)
                size = await read_size(conn) if database.is_sqlite else 0
        except Exception as error:  # noqa: BLE001 (whatever it is: who watches is told just that)
            log.warning("the database cannot be looked at", error=type(error).__name__)
        log_size, free = await asyncio.to_thread(_measure_disk, database.url, self._data)
        return Sight(now, figures, {"main": size, "log": log_size} if size else {}, free)


def _measure_disk(url: str, data: Path) -> tuple[int, int]:
    """Bytes of SQLite's write-ahead log, and those that are free where the data stand."""
    path = Path(f"{make_url(url).database}-wal")
    return path.stat().st_size if path.exists() else 0, shutil.disk_usage(data).free


def make_families(sight: Sight, *, refused: bool, restart: bool) -> Sequence[Metric]:
    """`refused`: what stands in the configuration file is not in force; `restart`: some of it waits for one."""
    made = [
        _make("database_up", "Whether the database answers", sight.figures is not None),
        _make_each("database_size_bytes", "SQLite's file and its write-ahead log", "file", sight.sizes),
        _make("disk_free_bytes", "Free where the data folder stands", sight.free),
        _make("config_refused", "1: the configuration file is refused, an earlier one is in force", refused),
        _make("config_restart_needed", "1: some of the configuration file waits for a restart", restart),
    ]
    return made if sight.figures is None else [*made, *_list_standing(sight.figures, sight.at)]


def _list_standing(figures: Figures, now: datetime) -> Iterator[Metric]:
    ages = dict.fromkeys(figures.due, 0.0)
    ages |= {kind: (now - since).total_seconds() for kind, since in figures.oldest.items()}
    yield _make_each("jobs_due", "Jobs that are due or being done", "kind", figures.due)
    yield _make_each("jobs_oldest_due_seconds", "For how long the oldest of them has been due", "kind", ages)
    yield _make_each("jobs_given_up", "Jobs that were given up and not asked for again", "kind", figures.given_up)
    said = "Parallel versions that are not fresh (stale: a new one is being made); up to 100,000, stale 10,000"
    yield _make_each("versions", said, "freshness", figures.versions)
    yield _make("articles_held", "Articles that a route holds for an editor", figures.articles_held)
    said = "Subscriptions; one that lives and did not get through the last time is failing"
    family = GaugeMetricFamily("karvan_subscriptions", said, labels=("kind", "state"))
    for labels, number in figures.subscriptions.items():
        family.add_metric(labels, number)
    yield family
    yield _make("dead_letters", "What was given up and not tried again", figures.dead_letters)
    yield _make("notices_open", "Corrections and withdrawals that a destination has not acknowledged", figures.notices)
    yield _make_each("sources", "Sources; one whose last poll went wrong is failing", "state", figures.sources)


def _make(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"karvan_{name}", said, value=float(value))


def _make_each(name: str, said: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"karvan_{name}", said, labels=(label,))
    for labelled, value in values.items():
        family.add_metric((labelled,), value)
    return family


@dataclass(frozen=True, slots=True)
class Exposition(Collector):
    """All that is told: what was counted, and what was read off. Times of creation are left out: nobody asks."""

    registry: CollectorRegistry
    families: Sequence[Metric] = ()

    def collect(self) -> Iterator[Metric]:
        for family in chain(self.registry.collect(), self.families):
            family.samples = [one for one in family.samples if not one.name.endswith("_created")]
            yield family

    def render(self, accept: str) -> tuple[bytes, str]:
        """The body and its Content-Type: text, or OpenMetrics for who asks for it."""
        encode, content_type = choose_encoder(accept)
        return encode(self), content_type
