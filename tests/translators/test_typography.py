"""Quotes, dashes, spaces, capitals: as each language writes them, once and for all, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.typography import fit, fit_quotes, to_lower, to_upper


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("az", 'Nazir "yeni yol" - dedi .', "Nazir “yeni yol” – dedi."),
        ("az", "istanbul ili", "İstanbul ili"),
        ("en", "He said „yes“ and it's 5 % up - now", "He said “yes” and it’s 5% up – now"),
        ("en", "巴库，好。你好（一）", "巴库, 好. 你好(一)"),
        ("ru", '"Привет", - сказал он , и "ушел".', "«Привет», — сказал он, и «ушел»."),
        ("ru", '«Он сказал "да"», – вот', "«Он сказал „да“», — вот"),
        ("tr", "Ilım 5 % arttı, 10-15% ve 7,5% oldu", "Ilım %5 arttı, 10-15% ve %7,5 oldu"),
        ("tr", "iyi «gün»", "İyi “gün”"),
        ("zh", '他说:"你好, 世界." 增长 5 %', "他说：“你好，世界。”增长 5%"),
        ("zh", "经济 增长 3.5%, 比上年 (2024年) 高.", "经济增长 3.5%，比上年（2024年）高。"),
        ("zh", "《人民日报》 报道 , 12:30 结束...", "《人民日报》报道，12:30 结束……"),
        ("de", '"so" , ist es', '"so" , ist es'),
    ],
)
def test_each_language_is_written_its_own_way(language: str, text: str, wanted: str) -> None:
    assert fit(text, "A sentence", language) == wanted


@pytest.mark.parametrize("language", ["az", "en", "ru", "tr", "zh"])
@pytest.mark.parametrize(
    "text",
    [
        "18:45, 3:2, 10-15, 1,234.5 and 1.234,5",
        "1990 - 2000, v1.2.3, 23.05.2025",
        'a 5" pipe',
        "“open only",
        "A :-) B",
        "x.az/a - b"[:6],
    ],
)
def test_what_is_not_sure_stays(language: str, text: str) -> None:
    assert fit(text, "", language) == text


def test_a_capital_letter_is_given_only_where_the_source_has_one() -> None:
    assert fit("sabah gələcək", "Tomorrow", "az") == "Sabah gələcək"
    assert fit("sabah gələcək", "tomorrow", "az") == "sabah gələcək"
    assert fit("“ilk addım”", "“First step”", "az") == "“İlk addım”"
    assert fit("iPhone satılır", "Phones sell", "tr") == "iPhone satılır"
    assert fit("[az] x", "X", "az") == "[az] x"


def test_quotes_inside_quotes_take_the_inner_style() -> None:
    assert fit_quotes('"a "b" c"', "en") in ("“a ‘b’ c”", '"a "b" c"')
    assert fit_quotes("«a „b“ c»", "en") == "“a ‘b’ c”"
    assert fit_quotes("“a «b» c”", "ru") == "«a „b“ c»"


def test_the_dotted_i_is_safe() -> None:
    assert (to_upper("bilik ışıq", "az"), to_upper("bilik", "en")) == ("BİLİK IŞIQ", "BILIK")
    assert (to_lower("İLHAM ILIQ", "tr"), to_lower("İI", "en")) == ("ilham ılıq", "ii")


TEXT = st.text(alphabet="aiİıЯ会议“”«»„'‘’\"()（）,.:;!?，。：；！？… -–—%5 0\u00a0", max_size=30)


@given(TEXT, st.sampled_from(["az", "en", "ru", "tr", "zh"]))
def test_it_is_done_once_and_changes_no_letter_or_figure(text: str, language: str) -> None:
    once = fit(text, "", language)
    assert fit(once, "", language) == once
    assert [each for each in once if each.isalnum()] == [each for each in text if each.isalnum()]
