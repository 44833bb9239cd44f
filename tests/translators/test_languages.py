"""Language tags, and what language a text is in."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from translators.languages import contradiction, identify, is_tag, match, name, normalise

LANGUAGES = ("az", "en", "ru", "tr", "zh")


def read_sample() -> dict[str, list[str]]:
    """Lines of the news corpus by language; each with its neighbour, as a headline and a lead."""
    head, *rows = (Path(__file__).parent / "corpus_sample.tsv").read_text(encoding="utf-8").splitlines()
    columns = zip(*(row.split("\t") for row in rows), strict=True)
    return {
        language: [f"{first}\n{second}" for first, second in pairwise(lines)]
        for language, lines in zip(head.split("\t"), columns, strict=True)
    }


SAMPLE = read_sample()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("zh-Hans", "zh"),
        ("zh-CN", "zh"),
        ("ZH-hans-cn", "zh"),
        ("zh-TW", "zh-Hant"),
        ("AZ", "az"),
        ("az-latn", "az"),
        ("az-cyrl", "az-Cyrl"),
        ("EN-us", "en-US"),
        ("es-419", "es-419"),
        ("sl-rozaj-BISKE", "sl-rozaj-biske"),
    ],
)
def test_tags_have_one_spelling(given: str, wanted: str) -> None:
    assert is_tag(given)
    assert normalise(given) == wanted
    assert normalise(wanted) == wanted


@pytest.mark.parametrize("given", ["", "a", "zh_CN", "english language", "en-", "az\n", "1a", "x-private", "e" * 100])
def test_what_is_no_tag_is_refused(given: str) -> None:
    assert not is_tag(given)
    with pytest.raises(ValueError, match="BCP 47"):
        normalise(given)


def test_a_regional_tag_finds_its_language_and_traditional_chinese_does_not_find_simplified() -> None:
    assert match("en-GB", LANGUAGES) == "en"
    assert match("zh-Hans-CN", LANGUAGES) == "zh"
    assert match("zh-HK", LANGUAGES) is None
    assert match("de", LANGUAGES) is None


def test_every_language_has_a_name_in_every_language() -> None:
    names = {name(language, inside) for language in LANGUAGES for inside in LANGUAGES}
    assert len(names) == 25
    assert name("az", "tr") == "Azerbaycanca"
    assert name("tlh", "en") == "tlh"


@pytest.mark.parametrize("language", LANGUAGES)
def test_news_is_never_said_to_be_in_another_language(language: str) -> None:
    alarms = [text for text in SAMPLE[language] if contradiction(language, text, LANGUAGES)]
    assert alarms == []


def test_a_language_that_cannot_be_told_is_not_contradicted_by_one_of_its_script() -> None:
    assert contradiction("gag", SAMPLE["tr"][0], LANGUAGES) is None
    assert contradiction("gag", SAMPLE["ru"][0], LANGUAGES) is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_news_under_a_wrong_language_is_found_out(language: str) -> None:
    for declared in LANGUAGES:
        if declared != language:
            found = [contradiction(declared, text, LANGUAGES) for text in SAMPLE[language]]
            right = sum(guess is not None and guess.language == language for guess in found)
            assert right >= 0.97 * len(found), (declared, language)


def test_azerbaijani_typed_without_its_letters_is_not_taken_for_turkish() -> None:
    plain = str.maketrans("əƏçÇğĞıİöÖşŞüÜ", "eEcCgGiIoOsSuU")
    assert [text for text in SAMPLE["az"] if contradiction("az", text.translate(plain), LANGUAGES)] == []
    assert [text for text in SAMPLE["tr"] if contradiction("tr", text.translate(plain), LANGUAGES)] == []
    right = [guess for text in SAMPLE["az"] if (guess := identify(text.translate(plain), LANGUAGES))]
    assert sum(guess.language == "az" for guess in right) > 0.7 * len(right)


@pytest.mark.parametrize(
    "text", ["", "   ", "Bakı", "OPEC+", "3:2", "https://example.org/a-long-english-address", "🙂" * 99]
)
def test_too_little_text_contradicts_nothing(text: str) -> None:
    assert contradiction("zh", text, LANGUAGES) is None
    assert identify(text, LANGUAGES) is None


def test_addresses_and_handles_do_not_count_as_text() -> None:
    text = "北京今天举行记者会，介绍情况。 https://example.org/news/international/politics/today @some_english_handle"
    found = identify(text, LANGUAGES)
    assert found is not None
    assert found.language == "zh"


def test_only_the_given_languages_are_answered() -> None:
    found = identify(SAMPLE["az"][0], ("tr", "en"))
    assert found is not None
    assert found.language in ("tr", "en")
    assert identify(SAMPLE["ru"][0], ("az", "en")) is None


def test_a_huge_text_is_looked_at_in_part_only() -> None:
    found = identify("Это русский текст. " * 300_000, LANGUAGES)
    assert found is not None
    assert found.language == "ru"


def test_threads_get_the_answers_of_one_thread() -> None:
    texts = [text for language in LANGUAGES for text in SAMPLE[language][:20]]
    alone = [identify(text, LANGUAGES) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        wanted = (("az", "tr"), LANGUAGES, ("en", "az", "tr"), LANGUAGES)
        mixed = list(pool.map(lambda number: identify(texts[number // 4], wanted[number % 4]), range(4 * len(texts))))
    assert mixed[1::4] == mixed[3::4] == alone


@pytest.mark.parametrize("piece", ["a@", "@a", "a@a.", "a.", "<a", "www.", "a-"])
def test_the_cost_grows_with_the_text_only(piece: str, check_growth: Callable[..., None]) -> None:
    check_growth(lambda size: identify(piece * size, LANGUAGES), 30_000)
