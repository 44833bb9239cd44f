"""Terms, glossaries and their tables: what is written is read again, and every fault has its line."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translators.glossary import Glossary, GlossaryFault, Term, load_default, merge, parse_tsv, render_tsv
from translators.glossary.terms import make_key

ALPHABET = "abc ÇçŞşİıƏəйЖ中国-'’.“”"
FORMS = st.text(ALPHABET, min_size=1, max_size=12).map(str.strip).filter(lambda text: any(map(str.isalnum, text)))
TAGS = st.sampled_from(["az", "en", "kk", "pt-BR", "ru", "zh"])


@st.composite
def make_terms(draw: st.DrawFn) -> Term:
    forms = draw(st.dictionaries(TAGS, st.lists(FORMS, min_size=1, max_size=3, unique=True).map(tuple), min_size=1))
    allowed = {form for own in forms.values() for form in own}
    banned = st.lists(FORMS.filter(lambda form: form not in allowed), min_size=1, max_size=2, unique=True).map(tuple)
    kind = draw(st.sampled_from(["place", "person", "term", "brand"]))
    return Term(draw(FORMS), kind, forms, draw(st.dictionaries(TAGS, banned, max_size=2)), draw(st.booleans()))


GLOSSARIES = st.lists(make_terms(), max_size=5).map(lambda terms: merge([Glossary(tuple(terms))]))


@settings(max_examples=25)
@given(GLOSSARIES)
def test_a_written_glossary_is_read_again(glossary: Glossary) -> None:
    text = render_tsv(glossary)
    if glossary.terms:
        assert parse_tsv(text) == glossary
        assert parse_tsv("\ufeff" + text.replace("\n", "\r\n")) == glossary
        assert render_tsv(parse_tsv(text)) == text
        assert parse_tsv(text).version == glossary.version


@settings(max_examples=25)
@given(GLOSSARIES, GLOSSARIES)
def test_the_later_glossary_wins(one: Glossary, two: Glossary) -> None:
    both = merge([one, two])
    assert set(two.terms) <= set(both.terms)
    assert merge([both, two]) == both
    assert merge([both, Glossary()]) == both
    assert len({make_key(term.concept) for term in both.terms}) == len(both.terms)


def test_a_version_tells_terms_apart_and_not_their_order() -> None:
    one, two = (Term(name, "place", {"en": (name,)}) for name in ("Baku", "Ganja"))
    assert Glossary((one, two)).version == Glossary((two, one)).version
    changed = [
        replace(one, kind="person"),
        replace(one, keep=True),
        replace(one, forms={"en": ("Baku", "Bakou")}),
        replace(one, forms={"en": ("Bakou", "Baku")}),
        replace(one, forbidden={"en": ("Baky",)}),
    ]
    versions = {Glossary((each, two)).version for each in [one, *changed]}
    assert len(versions) == len(changed) + 1
    assert all(len(version) == 12 and int(version, 16) >= 0 for version in versions)


def test_the_shipped_glossary_has_all_five_languages() -> None:
    glossary = load_default()
    assert len(glossary.terms) == 1052
    assert glossary.languages == ("en", "az", "ru", "tr", "zh")
    assert all(len(term.forms) == 5 for term in glossary.terms)
    assert load_default() is glossary
    assert parse_tsv(render_tsv(glossary)) == glossary


def test_cells_hold_variants_and_what_is_forbidden() -> None:
    glossary = parse_tsv("en\taz\tkind\tkeep\nTürkiye | Turkiye | !Turkey\tTürkiyə\tplace\t\nKarvan\t\t\tkeep\n")
    country, product = glossary.terms
    assert country.forms == {"en": ("Türkiye", "Turkiye"), "az": ("Türkiyə",)}
    assert country.forbidden == {"en": ("Turkey",)}
    assert (country.concept, country.kind, country.keep) == ("Türkiye", "place", False)
    assert (product.kind, product.keep, product.list_forms("az")) == ("term", True, ("Karvan",))


def test_a_language_with_a_region_is_its_language() -> None:
    term = Term("Baku", "place", {"pt-BR": ("Baku",), "zh": ("巴库",)})
    assert term.list_forms("pt") == ("Baku",)
    assert term.list_forms("zh-Hans") == ("巴库",)
    assert term.list_forms("zh-Hant") == ()
    assert term.list_forms("az") == ()


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "neither a language tag"),
        ("kind\tkeep\n", 1, "no column for a language"),
        ("en\tcomment\nBaku\tx", 1, "'comment' is neither"),
        ("en\tEN\nBaku\tx", 1, "twice"),
        ("en\taz\n\nBaku\tBakı\tplace", 3, "3 cells for 2 columns"),
        ("en\tkind\n\tplace", 2, "no form in any language"),
        ("en\nBaku\n BAKU ", 3, "stands in line 2 as well"),
        ("en\nBaku | | Bakou", 2, "nothing between two bars"),
        ("en\nBaku | !Baku", 2, "allowed and forbidden"),
        ("en\tkeep\nBaku\tyes", 2, "keep is 'yes'"),
        ("en\n" + "x" * 201, 2, "more than 200 characters"),
        ("en\n" + " | ".join(f"x{n}" for n in range(21)), 2, "more than 20 forms"),
        ("en\n!!Baku | Baku", 2, "no form can have"),
        ("en\tkind\nBaku\t" + "x" * 201, 2, "is no concept or kind"),
        ("en\n—", 2, "no letter"),
        ("en\nBa\x07ku", 2, "no form can have"),
    ],
)
def test_a_fault_has_its_line_and_reason(text: str, line: int, reason: str) -> None:
    with pytest.raises(GlossaryFault, match=f"line {line}: ") as caught:
        parse_tsv(text)
    assert [fault.line for fault in caught.value.faults] == [line]
    assert reason in caught.value.faults[0].reason


def test_all_faults_are_told_at_once_but_not_too_many() -> None:
    with pytest.raises(GlossaryFault) as caught:
        parse_tsv("en\n—\nBaku\n…\n")
    assert [fault.line for fault in caught.value.faults] == [2, 4]
    with pytest.raises(GlossaryFault) as caught:
        parse_tsv("en\n" + "—\n" * 100_000)
    assert len(caught.value.faults) == 100


def test_what_no_table_can_hold_is_not_written() -> None:
    with pytest.raises(ValueError, match="no form can have"):
        render_tsv(Glossary((Term("a", "place", {"en": ("a | b",)}),)))
