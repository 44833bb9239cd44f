"""The routing part of config.toml as text: cut out, put back, everything else untouched byte for byte (pure).

text ─split_tables→ Blocks (a table with the comment above it) ─→ cut_routing
text + routing part ─replace_routing→ text; what was put there without a comment keeps those of the file
"""

import re
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import tomli
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

ROUTING = ("outlets", "exchanges", "channels", "subscribers", "editors", "rights", "conditions", "routes")
MOST_MERGED = 100_000  # characters whose comments are kept: tomlkit takes seconds for much more
STRING = r'''(?:"""(?:\\.|[^\\])*?"{3,5}|\'{3}.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'''  # with re.DOTALL

_NAME = re.compile(r"""\[\[?\s*("[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)""")
_TOKEN = re.compile(rf"""{STRING}|\#[^\n]*|[\[\]{{}}]|\n|[^"'\#\[\]{{}}\n]+|.""", re.DOTALL)


class UnsplittableConfig(Exception):
    """The routing part cannot be told from the rest of the file."""


@dataclass(frozen=True, slots=True)
class Block:
    """A table, with the comment right above it. `name`: of the section that it is in; "" before the first."""

    name: str
    text: str

    @property
    def header(self) -> str:
        lines = split_lines(self.text)
        return next((line.split("#")[0].strip() for line in lines if line.lstrip().startswith("[")), "")

    @property
    def is_routing(self) -> bool:
        return self.name in ROUTING


def split_lines(text: str) -> list[str]:
    """With their ends. TOML knows no other; `str.splitlines` would cut a comment at U+2028."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def split_tables(text: str) -> Sequence[Block]:
    """All of the text, in its order. Takes any text: what is no TOML is split somehow."""
    lines = split_lines(text)
    starts = [(0, ""), *_find_tables(text)]
    ends = [*(start for start, _ in starts[1:]), len(lines)]
    blocks = [Block(name, "".join(lines[start:end])) for (start, name), end in zip(starts, ends, strict=True)]
    return [block for block in blocks if block.text]


def _find_tables(text: str) -> Iterator[tuple[int, str]]:
    """(line from 0, section) of every table: a line that begins with a bracket outside of any value, or the first of
    the comment right above it.
    """
    line, depth, top = 0, 0, 0
    is_start, is_comment = True, False  # of the line so far: only blanks; only a comment
    for found in _TOKEN.finditer(text):
        piece = found[0]
        if piece == "\n":
            line += 1
            top = top if is_comment else line
            is_start, is_comment = True, False
            continue
        if piece == "[" and depth == 0 and is_start and (name := _NAME.match(text, found.start())):
            yield top, name[1].strip("\"'")
        if piece in "[{":
            depth += 1
        elif piece in "]}":
            depth = max(0, depth - 1)
        line += piece.count("\n")
        is_comment = is_start and piece.startswith("#")
        is_start = is_start and not piece.strip()


def cut_routing(text: str) -> str:
    """The routing part alone."""
    return "".join(block.text for block in split_tables(text) if block.is_routing)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A text with another routing part. `lines`: line there → line of the part, from 1; `values`: what it says."""

    text: str
    lines: Mapping[int, int]
    values: dict[str, Any]


def replace_routing(text: str, part: str) -> Replaced:
    """The text with another routing part, which gets the line ends of the text.

    Raises UnsplittableConfig where something else would change, or the part is more than that.
    """
    before, wanted = tomli.loads(text), tomli.loads(part)
    if strangers := sorted(wanted.keys() - set(ROUTING)):
        raise UnsplittableConfig(f"{', '.join(strangers)}: not part of the routing, which is {', '.join(ROUTING)}")
    end = "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"
    part = _set_line_ends(part, end)
    laid = list(_lay(split_tables(text), split_tables(part)))
    texts = [_end_line(block.text, end) for block, _ in laid[:-1]] + [block.text for block, _ in laid[-1:]]
    changed, line, above = "".join(texts), 1, 0
    lines: dict[int, int] = {}
    for one, (_, is_part) in zip(texts, laid, strict=True):
        length = len(split_lines(one))
        if is_part:
            lines |= {above + number: line + number - 1 for number in range(1, length + 1)}
            line += length
        above += length
    expected = {name: value for name, value in before.items() if name not in ROUTING} | wanted
    try:
        values = tomli.loads(changed)
    except tomli.TOMLDecodeError:
        values = {}
    if values != expected:
        raise UnsplittableConfig("write it as tables with headers: [outlets.name], [[routes]]")
    return Replaced(changed, lines, values)


def _lay(blocks: Sequence[Block], part: Sequence[Block]) -> Iterator[tuple[Block, bool]]:
    """The blocks of the file with those of the part in the places of its own; whether each is the part's."""
    runs = [list(run) for _, run in groupby(blocks, key=lambda block: block.is_routing)]
    if not any(run[0].is_routing for run in runs):
        runs.append([])
    slots = [number for number, run in enumerate(runs) if not run or run[0].is_routing]
    headers = {slot: {block.header for block in runs[slot]} for slot in slots}
    names = {slot: {block.name for block in runs[slot]} for slot in slots}
    filled: dict[int, list[Block]] = {slot: [] for slot in slots}
    at = slots[0]
    for block in part:
        later = [slot for slot in slots if slot >= at]
        same = (slot for slot in later if block.header in headers[slot])
        alike = (slot for slot in later if block.name in names[slot])
        at = next(same, next(alike, at))
        filled[at].append(block)
    for number, run in enumerate(runs):
        yield from ((block, number in filled) for block in filled.get(number, run))


def keep_comments(text: str, part: str, changed: str) -> str:
    """What `replace_routing` made, with the comments of the file where the part came without any."""
    if "#" in part or len(part) > MOST_MERGED:
        return changed
    merged = _merge_comments(_set_line_ends(cut_routing(text), "\n"), tomli.loads(part))
    return replace_routing(text, merged).text if merged else changed


def _set_line_ends(text: str, end: str) -> str:
    return text.replace("\r\n", "\n").replace("\n", end)


def _end_line(text: str, end: str) -> str:
    return text if not text or text.endswith("\n") else text + end


def _merge_comments(part: str, wanted: Mapping[str, Any]) -> str:
    """What is wanted, in the words of the file as far as it says the same; empty where that cannot be done."""
    try:
        document = tomlkit.parse(part)
        _bring_in_line(document, wanted)
        merged = tomlkit.dumps(document)
        return merged if tomli.loads(merged) == wanted else ""
    except (TOMLKitError, tomli.TOMLDecodeError, TypeError, ValueError):
        return ""


def _bring_in_line(table: MutableMapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for name in [name for name in table if name not in wanted]:
        del table[name]
    for name, value in wanted.items():
        old = table.get(name)
        if isinstance(value, Mapping) and isinstance(old, MutableMapping):
            _bring_in_line(old, value)
        elif isinstance(old, AoT) and isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            _bring_rows_in_line(old, value)
        elif old is None or _plain(old) != value:
            table[name] = value


def _bring_rows_in_line(rows: AoT, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Tables of an array, told apart by their name: those that stay keep their words, in the order that is wanted."""
    known = {one.get("name"): one for one in rows}
    kept = []
    for one in wanted:
        row = known.pop(one.get("name"), None)
        row = tomlkit.table() if row is None else row
        _bring_in_line(row, one)
        kept.append(row)
    rows.clear()
    for row in kept:
        rows.append(row)


def _plain(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value
