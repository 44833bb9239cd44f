"""Numbers, dates, amounts as five languages write them come out the same."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.numerals import LANGUAGES, Quantity
from translators.numerals.compare import compare
from translators.numerals.reading import read_quantities

MILLIONS = [
    ("az", "3,5 mln manat"), ("az", "3,5 milyon manatdan"), ("en", "3.5 million manats"),
    ("ru", "3,5 миллиона манатов"),
    ("ru", "3,5 млн манатов"), ("tr", "3,5 milyon manatlık"), ("zh", "350万马纳特"), ("zh", "三百五十万马纳特"),
    ("en", "three and a half million manats"), ("tr", "üç buçuk milyon manat"),
]  # fmt: skip


def read_values(text: str, language: str) -> list[float]:
    return [each.value for each in read_quantities(text, language)]


@pytest.mark.parametrize(("language", "text"), MILLIONS)
def test_an_amount_is_the_same_in_every_writing(language: str, text: str) -> None:
    (found,) = read_quantities(text, language)
    assert (found.kind, found.value, found.code) == ("currency", 3_500_000, "AZN")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("az", "1.600"), ("az", "1 600"), ("az", "1\u00a0600"), ("az", "1600"), ("tr", "1.600"), ("tr", "1600"),
        ("ru", "1 600"), ("ru", "1\u202f600"), ("en", "1,600"), ("en", "1600"), ("zh", "1,600"), ("zh", "1600"),
        ("tr", "bin 600"), ("az", "min altı yüz"), ("ru", "тысяча шестьсот"), ("zh", "一千六百"),
        ("en", "one thousand six hundred"),
    ],
)  # fmt: skip
def test_thousands_are_grouped_as_the_language_does(language: str, text: str) -> None:
    assert read_values(text, language) == [1600]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("az", "7,25 faiz"), ("az", "7,25%"), ("en", "7.25 percent"), ("en", "7.25%"), ("ru", "7,25 процента"),
        ("ru", "7,25\u00a0%"),
        ("tr", "yüzde 7,25"), ("tr", "%7,25"), ("zh", "百分之七点二五"), ("zh", "7.25%"), ("zh", "7.25个百分点"),
        ("en", "7.25 percentage points"), ("ru", "7,25 процентного пункта"),
    ],
)  # fmt: skip
def test_percentages(language: str, text: str) -> None:
    (found,) = read_quantities(text, language)
    assert (found.kind, found.value) == ("percentage", 7.25)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("az", "23 may 2025-ci il"), ("az", "2025-ci il mayın 23-də"), ("en", "23 May 2025"), ("en", "May 23, 2025"),
        ("ru", "23 мая 2025 года"), ("ru", "23.05.2025"), ("tr", "23 Mayıs 2025'te"), ("zh", "2025年5月23日"),
    ],
)  # fmt: skip
def test_dates(language: str, text: str) -> None:
    found = {(each.kind, each.value) for each in read_quantities(text, language)}
    assert {("date", 23), ("month", 5)} <= found
    assert 2025 in {value for _, value in found}


@pytest.mark.parametrize(
    ("language", "text"),
    [("az", "saat 22:00-da"), ("az", "saat 22.00"), ("ru", "в 22:00"), ("tr", "saat 22.00'de"), ("en", "at 10 p.m."),
     ("en", "at 22:00"), ("zh", "晚上10点"), ("zh", "22时")],
)  # fmt: skip
def test_times_of_day(language: str, text: str) -> None:
    (found,) = read_quantities(text, language)
    assert (found.kind, found.value) == ("time", 600)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (1, "birinci · first · первый · birinci · 第一"),
        (5, "beşinci · fifth · пятого · beşincisi · 第五"),
        (11, "on bir · eleven · одиннадцати · on birinci · 十一"),
        (25, "iyirmi beş · twenty-five · двадцатью пять · yirmi beşinci · 二十五"),
        (40, "qırxıncı · fortieth · сорока · kırktan · 四十"),
        (90, "doxsandan · ninety · девяноста · doksanı · 九十"),
        (100, "yüz · a hundred · сто · yüzüncü · 一百"),
        (14, "14-də · 14th · 14-го · 14'te · 第14届"),
        (21, "XXI əsr · 21st century · XXI век · XXI yüzyıl · 21世纪"),
        (5, "№ 5 · No. 5 · № 5 · No 5 · 5号"),
    ],
)
def test_number_words_ordinals_and_roman_numerals(value: float, texts: str) -> None:
    for language, text in zip(LANGUAGES, texts.split(" · "), strict=True):
        assert value in read_values(text, language), (language, text)


@pytest.mark.parametrize(
    ("language", "text", "values"),
    [
        ("en", "won 2-1", [2, 1]), ("zh", "2比1", [2, 1]),
        ("en", "in 1:45.62", [1, 45.62]),
        ("zh", "37秒94", [37.94]), ("tr", "8 bin 400 aday", [8400]),
        ("zh", "1.84万套", [18400]), ("zh", "3.5亿", [3.5e8]),
        ("en", "thousands of people", []), ("ru", "тысячи людей", []), ("zh", "数十人", []),
        ("en", "they may come", []),
        ("az", "onun üçün", []), ("tr", "kıtanın yüzünden", []), ("ru", "Марта Ковальчик", []), ("zh", "唯一", []),
    ],
)  # fmt: skip
def test_what_else_is_and_is_not_a_number(language: str, text: str, values: list[float]) -> None:
    assert read_values(text, language) == values


def test_a_score_is_the_same_with_any_mark() -> None:
    assert compare("won 15-14", "15:14 hesabı ilə", "en", "az").missing == ()
    assert compare("won 15-14", "15:13 hesabı ilə", "en", "az").added


def test_a_decade_is_the_same_with_and_without_its_century() -> None:
    assert compare("in the 1990s", "20世纪90年代", "en", "zh").missing == ()
    assert compare("in the 1990s", "в 90-х годах", "en", "ru").missing == ()
    assert compare("in the 1990s", "20世纪80年代", "en", "zh").missing


def test_a_range_shares_its_scale() -> None:
    assert compare("from 5 to 6 million", "500万至600万", "en", "zh") == compare("", "", "en", "zh")


def test_small_number_words_may_go_but_not_be_swapped() -> None:
    assert not compare("two of them left", "onlar getdi", "en", "az").missing
    assert compare("five people left", "altı nəfər getdi", "en", "az").missing


def test_other_languages_have_no_quantities() -> None:
    assert read_quantities("3,5 Millionen", "de") == ()


@given(st.integers(min_value=13, max_value=999_999_999), st.sampled_from(LANGUAGES), st.sampled_from(LANGUAGES))
def test_any_number_in_any_grouping_is_found_again(number: int, one: str, two: str) -> None:
    marks = {"az": " ", "ru": "\u00a0", "tr": ".", "en": ",", "zh": ","}
    first, second = (f"{number:,}".replace(",", marks[each]) for each in (one, two))
    difference = compare(f"({first})", f"({second})", one, two)
    assert not difference.missing
    assert not difference.added


@given(st.text(max_size=300), st.sampled_from(LANGUAGES))
def test_any_text_can_be_read(text: str, language: str) -> None:
    assert all(isinstance(each, Quantity) for each in read_quantities(text, language))


@pytest.mark.parametrize(
    "piece", ["1", "1,", "1 ", "1:", "一", "百分之", "IVX", "yüz ", "thousand ", "不", "а", "1.1."]
)
def test_the_cost_grows_with_the_text_only(piece: str, check_growth: Callable[..., None]) -> None:
    def read(size: int) -> None:
        for language in LANGUAGES:
            read_quantities(piece * size, language)

    check_growth(read, 4_000)
