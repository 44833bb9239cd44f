"""Command line of the recipe: `python -m tools.starter --help`."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

try:
    from .batches import SHARE
    from .trainer import Settings
except ModuleNotFoundError as error:
    raise SystemExit(f"The recipe needs {error.name}: pip install '.[starter]'") from error

SHIPPED = Path(__file__).resolve().parents[2] / "translators" / "starter" / "sentencepiece.model"
EXAMPLE = "example: python -m tools.starter all parallel-text/ --work training/ --out my-starter/ --updates 20000"


def main(arguments: Sequence[str] | None = None) -> None:
    options = make_parser().parse_args(arguments)
    for step in STEPS if options.command == "all" else (options.command,):
        if options.command == "all" and step == "prepare" and is_prepared(options):
            continue
        print(f"== {step}", flush=True)
        STEPS[step](options)


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tools.starter", description=__doc__, epilog=EXAMPLE)
    commands = parser.add_subparsers(dest="command", required=True)
    folders, work, spm, out, settings, tsv = (argparse.ArgumentParser(add_help=False) for _ in range(6))
    folders.add_argument("folders", nargs="+", type=Path, help="folders of parallel text (.tsv, .tsv.gz)")
    work.add_argument("--work", type=Path, required=True, help="folder for arrays and checkpoints")
    spm.add_argument("--spm", type=Path, default=SHIPPED, help="SentencePiece model (default: the shipped one)")
    out.add_argument("--out", type=Path, required=True, help="folder of the exported model")
    out.add_argument("--version", default="0.0", help="version to write into directions.json")
    tsv.add_argument("--tsv", type=Path, help="measure on this multi-way file instead of the development lines")
    tsv.add_argument("--lines", type=int, help="measure on so many lines only")
    add_settings(settings)
    commands.add_parser("prepare", parents=[folders, work, spm], help="parallel text → arrays")
    commands.add_parser("train", parents=[work, settings], help="train, or go on training")
    commands.add_parser("export", parents=[work, spm, out], help="checkpoint → model folder")
    evaluate = commands.add_parser("evaluate", parents=[out, tsv], help="chrF and BLEU of a model folder")
    evaluate.add_argument("folders", nargs="*", type=Path, help="folders whose development lines are measured on")
    everything = [folders, work, spm, out, settings, tsv]
    commands.add_parser("all", parents=everything, help="all of these, one after another", epilog=EXAMPLE)
    return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """An option for every field of `Settings`."""
    for field in fields(Settings):
        if field.name == "shares":
            parser.add_argument("--shares", type=parse_shares, default=dict(SHARE), help="own=0.2,nat=0.3,…")
        else:
            assert isinstance(field.type, type)
            parser.add_argument("--" + field.name.replace("_", "-"), type=field.type, default=field.default)


def parse_shares(text: str) -> dict[str, float]:
    """`own=0.2,nat=0.3` → the shipped shares with these instead."""
    return SHARE | {kind: float(share) for kind, share in (part.split("=") for part in text.split(","))}


def is_prepared(options: argparse.Namespace) -> bool:
    """Whether the arrays are newer than all text, so that a training that goes on need not make them again."""
    from .text import find_files

    meta = options.work / "meta.json"
    inputs = [options.spm, *find_files(options.folders)]
    return meta.exists() and all(path.stat().st_mtime < meta.stat().st_mtime for path in inputs)


def run_prepare(options: argparse.Namespace) -> None:
    from .prepare import prepare

    prepare(options.folders, options.spm, options.work)


def run_train(options: argparse.Namespace) -> None:
    from .train import train

    chosen = {field.name: getattr(options, field.name) for field in fields(Settings)}
    train(options.work, Settings(**chosen))


def run_export(options: argparse.Namespace) -> None:
    from .batches import Corpus
    from .export import export

    directions = list(dict.fromkeys((source, target) for _, source, target in Corpus(options.work).groups))
    export(options.work / "last.pt", options.spm, directions, options.out, options.version)


def run_evaluate(options: argparse.Namespace) -> None:
    from .evaluate import evaluate
    from .text import read_development, read_rows

    rows = list(read_rows(options.tsv)) if options.tsv else read_development(options.folders)
    scores = evaluate(options.out, rows[: options.lines])
    (options.out / "quality.txt").write_text("".join(f"{score}\n" for score in scores))


STEPS = {"prepare": run_prepare, "train": run_train, "export": run_export, "evaluate": run_evaluate}

if __name__ == "__main__":
    main()
