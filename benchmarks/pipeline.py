"""What Karvan does around the engine costs: the bare engine, the full pipeline, the pipeline when it remembers.

The same sentences in the same process, in turn; see README.md for what is compared and why.

  python benchmarks/pipeline.py [--articles 16] [--rounds 3] [--cores 1] [DIRECTION …]
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from articles import list_articles
from measure import alternate, name_machine, print_table

from server.app import make_clock
from server.config import Config
from server.configfile import load_config
from server.media.media_files import MediaFolder
from server.runner import Tools
from server.store.engine import open_database
from server.translation.legs import Leg, keep_leg, translate_leg
from translators import Direction
from translators.argos import ArgosTranslator
from translators.glossary import load_default
from translators.pipeline import Fields, read_documents
from translators.starters import install_starter

ROOT = Path(__file__).parents[1]
DIRECTIONS = ("en-az", "ru-en", "zh-en", "az-tr")


@dataclass(frozen=True, slots=True)
class Desk:
    """A worker's tools over a database of its own, in an event loop of its own."""

    loop: asyncio.AbstractEventLoop
    tools: Tools

    def run(self, documents: Sequence[Fields], direction: Direction) -> None:
        """What the worker does with waiting articles, but for the version that it stores."""
        self.loop.run_until_complete(_translate(self.tools, documents, direction))


def ask_engine(engine: ArgosTranslator, documents: Sequence[Fields], direction: Direction, config: Config) -> None:
    """Nothing but the engine: the different sentences of the documents, one call per beam."""
    settings = config.translation
    reading = read_documents(documents, direction, beam_body=settings.beam_body, beam_headline=settings.beam_headline)
    for beam in {sentence.beam for sentence in reading.wanted}:
        texts = list(dict.fromkeys(one.masked.text for one in reading.wanted if one.beam == beam))
        engine.translate(texts, direction, beam=beam)


async def _translate(tools: Tools, documents: Sequence[Fields], direction: Direction) -> None:
    legs = await translate_leg(tools, direction, documents, [()] * len(documents), load_default())
    for leg in legs:
        assert isinstance(leg, Leg)
        async with tools.database.write() as conn:
            await keep_leg(conn, leg, tools.config, tools.clock())


@contextmanager
def open_desk(engine: ArgosTranslator, config: Config, folder: Path) -> Iterator[Desk]:
    loop = asyncio.new_event_loop()
    folder.mkdir()
    database = loop.run_until_complete(open_database(f"sqlite+aiosqlite:///{folder}/karvan.db", folder))
    with ThreadPoolExecutor(1) as room:
        yield Desk(
            loop, Tools("benchmark", database, config, engine, room, make_clock(), MediaFolder(folder / "media"))
        )
    loop.run_until_complete(database.close())
    loop.close()


def compare(names: Sequence[str], count: int, rounds: int, folder: Path) -> None:
    install_starter(folder / "packages", installed_at="2026-01-01T00:00:00Z")
    config = load_config(ROOT / "config.toml")
    config = config.model_copy(update={"translation": config.translation.model_copy(update={"checks": "all"})})
    engine = ArgosTranslator(folder / "packages", batch_tokens=config.translation.batch_tokens)
    samples = list_articles(count)
    rows = []
    for name in names:
        direction = Direction(*name.split("-"))
        own = [one for one in samples if one.language == direction.source]
        documents = [Fields(headline=one.headline, description=one.description, body=one.body) for one in own]
        ask_engine(engine, documents[:1], direction, config)
        with open_desk(engine, config, folder / f"{name}-warm") as warm:
            warm.run(documents, direction)
            runs: dict[str, Callable[[], object]] = {
                "engine": lambda d=direction, t=documents: ask_engine(engine, t, d, config),  # type: ignore[misc]
                "cold": lambda d=direction, t=documents: _run_cold(engine, config, folder, t, d),  # type: ignore[misc]
                "warm": lambda d=direction, t=documents: warm.run(t, d),  # type: ignore[misc]
            }
            costs = alternate(runs, rounds)
        bare, cold, again = costs["engine"], costs["cold"], costs["warm"]
        rows.append(
            (
                name,
                len(documents),
                f"{bare.wall:.2f} / {bare.cpu:.2f}",
                f"{cold.wall:.2f} / {cold.cpu:.2f}",
                f"{again.wall:.3f} / {again.cpu:.3f}",
                f"{100 * bare.wall / cold.wall:.0f} / {100 * bare.cpu / cold.cpu:.0f}",
                f"{cold.wall / again.wall:.0f} / {cold.cpu / again.cpu:.0f}",
            )
        )
    head = ("", "articles", "engine s", "pipeline s", "remembered s", "of the engine's throughput %", "warm faster ×")
    print_table(head, rows)
    print("\nWall / CPU seconds.")


def _run_cold(
    engine: ArgosTranslator, config: Config, folder: Path, documents: Sequence[Fields], direction: Direction
) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as own, open_desk(engine, config, Path(own) / "data") as desk:
        desk.run(documents, direction)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("directions", nargs="*", default=DIRECTIONS)
    parser.add_argument("--articles", type=int, default=16, help="how many in each language")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, help="use only so many: CPU times on one bear a busy machine best")
    given = parser.parse_args()
    if given.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: given.cores])
    print(name_machine(len(os.sched_getaffinity(0))), "\n")
    with tempfile.TemporaryDirectory() as folder:
        compare(given.directions, given.articles, given.rounds, Path(folder))


if __name__ == "__main__":
    main()
