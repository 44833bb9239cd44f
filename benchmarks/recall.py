"""What search finds of a corpus: lines by their words, as people may type them. Beside it FTS5 as it comes."""

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from server.searching.query import make_expressions, parse_query
from server.searching.words import list_runs, tidy, write_words
from translators.glossary import Glossary, load_default

LANGUAGES = ("en", "az", "ru", "tr", "zh")
MOST_ASKED = 5_000  # words of a language, drawn from all
Line = dict[str, str]


def read_lines(file: Path) -> list[Line]:
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    named = [dict(zip(head.split("\t"), row.split("\t"), strict=False)) for row in rows if row.strip()]
    return [{language: one[language] for language in LANGUAGES} for one in named if all(map(one.get, LANGUAGES))]


class Peer:
    """Lines of one language in an index in memory."""

    def __init__(self, lines: Sequence[str], tokenizer: str, write: Callable[[str], str], ask: Callable[[str], str]):
        self.base, self.ask = sqlite3.connect(":memory:"), ask
        self.base.execute(
            f"CREATE VIRTUAL TABLE t USING fts5(headline, description, body, more, tokenize='{tokenizer}')"
        )
        self.base.executemany("INSERT INTO t(rowid, body) VALUES (?, ?)", enumerate(map(write, lines)))

    def find(self, word: str) -> set[int]:
        return {row[0] for row in self.base.execute("SELECT rowid FROM t WHERE t MATCH ?", (self.ask(word),))}


def measure_recall(lines: Sequence[Line]) -> Iterator[list[str]]:
    glossary = load_default()
    for language in LANGUAGES:
        texts = [line[language] for line in lines]
        ours = Peer(texts, "ascii", lambda text: write_words([text]),
                    lambda word: make_expressions(parse_query(word), glossary)[-1])  # fmt: skip
        theirs = Peer(texts, "unicode61", lambda text: text, lambda word: f'"{word}"')
        words = [(number, word) for number, text in enumerate(texts) for word in list_content_words(text)]
        words = random.Random(1).sample(words, min(len(words), MOST_ASKED))
        names = list(list_names(lines, language, glossary))
        for label, peer in (("Karvan", ours), ("unicode61", theirs)):
            cells = [
                rate(peer, words, lambda word: word),
                rate(peer, words, make_capitals(language)) if language != "zh" else "–",
                rate(peer, words, strip_accents) if language not in ("zh", "en") else "–",
                rate(peer, [(number, own) for number, own, _ in names], lambda word: word),
                rate(peer, [(number, english) for number, _, english in names], lambda word: word),
            ]
            yield [f"{language}, {label}", *cells]


def list_content_words(text: str) -> Iterator[str]:
    for run, _, is_chinese in list_runs(tidy(text)):
        if is_chinese:
            yield from (run[at : at + size] for size in (2, 4) for at in range(len(run) - size + 1))
        elif len(run) > 3:
            yield run


def list_names(lines: Sequence[Line], language: str, glossary: Glossary) -> Iterator[tuple[int, str, str]]:
    """(line, name in this language, name in English) of lines whose English has the name."""
    named = [(term.forms["en"][0], term.forms[language][0]) for term in glossary.terms
             if term.forms.get("en") and term.forms.get(language)]  # fmt: skip
    named = [(english, own) for english, own in named if english[:1].isupper()]
    for number, line in enumerate(lines):
        yield from ((number, own, english) for english, own in named if f" {english} " in f" {line['en']} ")


def rate(peer: Peer, asked: Sequence[tuple[int, str]], change: Callable[[str], str]) -> str:
    known: dict[str, set[int]] = {}
    found = 0
    for number, word in asked:
        if word not in known:
            known[word] = peer.find(change(word))
        found += number in known[word]
    return f"{100 * found / max(1, len(asked)):.1f} %"


def make_capitals(language: str) -> Callable[[str], str]:
    return lambda word: (word.replace("i", "İ") if language in ("az", "tr") else word).upper()


def strip_accents(word: str) -> str:
    """As who has no such keyboard types it."""
    return word.translate(str.maketrans("əƏıİşŞçÇğĞöÖüÜёЁâîû", "eEiIsScCgGoOuUеЕaiu"))
