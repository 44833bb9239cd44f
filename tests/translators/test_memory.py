"""A known translation serves again with other numbers, but only where that is sure."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators import Direction
from translators.memory import fill_template, make_template, normalise
from translators.numerals.digits import parse_figures

GROUPS = {"az": ".", "en": ",", "ru": " ", "tr": ".", "zh": ","}
POINTS = {"az": ",", "en": ".", "ru": ",", "tr": ",", "zh": "."}


def write(whole: int, fraction: str, language: str, *, grouped: bool) -> str:
    digits = f"{whole:,}".replace(",", GROUPS[language]) if grouped else str(whole)
    return f"{digits}{POINTS[language]}{fraction}" if fraction else digits


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("It rose by 3.5% to 1,600 in 2025", "en", "It rose by 0% to 0 in 0"),
        ("COVID-19, 5G, G20, H2O and the 3rd", "en", "COVID-19, 5G, G20, H2O and the 3rd"),
        ("3-cü gün 2025-ci ildə 1 600 nəfər", "az", "3-cü gün 2025-ci ildə 0 nəfər"),
        ("2025'te %5,2 arttı, 22.00'de", "tr", "2025'te %0 arttı, 22.00'de"),
        ("2025年5月有3000人", "zh", "0年0月有0人"),
        ("В 22:00 счёт 2:1, 1/8 финала", "ru", "В 0 счёт 0, 0/0 финала"),
        ("Range 5-6, −7 and (8).", "en", "Range 0-0, −0 and (0)."),
        ("no numbers", "en", "no numbers"),
    ],
)
def test_a_template_leaves_out_free_standing_numbers_only(text: str, language: str, wanted: str) -> None:
    assert make_template(text, language) == wanted


@given(st.text("0123456789.,:-'%/ \u00a0\u202façşж中G", max_size=60), st.sampled_from([*GROUPS, "ka"]))
def test_a_template_is_its_own_template(text: str, language: str) -> None:
    template = make_template(text, language)
    assert make_template(template, language) == template == normalise(template)


@pytest.mark.parametrize(
    ("way", "known", "result", "source", "wanted"),
    [
        ("en-ru", "Sold: 1,600 tons in 2025.", "Продано 1 600 тонн в 2025.", "Sold: 12,500.5 tons in 2026.", None),
        ("en-tr", "1,600 tons on 5 May", "5 Mayıs: 1.600 ton", "12,500.5 tons on 17 May", "17 Mayıs: 12.500,5 ton"),
        ("en-ru", "Left in 5 minutes.", "Ушли через 5 минут.", "Left in 16 minutes.", "Ушли через 16 минут."),
        ("en-ru", "They left in 5 minutes.", "Они ушли через 5 минут.", "They left in 3 minutes.", None),
        ("az-en", "5 nazir gəldi", "5 ministers came", "1 nazir gəldi", None),
        ("az-en", "8 faiz artım oldu", "There was an 8 percent rise", "7 faiz artım oldu", None),
        ("en-ru", "It ended 2:1 at 22:00.", "В 22:00 итог 2:1.", "It ended 3:0 at 23:15.", "В 23:15 итог 3:0."),
        ("en-az", "It ended 2:1.", "2:1 bitdi.", "It ended 22:00.", "22:00 bitdi."),
        ("en-zh", "20 million people", "2000万人", "30 million people", None),
        ("en-az", "5 and 5", "5 və 5", "6 and 7", None),
        ("en-az", "5 of them", "5 nəfər, 6 uşaq", "7 of them", None),
        ("en-az", "5 of them", "beş nəfər", "7 of them", None),
        ("en-tr", "in 2025", "2025'te", "in 2026", None),
        ("en-tr", "in 2025", "2025 yılında", "in 2026", "2026 yılında"),
        ("en-ru", "900 men of 2,000", "900 человек из 2\u00a0000", "1,900 men of 5,000", "1 900 человек из 5\u00a0000"),
        ("en-az", "5 men came", "5 kişi gəldi", "5 women came", None),
        ("en-ka", "5 men came", "5 კაცი მოვიდა", "6 men came", None),
        ("en-az", "5 men  came", "5 kişi gəldi", "5 men came", "5 kişi gəldi"),
    ],
)  # fmt: skip
def test_a_template_is_filled_where_it_is_sure(
    way: str, known: str, result: str, source: str, wanted: str | None
) -> None:
    assert fill_template(known, result, source, Direction(*way.split("-"))) == wanted


NUMBERS = st.tuples(st.integers(0, 9_999_999), st.sampled_from(["", "5", "25", "125"]))


@given(st.sampled_from(list(GROUPS)), st.sampled_from(list(GROUPS)), NUMBERS, NUMBERS, st.booleans(), st.booleans())
def test_what_is_filled_says_the_same_number(
    ours: str, theirs: str, old: tuple[int, str], new: tuple[int, str], grouped: bool, there: bool
) -> None:
    """Whatever marks the languages group and divide by."""
    known, source = (f"x: {write(*each, ours, grouped=grouped)} y" for each in (old, new))
    result = f"X {write(*old, theirs, grouped=there)} Y"
    filled = fill_template(known, result, source, Direction(ours, theirs))
    if filled is None:  # the word beside it may change
        assert theirs in ("en", "ru")
        return
    written = filled.removeprefix("X ").removesuffix(" Y")
    assert parse_figures(written, theirs) == float(f"{new[0]}.{new[1] or 0}")


@given(
    st.text("0123456789.,:-'% aя中", max_size=40),
    st.text("0123456789.,:-'% aя中", max_size=40),
    st.sampled_from(list(GROUPS)),
)
def test_a_known_source_fills_to_its_own_result(source: str, result: str, language: str) -> None:
    assert fill_template(source, result, source, Direction("en", language)) in (result, None)


@pytest.mark.parametrize("piece", ["1 111", "1.", "1 111 "])
def test_the_cost_grows_with_the_figures_only(piece: str, check_growth: Callable[..., None]) -> None:
    def fill(size: int) -> None:
        text = piece * size + "a"
        assert fill_template(text, text, text, Direction("ru", "az")) in (text, None)

    check_growth(fill, 2_000)
