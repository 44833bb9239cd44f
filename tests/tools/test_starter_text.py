"""The form of the recipe's own parallel text: five cells a line, each in its language's script, no line twice."""

import re
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from tools.starter.text import find_files

FOLDER = Path(__file__).resolve().parents[2] / "tools" / "starter" / "text"
FILES = find_files([FOLDER])
LANGUAGES = ["en", "az", "ru", "tr", "zh"]
CYRILLIC, HAN = re.compile("[\u0400-\u04ff]"), re.compile("[\u4e00-\u9fff]")


def read_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").rstrip("\n").split("\n")


def find_faults(line: str) -> list[str]:
    cells = line.split("\t")
    if len(cells) != len(LANGUAGES):
        return [f"{len(cells)} cells"]
    text = dict(zip(LANGUAGES, cells, strict=True))
    faults = [f"{language} is empty or padded" for language, cell in text.items() if not cell or cell != cell.strip()]
    faults += [f"{language} has Cyrillic" for language in ("en", "az", "tr", "zh") if CYRILLIC.search(text[language])]
    faults += [f"{language} has Han" for language in ("en", "az", "ru", "tr") if HAN.search(text[language])]
    faults += [f"{language} has ə" for language in ("en", "ru", "tr", "zh") if "ə" in text[language].lower()]
    faults += ["ru has no Cyrillic"] * (not CYRILLIC.search(text["ru"])) + ["zh has no Han"] * (
        not HAN.search(text["zh"])
    )
    return faults


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_line_is_five_sentences_in_five_languages(path: Path) -> None:
    head, *lines = read_lines(path)
    assert head.split("\t") == LANGUAGES
    faults = {number: find_faults(line) for number, line in enumerate(lines, 2)}
    assert {number: found for number, found in faults.items() if found} == {}


def test_no_line_is_there_twice() -> None:
    english = Counter(
        line.split("\t")[0].lower() for line in chain.from_iterable(read_lines(path)[1:] for path in FILES)
    )
    assert [line for line, count in english.items() if count > 1] == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("one\tbir\tодин\tbir", "4 cells"),
        ("one\tbir\tодин\t\t一", "tr is empty or padded"),
        ("one\tbir\tодин\tbir\tодин", "zh has Cyrillic"),
        ("one\tbir\todin\tbir\t一", "ru has no Cyrillic"),
        ("one\tbir\tодин\tbər\t一", "tr has ə"),
    ],
)
def test_faults_are_found(line: str, fault: str) -> None:
    assert fault in find_faults(line)
