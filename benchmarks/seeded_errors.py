"""Translations made wrong on purpose: people's translations with one error put in, by kind.

Errors are put in by patterns of their own, not by the code that the checks use. Every maker takes a case and a random
source and gives the broken case, or None where the sentence has no place for such an error.
"""

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from benchmarks.error_words import (
    AFFIRM,
    CHINESE_SURNAME,
    DENIES,
    DENY,
    MONEY,
    MONTH_END,
    MONTH_START,
    MONTHS,
    NO_PEOPLE,
    PERCENT,
    SCALES,
    TWO_CAPITALS,
    WEEKDAYS,
)
from translators import Direction

LANGUAGES = ("az", "en", "ru", "tr", "zh")
DIRECTIONS = tuple(Direction(one, two) for one in LANGUAGES for two in LANGUAGES if one != two)
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """Sentences and their translations, one or several; `rows` are where the words for an error may come from."""

    sources: tuple[str, ...]
    results: tuple[str, ...]
    direction: Direction
    row: Row


Maker = Callable[[Case, random.Random, Sequence[Row]], Case | None]

_FIGURES = re.compile(r"\d+")


def read_corpus(folder: Path) -> list[Row]:
    """The rows of all files with five columns of sentences; glossary and word lists have six."""
    rows = []
    for path in sorted(folder.glob("*.tsv")):
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        if head.split("\t") == ["en", "az", "ru", "tr", "zh"]:
            rows += [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines if line]
    return rows


def list_pairs(rows: Sequence[Row], direction: Direction) -> Iterator[Case]:
    """People's translations as they are."""
    for row in rows:
        yield Case((row[direction.source],), (row[direction.target],), direction, row)


def make_errors(kind: str, rows: Sequence[Row], direction: Direction, count: int) -> list[Case]:
    """Up to `count` cases of a kind of error, always the same ones for the same rows."""
    dice = random.Random(f"{kind} {direction}")
    shuffled = list(rows)
    dice.shuffle(shuffled)
    made: list[Case] = []
    for row in shuffled:
        if len(made) == count:
            break
        case = Case((row[direction.source],), (row[direction.target],), direction, row)
        broken = MAKERS[kind](case, dice, rows)
        if broken and broken.results != case.results:
            made.append(broken)
    return made


def _write(case: Case, result: str) -> Case:
    return replace(case, results=(result,))


def _change_figures(text: str, start: int, end: int, dice: random.Random) -> str:
    """The text with the figures in text[start:end] changed, transposed, lost, or with one more."""
    own = text[start:end]
    digits = [at for at, letter in enumerate(own) if letter.isdigit()]
    at = dice.choice(digits)
    way = dice.randrange(4)
    if way == 0 and len(own) > 1 and own.isdigit() and own[0] != own[-1]:
        new = own[-1] + own[1:-1] + own[0]
    elif way == 1 and own.isdigit() and text[start - 1 : start] not in (",", "."):
        new = own + "0"
    else:
        new = own[:at] + str((int(own[at]) + dice.randint(1, 8)) % 10) + own[at + 1 :]
    if new.lstrip("0") == own.lstrip("0"):
        new = own + "7"
    return text[:start] + new + text[end:]


