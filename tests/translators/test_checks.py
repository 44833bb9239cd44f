"""What is wrong with a translation is found, and what people translate is left alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from benchmarks.checks import check_case, measure_alarms
from benchmarks.seeded_errors import DIRECTIONS, MAKERS, Row, make_errors, read_corpus
from translators import Direction
from translators.checks import (
    ALL_CHECKS,
    BASIC_CHECKS,
    check_set,
    find_all,
    find_low_gain,
    find_low_score,
    find_stock_phrases,
)
from translators.checks.places import find_place, make_table

EN_AZ, EN_ZH, ZH_EN, EN_RU = Direction("en", "az"), Direction("en", "zh"), Direction("zh", "en"), Direction("en", "ru")
EN_TR = Direction("en", "tr")


@pytest.fixture(scope="module")
def rows() -> Sequence[Row]:
    return read_corpus(Path(__file__).parent / "data")


def name_findings(source: str, result: str, direction: Direction) -> list[str]:
    return [finding.check for finding in find_all(source, result, direction, ALL_CHECKS)]


@pytest.mark.parametrize(
    ("source", "result", "direction", "wanted"),
    [
        ("Hello.", "Salam.", EN_AZ, []),
        ("Hello.", " ", EN_AZ, ["empty"]),
        ("", "", EN_AZ, []),
        ("Hello.", "Salam, " + " ".join(map(str, range(40))), EN_AZ, ["overlong"]),
        (
            "部长周二在巴库会见代表团，讨论水资源问题。",
            "The minister met the delegation in Baku on Tuesday to discuss water.",
            ZH_EN,
            [],
        ),
        ("A short line on water.", "水" + "关于水的一句短话" * 12, EN_ZH, ["overlong", "repetition"]),
        ("The minister met the delegation.", "nazir heyət ilə " * 5, EN_AZ, ["repetition"]),
        ("a b c " * 5, "ç d e " * 5, EN_AZ, []),
    ],
)
def test_basic_findings(source: str, result: str, direction: Direction, wanted: list[str]) -> None:
    assert [finding.check for finding in find_all(source, result, direction)] == wanted


def test_only_basic_checks_are_made_unless_asked_for_more() -> None:
    assert find_all("It cost 5 dollars.", "7 manat oldu.", EN_AZ) == ()
    assert set(BASIC_CHECKS) < set(ALL_CHECKS)


@pytest.mark.parametrize(
    ("source", "result", "direction", "wanted"),
    [
        ("Turnout was 41.7% by noon.", "Günortaya qədər fəallıq 41,7 faiz olub.", EN_AZ, []),
        ("Turnout was 41.7% by noon.", "Günortaya qədər fəallıq 47,1 faiz olub.", EN_AZ, ["percentage"]),
        ("Turnout was 41.7% by noon.", "Günortaya qədər fəallıq 41,7 olub.", EN_AZ, ["percentage"]),
        ("The bus costs 3.5 million dollars.", "Автобус стоит 3,5 млн долларов.", EN_RU, []),
        ("The bus costs 3.5 million dollars.", "Автобус стоит 3,5 млн рублей.", EN_RU, ["currency"]),
        ("The bus costs 3.5 million dollars.", "Автобус стоит 3,5 млрд долларов.", EN_RU, ["currency"]),
        ("They meet on 14 October.", "Görüş oktyabrın 14-də olacaq.", EN_AZ, []),
        ("They meet on 14 October.", "Görüş noyabrın 14-də olacaq.", EN_AZ, ["date"]),
        ("They meet on Monday.", "Görüş çərşənbə axşamı olacaq.", EN_AZ, ["date"]),
        ("The doors open at 22:00.", "Qapılar saat 00:00-da açılır.", EN_AZ, ["date"]),
        ("It took 1,400 workers.", "Bunun üçün 400 işçi lazım olub.", EN_AZ, ["number"]),
        ("The talks lasted 3 days.", "Danışıqlar 3 il çəkib.", EN_AZ, ["unit"]),
        ("We met Leyla Rustamova there.", "Мы встретили там Лейлу Рустамову.", EN_RU, []),
        ("We met Leyla Rustamova there.", "Мы встретили там Айсель Мамедову.", EN_RU, ["name"]),
        ("The bridge in Germany is not open.", "Мост в Германии не открыт.", EN_RU, []),
        ("The bridge in Germany is not open.", "Мост во Франции не открыт.", EN_RU, ["name", "known name"]),
        ("The bridge is not open.", "Köprü açık değil.", EN_TR, []),
        ("The bridge is not open.", "Köprü açıldı.", EN_TR, ["negation"]),
        ("The bridge is open.", "Мост не открыт.", EN_RU, ["negation"]),
        ("Nobody was hurt.", "Heç kim xəsarət alıb.", EN_AZ, ["negation"]),
        ("the bridge is open again today", "the bridge is open again today", EN_AZ, ["copied source", "language"]),
        ("The bridge is open again.", "The bridge is open again now.", EN_RU, ["language"]),
        ("It rained. The bridge is closed.", "Yağış yağdı.", EN_AZ, ["sentences"]),
    ],
)
def test_findings(source: str, result: str, direction: Direction, wanted: list[str]) -> None:
    assert name_findings(source, result, direction) == wanted


def test_a_translation_into_another_language_is_seen() -> None:
    turkish = "Merkez Bankası geçen hafta politika faizini değiştirmeden bıraktığını açıkladı."
    found = find_all(
        "The central bank said last week that it had left the key rate unchanged.", turkish, EN_AZ, ALL_CHECKS
    )
    assert [finding.detail for finding in found if finding.check == "language"] == ["seems to be in tr"]


@pytest.mark.parametrize(
    ("target", "result"),
    [
        ("de", "Den anderen wurde damals nur die Hälfte gezahlt."),
        ("zh-Hant", "當時只向其他人支付了一半的款項。"),
        ("kk", "Басқаларына тек жартысы ғана төленген болатын."),
    ],
)
def test_what_the_tables_do_not_have_is_no_error(target: str, result: str) -> None:
    source = "On 14 May 5 dollars were not paid to Leyla Rustamova."
    assert find_all(source, result, Direction("en", target), ALL_CHECKS) == ()


def test_a_caller_brings_names_of_its_own() -> None:
    table = make_table([{"en": "Blue Dome", "az": "Mavi Günbəz"}, {"en": "Stone Gate", "az": "Daş Qapı"}])
    finding = find_place("We saw the Blue Dome.", "Biz Daş Qapını gördük.", EN_AZ, table)
    assert finding is not None
    assert finding.detail == "Blue Dome has become Stone Gate"
    assert find_place("We saw the Blue Dome.", "Biz Mavi Günbəzi gördük.", EN_AZ, table) is None


SOURCES = [
    "The bridge over the river was closed to heavy traffic on Monday.", "Rain is expected.",
    "In 1985 some 1,400 people lived here, most of them fishermen and their families.",
]  # fmt: skip
RESULTS = [
    "Çayın üzərindəki körpü bazar ertəsi ağır nəqliyyat üçün bağlanıb.", "Yağış gözlənilir.",
    "1985-ci ildə burada 1400-ə yaxın insan yaşayırdı, onların çoxu balıqçılar və ailələri idi.",
]  # fmt: skip


def test_a_whole_set_has_no_findings() -> None:
    assert check_set(SOURCES, RESULTS, EN_AZ) == []


@pytest.mark.parametrize("lost", range(3))
def test_the_sentence_that_is_missing_is_named(lost: int) -> None:
    (finding,) = check_set(SOURCES, RESULTS[:lost] + RESULTS[lost + 1 :], EN_AZ)
    assert (finding.check, finding.source, finding.severity) == ("missing sentence", SOURCES[lost], "hold")


@pytest.mark.parametrize("extra", range(3))
def test_the_sentence_that_was_added_is_named(extra: int) -> None:
    (finding,) = check_set(SOURCES[:extra] + SOURCES[extra + 1 :], RESULTS, EN_AZ)
    assert (finding.check, finding.result) == ("added sentence", RESULTS[extra])


def test_one_result_for_two_sentences_is_named() -> None:
    findings = check_set(SOURCES, [RESULTS[0], RESULTS[1], RESULTS[0]], EN_AZ)
    assert "repeated sentence" in [finding.check for finding in findings]
    assert check_set([SOURCES[0]] * 2, [RESULTS[0]] * 2, EN_AZ) == []


def test_a_phrase_in_translations_of_unrelated_sentences_is_made_up() -> None:
    stock = "According to the Quran a Muslim is one who"
    pairs = [
        ("Yağış gözlənilir.", f"{stock} waits for rain."),
        ("Nazir istefa verib.", f"{stock} has resigned."),
        ("Qatar gecikir.", f"{stock} is late."),
        ("Körpü açıldı.", "The bridge has opened."),
    ]
    assert [at for at, _ in find_stock_phrases(pairs, Direction("az", "en"))] == [0, 1, 2]
    related = [("Körpü yenə açıldı.", "The bridge over the river has been opened again.")] * 3
    assert find_stock_phrases(related, Direction("az", "en")) == []


def test_low_scores_are_noted() -> None:
    assert find_low_score("a", "b", -1.0) is None
    finding = find_low_score("a", "b", -3.0)
    assert finding is not None
    assert finding.severity == "note"
    assert find_low_score("a", "b", 0.0) is None, "unknown"
    assert find_low_gain("a", "b", 0.1) is not None
    assert find_low_gain("a", "b", 1.5) is find_low_gain("a", "b", None) is find_low_gain("a", "", 0.1) is None


@pytest.mark.parametrize("kind", MAKERS)
def test_seeded_errors_are_caught(kind: str, rows: Sequence[Row]) -> None:
    least = 0.95 if kind in ("number", "date", "percentage", "currency") else 0.8
    cases = [case for direction in DIRECTIONS for case in make_errors(kind, rows, direction, 10)]
    assert len(cases) >= 150
    missed = [case for case in cases if not check_case(case)]
    assert len(missed) <= (1 - least) * len(cases), missed[:5]


def test_good_translations_are_seldom_held() -> None:
    rows = read_corpus(Path(__file__).parent)  # drawn without regard to what is in them
    held = [measure_alarms(rows, direction)[0] for direction in DIRECTIONS]
    assert len(rows) > 100
    assert sum(rate.hits for rate in held) <= 0.05 * sum(rate.total for rate in held)


@pytest.mark.parametrize("piece", ["a", "A", "Ab ", "不", "не ", "nə a ", "·奥", "a. ", "heç ", "1", "İ", "的·", "m"])
def test_the_cost_grows_with_the_text_only(piece: str, check_growth: Callable[..., None]) -> None:
    def find(size: int) -> None:
        for direction in (EN_AZ, EN_ZH, ZH_EN, EN_RU, EN_TR, Direction("az", "tr")):
            find_all(piece * size, piece * (size * 3 // 4) + "x", direction, ALL_CHECKS)

    check_growth(find, 4_000)
