"""Articles to measure with: the sample's own, and more composed of sentences.tsv. No sentence stands in two of one
language.
"""

import csv
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from server.client.documents import read_document
from server.sample import ARTICLES, STEPS, Push

LANGUAGES = ("az", "en", "ru", "tr", "zh")
HEADLINES = 45  # the first lines of sentences.tsv; the others are sentences
PER_ARTICLE = (3, 16)  # headings and sentences of a composed article


@dataclass(frozen=True, slots=True)
class Sample:
    """An article as an outlet writes it; `body` is HTML."""

    language: str
    headline: str
    description: str
    body: str


def list_articles(per_language: int) -> list[Sample]:
    """As many different articles in each language, languages in turn; the sample's own first."""
    own = list(_read_own())
    columns = []
    for language in LANGUAGES:
        articles = [*(one for one in own if one.language == language), *_compose(language)][:per_language]
        if len(articles) < per_language:
            raise ValueError(f"there are only {len(articles)} articles in {language}")
        columns.append(articles)
    return [article for row in zip(*columns, strict=True) for article in row]


def _read_own() -> Iterator[Sample]:
    files = {step.item: step.file for step in STEPS if isinstance(step, Push)}  # of each article the last version
    for file in files.values():
        body = read_document(ARTICLES / file).body
        assert not isinstance(body, bytes)
        yield Sample(
            language=body["language"],
            headline=body["headlines"][0]["value"],
            description=body["descriptions"][0]["value"],
            body=body["bodies"][0]["value"],
        )


def _compose(language: str) -> Iterator[Sample]:
    with Path(__file__).with_name("sentences.tsv").open(encoding="utf-8", newline="") as file:
        lines = [row[language] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    headings, sentences = lines[:HEADLINES], lines[HEADLINES:]
    heads, most = PER_ARTICLE
    for number in range(min(len(headings) // heads, len(sentences) // most)):
        headline, *between = headings[number * heads : (number + 1) * heads]
        description, *rest = sentences[number * most : (number + 1) * most]
        yield Sample(language, headline, description, _make_body(between, rest, "" if language == "zh" else " "))


def _make_body(headings: Sequence[str], sentences: Sequence[str], gap: str) -> str:
    """Paragraphs of three sentences, a heading after every second one."""
    paragraphs = [gap.join(sentences[at : at + 3]) for at in range(0, len(sentences), 3)]
    sections = ["".join(f"<p>{html.escape(one)}</p>" for one in paragraphs[at : at + 2]) for at in range(0, 6, 2)]
    titles = ["", *(f"<h2>{html.escape(one)}</h2>" for one in headings)]
    return "".join(title + section for title, section in zip_longest(titles, sections, fillvalue=""))
