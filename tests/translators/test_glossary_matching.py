"""Terms are found with the endings of their language, and not inside other words."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.seeded_errors import LANGUAGES, Row, read_corpus
from translators.glossary import Glossary, Term, find_kept, find_terms, load_default, merge, parse_tsv

OWN = parse_tsv(
    "en\taz\tru\ttr\tzh\tkind\tkeep\n"
    "Karvan\tKarvan\tKarvan\tKarvan\tKarvan\torganisation\tkeep\n"
    "news desk\txəbər şöbəsi\tотдел новостей\thaber masası\t新闻部\tterm\t\n"
    "Zonguldak\tZonquldaq\tЗонгулдак\tZonguldak\t宗古尔达克\tplace\t\n"
    "law book | lawbook\tqanun kitabı | kitab\tсборник законов\tkanun kitabı\t法典\tterm\t\n"
)


def list_found(text: str, language: str, glossary: Glossary | None = None) -> list[tuple[str, str]]:
    """What was found, as it stands, and the concept."""
    matches = find_terms(text, language, glossary or merge([load_default(), OWN]))
    return [(text[slice(*match.span)], match.term.concept) for match in matches]


@pytest.mark.parametrize(
    ("language", "text", "concepts"),
    [
        ("az", "İranın, İranda, İrana, İrandan, İranı, İranlılar, İrandakı", ["Iran"] * 7),
        ("az", "Çingiz, Çinar, Çinovnik", []),
        ("az", "Çinlə Çindəki Çinlilərin", ["China"] * 3),
        ("az", "BMT-nin BMT-yə", ["UN", "UN"]),
        ("az", "Azərbaycan Dövlət İnformasiya Agentliyinə", ["Azerbaijan State News Agency"]),
        ("az", "İRAN", ["Iran"]),
        ("az", "iran IRAN", []),
        ("az", "kitablar kitabın", ["law book", "law book"]),
        ("az", "qanun kitabları", ["law book"]),
        ("tr", "Türkiye'nin Türkiye’den TÜRKİYE Türkiyeli", ["Türkiye"] * 4),
        ("tr", "haber ajansları, haber ajansının", ["news agency", "news agency"]),
        ("tr", "Zonguldak'ın Zonguldağın", ["Zonguldak", "Zonguldak"]),
        ("tr", "Çingene Çinko", []),
        ("ru", "в Китае, Китаем, Китаю; китаец, Китайцы", ["China"] * 3),
        ("ru", "Организацией Объединённых Наций, Организация Объединенных Наций", ["United Nations"] * 2),
        ("ru", "Южной Корее, Южную Корею", ["South Korea", "South Korea"]),
        ("ru", "в Баку, Бакунин, Иранец, Москвич", ["Baku"]),
        ("ru", "ООН, оон", ["UN"]),
        ("en", "Iran's Iran’s Irana Iranian", ["Iran", "Iran"]),
        ("en", "WHO asked who did it", ["WHO"]),
        ("en", "foreign ministers, news agencies", ["foreign minister", "news agency"]),
        ("en", "Kuala-Lumpur, Kuala Lumpur, Kuala\nLumpur, Kuala, Lumpur", ["Kuala Lumpur", "Kuala Lumpur"]),
        ("en", "the UN General Assembly", ["UN General Assembly"]),
        ("zh", "中国外交部", ["China", "Ministry of Foreign Affairs"]),
        ("zh", "在IMF的IMFX", ["IMF"]),
        ("zh", "“一带一路”倡议和一带一路倡议", ["Belt and Road Initiative"] * 2),
    ],
)  # fmt: skip
def test_a_term_is_found_with_its_endings(language: str, text: str, concepts: list[str]) -> None:
    assert [concept for _, concept in list_found(text, language)] == concepts


def test_a_match_tells_the_ending_from_the_form() -> None:
    text = "Deyib ki, Bakıdakı BMT-nin"
    city, organisation = find_terms(text, "az", load_default())
    assert (text[slice(*city.stem)], text[slice(*city.span)]) == ("Bakı", "Bakıdakı")
    assert (text[slice(*organisation.stem)], text[slice(*organisation.span)]) == ("BMT", "BMT-nin")
    assert organisation.rank == 0


def test_of_two_terms_with_one_form_the_one_that_prefers_it_is_meant() -> None:
    [match] = find_terms("The UN met.", "en", load_default())
    assert match.term.concept == "UN"
    assert [term.concept for term in match.others] == ["United Nations"]
    both = Glossary((Term("a", "place", {"en": ("Georgia",)}), Term("b", "place", {"en": ("Georgia",)})))
    assert [match.term.concept for match in find_terms("Georgia", "en", both)] == ["b"]


def test_a_language_without_rules_of_its_own_is_searched_for_whole_words() -> None:
    glossary = parse_tsv("en\tkk\tkind\nAstana\tАстана\tplace\n")
    assert list_found("Астана Астанада", "kk", glossary) == [("Астана", "Astana")]
    assert list_found("Astana", "de", glossary) == []


def test_what_is_kept_is_found_without_its_ending() -> None:
    glossary = merge([load_default(), OWN])
    for language, text in (("tr", "Karvan'ın Karvan"), ("az", "Karvan-ın Karvan"), ("zh", "用Karvan和Karvan。")):
        kept = find_kept(text, language, glossary)
        assert [text[slice(*span)] for span in kept] == ["Karvan", "Karvan"]
    assert find_kept("Karvanın İran karvan", "az", glossary) == []
    assert find_kept("Karvan", "en", load_default()) == []


@given(st.text("İIıi Bakı'’-nın中国IMFКитая.\n", max_size=60), st.sampled_from(LANGUAGES))
def test_matches_are_in_order_and_do_not_overlap(text: str, language: str) -> None:
    matches = find_terms(text, language, load_default())
    ends = [0]
    for match in matches:
        assert ends[-1] <= match.span[0] == match.stem[0] < match.stem[1] <= match.span[1] <= len(text)
        ends.append(match.span[1])


@pytest.fixture(scope="module")
def rows() -> Sequence[Row]:
    folder = Path(__file__).parent
    return [*read_corpus(folder), *read_corpus(folder / "data")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_term_stands_on_every_side_of_most_translations(rows: Sequence[Row], language: str) -> None:
    """Recall, by the other language: what English names is named in this language, but for adjectives."""
    glossary = load_default()
    names = {term.concept for term in glossary.terms if term.kind in ("place", "organisation")}
    missed = asked = 0
    for row in rows:
        wanted = {match.term.concept for match in find_terms(row["en"], "en", glossary)} & names
        found = find_terms(row[language], language, glossary)
        asked += len(wanted)
        missed += len(wanted - {term.concept for match in found for term in (match.term, *match.others)})
    assert asked > 100
    assert missed <= (0.3 if language == "ru" else 0.1) * asked


def test_a_glossary_of_many_terms_costs_little_more(rows: Sequence[Row], check_growth: Callable[..., None]) -> None:
    texts = [(row[language], language) for row in rows[:30] for language in LANGUAGES]
    glossaries = {count: Glossary(load_default().terms[: 4**count]) for count in range(1, 6)}

    def find(size: int) -> None:
        glossary = glossaries[round(math.log(size, 4))]
        for text, language in texts:
            find_terms(text, language, glossary)

    check_growth(find, 1_024, most=2.5)


@pytest.mark.parametrize("piece", ["Bakı ", "Azerbaijan ", "A", "中国", "BMT-", "'", "«", "Birləşmiş Millətlər ", "İ"])
def test_the_cost_grows_with_the_text_only(piece: str, check_growth: Callable[..., None]) -> None:
    def find(size: int) -> None:
        for language in LANGUAGES:
            find_terms(piece * size, language, load_default())

    check_growth(find, 20_000)