def make_number(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """Plain figures changed or lost, thousands for millions; small ones below 2 are left alone."""
    text, language = case.results[0], case.direction.target
    taken = [found.span() for found in re.finditer(PERCENT[language], text)]
    places = [
        found for found in _FIGURES.finditer(text)
        if found[0] not in ("0", "1") and not any(start <= found.start() < end for start, end in taken)
        and not _is_dated(text, found, language)
    ]  # fmt: skip
    if not places:
        return None
    scales = [scale for scale in SCALES[language] if re.search(rf"\d ?{scale}(?!\w)|\d{scale}", text)]
    if scales and dice.random() < 0.3:
        other = dice.choice([scale for scale in SCALES[language] if scale[:3] != scales[0][:3]])
        return _write(case, re.sub(rf"(\d ?){scales[0]}", rf"\g<1>{other}", text, count=1))
    place = dice.choice(places)
    if dice.random() < 0.2 and len(place[0]) > 1:
        return _write(case, text[: place.start()] + text[place.end() :].lstrip(".,’'0123456789"))
    return _write(case, _change_figures(text, place.start(), place.end(), dice))


def _is_dated(text: str, found: re.Match[str], language: str) -> bool:
    around = text[max(0, found.start() - 14) : found.end() + 14].lower()
    return any(month.lower()[:5] in around for month in MONTHS[language]) or ":" in around


def make_percentage(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """Another percentage, or the word percent lost."""
    text, language = case.results[0], case.direction.target
    places = list(re.finditer(PERCENT[language], text))
    if not places:
        return None
    place = dice.choice(places)
    if len(places) == 1 and dice.random() < 0.3 and place["n"] not in ("0", "1"):
        return _write(case, text[: place.start("p")] + text[place.end("p") :])
    return _write(case, _change_figures(text, *place.span("n"), dice))


def make_currency(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """Another currency, or another amount of it."""
    text, language = case.results[0], case.direction.target
    scale = rf"(?: ?(?:{'|'.join(SCALES[language])})\w*)?"
    for word in dice.sample(MONEY[language], len(MONEY[language])):
        found = re.search(rf"(?P<n>\d[\d.,]*){scale} ?(?P<c>{word[:-1] if language != 'zh' else word}\w*)", text)
        if language == "zh":
            found = re.search(rf"(?P<n>\d[\d.,]*)[万亿]*(?P<c>{word})", text)
        if not found:
            continue
        if dice.random() < 0.5:
            other = dice.choice([money for money in MONEY[language] if money[:3] != word[:3]])
            return _write(case, text[: found.start("c")] + other + text[found.end("c") :])
        figures = _FIGURES.search(text, found.start("n"))
        return _write(case, _change_figures(text, *figures.span(), dice)) if figures else None
    return None


def make_date(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """Another month, week day, day of the month or year."""
    text, language = case.results[0], case.direction.target
    months = [
        month for month in MONTHS[language] if re.search(rf"{MONTH_START[language]}{month}{MONTH_END[language]}", text)
    ]
    weekdays = [day for day in WEEKDAYS[language] if day in text and "周一次" not in text]
    years = list(re.finditer(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)", text))
    day = re.search(
        rf"(?:(?<=[ıiuü]n )\d{{1,2}}(?=-)|(?<!\d)\d{{1,2}} (?={'|'.join(MONTHS[language])})|(?<=月)\d{{1,2}}(?=日))",
        text,
    )
    ways = [way for way, there in (("month", months), ("weekday", weekdays), ("year", years), ("day", day)) if there]
    if not ways:
        return None
    way = dice.choice(ways)
    if way == "month":
        other = dice.choice([month for month in MONTHS[language] if month != months[0]])
        return _write(case, re.sub(MONTH_START[language] + months[0], other, text, count=1))
    if way == "weekday":
        other = dice.choice([name for name in WEEKDAYS[language] if name != weekdays[0]])
        return _write(case, text.replace(weekdays[0], other, 1))
    if way == "year":
        year = years[0]
        return _write(
            case, text[: year.start()] + str(int(year[0]) + dice.choice((-10, -1, 1, 3, 20))) + text[year.end() :]
        )
    assert day is not None
    value = int(day[0])
    other = f"{(value + dice.randint(1, 20)) % 28 + 1}" + " " * day[0].endswith(" ")
    return _write(case, text[: day.start()] + other + text[day.end() :])


def make_name(case: Case, dice: random.Random, rows: Sequence[Row]) -> Case | None:
    """The one person that a sentence names becomes another; in Chinese the surname, after the point, does."""
    own = _list_people(case.row, case.direction.target)
    if len(own) != 1:
        return None
    for _ in range(400):
        names = _list_people(dice.choice(rows), case.direction.target)
        if len(names) == 1 and names[0] != own[0]:
            return _write(case, case.results[0].replace(own[0], names[0], 1))
    return None


def _list_people(row: Row, language: str) -> list[str]:
    """A person's name when there is just one, by the English and the Chinese sentence."""
    if row["zh"].count("·") != 1:
        return []
    if len([name for name in TWO_CAPITALS.findall(row["en"]) if not NO_PEOPLE.search(name)]) != 1:
        return []
    return CHINESE_SURNAME.findall(row["zh"]) if language == "zh" else TWO_CAPITALS.findall(row[language])


def make_term(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """A place or organisation of the glossary that both sentences name as it is in it becomes another of its kind."""
    source, result = case.direction.source, case.direction.target
    own = [
        term for term in _read_terms()
        if _has_name(case.sources[0], term[source]) and _has_name(case.results[0], term[result])
    ]  # fmt: skip
    if not own:
        return None
    term = dice.choice(own)
    others = [other for other in _read_terms() if other["kind"] == term["kind"]]
    other = dice.choice([other for other in others if all(other[each] not in case.row[each] for each in LANGUAGES)])
    return _write(case, _find_name(term[result]).sub(other[result], case.results[0]))


@lru_cache(maxsize=1)
def _read_terms() -> tuple[Row, ...]:
    """Places and organisations with their preferred names."""
    path = Path(__file__).parents[1] / "translators" / "data" / "glossary.tsv"
    head, *rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    terms = [{name: cell.split(" | ")[0] for name, cell in zip(head, row, strict=True)} for row in rows]
    return tuple(term for term in terms if term["kind"] in ("place", "organisation"))


def _has_name(text: str, name: str) -> bool:
    return name in text and _find_name(name).search(text) is not None


@lru_cache(maxsize=8192)
def _find_name(name: str) -> re.Pattern[str]:
    end = "" if re.match("[一-鿿“]", name) else r"(?![\w’'-])"
    return re.compile(re.escape(name) + end if not end else rf"(?<![\w’'-]){re.escape(name)}{end}")


def make_negation(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """The one word that denies is taken away; or a sentence that denies nothing in any language comes to do so."""
    text, language = case.results[0], case.direction.target
    denied = {each: bool(re.search(DENIES[each], case.row[each], re.IGNORECASE)) for each in LANGUAGES}
    if denied[case.direction.source] and len(re.findall(DENIES[language], text, re.IGNORECASE)) == 1:
        changes = AFFIRM[language]
    elif not any(denied.values()) and dice.random() < 0.1:
        changes = DENY[language]
    else:
        return None
    for pattern, instead in changes:
        if re.search(pattern, text):
            return _write(case, re.sub(pattern, instead, text, count=1))
    return None


def _list_neighbours(case: Case, rows: Sequence[Row], dice: random.Random, count: int) -> list[Row]:
    return [case.row, *dice.sample(list(rows), count)]


def make_dropped(case: Case, dice: random.Random, rows: Sequence[Row]) -> Case | None:
    """Of the sentences of a text one is not translated; or of two in one segment only one is."""
    own = _list_neighbours(case, rows, dice, 1 if dice.random() < 0.5 else 5)
    sources, results = _take(own, case.direction)
    if len(own) == 2:
        gap = "" if case.direction.source == "zh" else " "
        if not all(re.search("[.!?。！？]$", text) for text in (*sources, *results)):
            return None
        return replace(case, sources=(gap.join(sources),), results=(results[dice.randrange(2)],))
    lost = dice.randrange(len(own))
    return replace(case, sources=sources, results=results[:lost] + results[lost + 1 :])


def make_added(case: Case, dice: random.Random, rows: Sequence[Row]) -> Case | None:
    """Another text's sentence stands among those of this one, or behind a sentence."""
    own = _list_neighbours(case, rows, dice, 1 if dice.random() < 0.5 else 5)
    sources, results = _take(own, case.direction)
    if len(own) == 2:
        gap = "" if case.direction.target == "zh" else " "
        if not all(re.search("[.!?。！？]$", text) for text in (*sources, *results)):
            return None
        return replace(case, sources=sources[:1], results=(gap.join(results),))
    extra = dice.randrange(len(own))
    return replace(case, sources=sources[:extra] + sources[extra + 1 :], results=results)


def _take(rows: Sequence[Row], direction: Direction) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(row[direction.source] for row in rows), tuple(row[direction.target] for row in rows)


def make_copied(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """The source instead of a translation, whole or without its end."""
    source = case.sources[0]
    if dice.random() < 0.5:
        return _write(case, source)
    return _write(case, source[: max(len(source) * 4 // 5, 8)])


def make_wrong_language(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """A good translation, into another language."""
    others = [each for each in LANGUAGES if each not in (case.direction.source, case.direction.target)]
    return _write(case, case.row[dice.choice(others)])


def make_repetition(case: Case, dice: random.Random, _rows: Sequence[Row]) -> Case | None:
    """One to five words, or the whole sentence, come again and again."""
    text = case.results[0]
    if case.direction.target == "zh":
        size, times = dice.choice([(2, 4), (3, 4), (5, 3), (8, 2), (len(text), 1)])
        part, gap = text[-size:], ""
    else:
        words = text.split()
        size, times = dice.choice([(1, 4), (2, 3), (3, 2), (5, 2), (len(words), 1)])
        part, gap = " ".join(words[-size:]), " "
    return _write(case, gap.join([text, *[part] * times])) if len(text) > 12 else None


MAKERS: dict[str, Maker] = {
    "number": make_number,
    "date": make_date,
    "percentage": make_percentage,
    "currency": make_currency,
    "name": make_name,
    "term": make_term,
    "negation": make_negation,
    "dropped sentence": make_dropped,
    "added sentence": make_added,
    "copied source": make_copied,
    "wrong language": make_wrong_language,
    "repetition": make_repetition,
}
