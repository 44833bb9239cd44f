"""karvan languages evaluate: how good the engines are on a test set."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from server import outbound
from server.commands import Setting, clear_errors, pass_setting, print_json, refuse
from server.config import Config
from server.translation.engines import make_engine
from translators import Direction, Made, Translator
from translators.evaluation import RULE, BadTestSet, Evaluation, pick_pairs, read_test_set
from translators.evaluation import evaluate as measure
from translators.package_index import BadPair, parse_pair


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("directions", nargs=-1, metavar="[DIRECTION]…")
@click.option("--limit", type=click.IntRange(1), help="Measure on so many lines only, from all over the file.")
@click.option("--json", "as_json", is_flag=True, help="Print {file, rule, directions}.")
@pass_setting
@clear_errors
def evaluate(setting: Setting, file: Path, directions: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    """Measure the engines on a test set, by direction, and suggest their quality class.

    FILE has a line per sentence and a column per language, tabs between, language tags in the first line. Said are chrF
    and BLEU, in how many sentences the checks would hold the engine's translation and in how many that of people.

    Example: karvan languages evaluate test-set.tsv en-az az-en --limit 200
    """
    config = setting.load()
    try:
        rows = read_test_set(file.read_text(encoding="utf-8"), limit)
    except (BadTestSet, UnicodeDecodeError) as error:
        refuse(f"{file}: {error}")
    wanted = parse_directions(directions)
    measured = asyncio.run(_measure(setting, config, rows, wanted))
    if as_json:
        print_json({"file": str(file), "rule": RULE, "directions": [_describe(*one) for one in measured]})
    else:
        _print_table(measured)


def parse_directions(pairs: Sequence[str]) -> list[Direction]:
    """Pairs of the command line, like en-tr; what is none is wrong use."""
    try:
        return [parse_pair(one) for one in pairs]
    except BadPair as error:
        raise click.BadParameter(str(error)) from error


Measured = tuple[Evaluation, Made, float]  # figures, what it was made with, sentences per second


async def _measure(
    setting: Setting, config: Config, rows: Sequence[dict[str, str]], wanted: Sequence[Direction]
) -> list[Measured]:
    caller = outbound.Caller(config.outbound.allow)
    async with caller.opened():
        engine = make_engine(config, setting.data, caller)
        return await asyncio.to_thread(_measure_all, engine, config, rows, wanted)


def _measure_all(
    engine: Translator, config: Config, rows: Sequence[dict[str, str]], wanted: Sequence[Direction]
) -> list[Measured]:
    offered = engine.directions()
    chosen = wanted or [direction for direction in sorted(offered) if pick_pairs(rows, direction)]
    for direction in chosen:
        if direction not in offered:
            refuse(f"nothing that is installed or configured translates {direction}")
        if not pick_pairs(rows, direction):
            refuse(f"the test set has no sentences for {direction}")
    if not chosen:
        refuse("nothing that is installed or configured translates between two languages of the test set")
    with Progress(TextColumn("{task.description}"), BarColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(chosen))
        measured = []
        for direction in chosen:
            bar.update(task, description=str(direction))
            measured.append(_measure_one(engine, config, rows, direction, offered[direction]))
            bar.advance(task)
    return measured


def _measure_one(
    engine: Translator, config: Config, rows: Sequence[dict[str, str]], direction: Direction, made: Made
) -> Measured:
    pairs = pick_pairs(rows, direction)
    beam = config.translation.beam_body
    engine.translate([pairs[0][0]], direction, beam=beam)  # loads the model
    begun = time.perf_counter()
    results = engine.translate([source for source, _ in pairs], direction, beam=beam)
    seconds = time.perf_counter() - begun
    return measure(pairs, [result.text for result in results], direction), made, len(pairs) / max(seconds, 1e-9)


def _describe(one: Evaluation, made: Made, speed: float) -> dict[str, Any]:
    return {
        "direction": str(one.direction),
        "engine": made.engine,
        "package": made.package,
        "package_sha256": made.sha256,
        "sentences": one.sentences,
        "chrf": round(one.chrf, 2),
        "bleu": round(one.bleu, 2),
        "repeating": round(one.repeating, 4),
        "held": {"total": one.held.total, "by_check": dict(one.held.by_check)},
        "held_of_people": {"total": one.reference_held.total, "by_check": dict(one.reference_held.by_check)},
        "sentences_per_second": round(speed, 1),
        "quality": one.quality,
    }


def _print_table(measured: Sequence[Measured]) -> None:
    """People's: the share of human translations that the checks would hold, which are false alarms."""
    table = Table(
        "direction", "lines", "chrF", "BLEU", "repeat", "held", "people's", "lines/s", "suggests",
        box=None,
    )  # fmt: skip
    for one, _, speed in measured:
        table.add_row(
            str(one.direction), str(one.sentences), f"{one.chrf:.1f}", f"{one.bleu:.1f}", f"{one.repeating:.0%}",
            f"{one.held.total:.0%}", f"{one.reference_held.total:.0%}", f"{speed:.0f}", one.quality,
        )  # fmt: skip
    console = Console()
    console.print(table)
    for one, _, _ in measured:
        console.print(f"{one.direction} held for: {', '.join(_list_most_held(one)) or 'nothing'}", highlight=False)
    console.print("Made with " + ", ".join(dict.fromkeys(str(made) for _, made, _ in measured)), highlight=False)
    console.print(f"{RULE[0].upper()}{RULE[1:]}.", highlight=False)


def _list_most_held(one: Evaluation) -> Iterator[str]:
    for check, share in list(one.held.by_check.items())[:4]:
        yield f"{check} {share:.0%}"
