"""Sentence boundaries: the public set of tricky paragraphs, and what holds for any text."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.segments import split

LANGUAGES = ("az", "en", "ru", "tr", "zh")


def read_paragraphs(language: str) -> list[list[str]]:
    text = (Path(__file__).parent / "segments" / f"{language}.txt").read_text(encoding="utf-8")
    return [paragraph.splitlines() for paragraph in text.strip().split("\n\n")]


CASES = [(language, paragraph) for language in LANGUAGES for paragraph in read_paragraphs(language)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_set_has_ten_paragraphs_of_each_language(language: str) -> None:
    assert len(read_paragraphs(language)) >= 10


@pytest.mark.parametrize(("language", "sentences"), CASES, ids=lambda value: value if isinstance(value, str) else None)
def test_tricky_paragraphs_are_cut_where_a_person_would(language: str, sentences: list[str]) -> None:
    text = ("" if language == "zh" else " ").join(sentences)
    assert [segment.text for segment in split(text, language)] == sentences


PIECES = st.sampled_from(
    [
        *".!?…。！？”»)）》“«(（《 \n",
        "\n\n",
        "14",
        "3.5",
        "Dr",
        "г",
        "T.C",
        "XIV",
        "A",
        "söz",
        "Слово",
        "会议",
        "– ",
        "\u00a0",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=30), st.sampled_from([*LANGUAGES, "ka", "ar", "de"]))
def test_segments_joined_are_the_text_exactly(parts: list[str], language: str) -> None:
    text = "".join(parts)
    segments = split(text, language)
    assert "".join(segment.text + segment.after for segment in segments) == text
    assert all(segment.text == segment.text.strip() for segment in segments)
    assert all(segment.text for segment in segments[1:])


def test_a_blank_line_always_ends_a_sentence() -> None:
    assert [segment.text for segment in split("no stop here\n\nand on it goes", "en")] == [
        "no stop here",
        "and on it goes",
    ]


def test_languages_without_rules_are_still_cut() -> None:
    assert [segment.text for segment in split("Dr. Müller kam. Er ging.", "de")] == ["Dr. Müller kam.", "Er ging."]
    assert len(split("ეს არის პირველი. ეს არის მეორე.", "ka")) == 2


def test_the_cost_grows_with_the_text_only(check_growth: Callable[..., None]) -> None:
    check_growth(lambda size: split("(“《 a. " * size, "zh"), 10_000)
    check_growth(lambda size: split("\n \n" * size + ". " * size, "en"), 10_000)
