"""Terms come out in the glossary's words, wherever they stand in an article."""

from functools import partial

import pytest

from translators import Direction
from translators.checks import ALL_CHECKS
from translators.glossary import Glossary, find_kept, find_term, load_default, parse_tsv
from translators.pipeline import Fields, Outcome, read_documents, translate_documents
from translators.pseudo import PseudoTranslator
from translators.sentences import Way

EN_AZ, EN_ZH = Direction("en", "az"), Direction("en", "zh")


@pytest.fixture(scope="module")
def glossary() -> Glossary:
    return parse_tsv(
        "en\taz\ttr\tru\tzh\tkind\tkeep\n"
        "Caspian Sea\tXəzər dənizi\tHazar Denizi\tКаспийское море\t里海\tplace\t\n"
        "Karvan Cloud\t\t\t\t\tterm\tkeep\n"
    )


def translate(fields: Fields, direction: Direction, glossary: Glossary) -> Outcome:
    reading = read_documents([fields], direction, find_kept=lambda text: find_kept(text, direction.source, glossary))
    checks = (partial(find_term, glossary=glossary),)
    [outcome] = translate_documents(reading, Way(direction, PseudoTranslator(), checks, glossary))
    assert isinstance(outcome, Outcome)
    return outcome


def test_a_term_that_the_engine_leaves_in_its_source_form_is_put_right(glossary: Glossary) -> None:
    outcome = translate(
        Fields(headline="Ships on the Caspian Sea", captions=("The Caspian Sea at dawn",)), EN_AZ, glossary
    )
    assert outcome.fields.headline == "[az] Ships on the Xəzər dənizi"
    assert outcome.fields.captions == ("[az] The Xəzər dənizi at dawn",)
    assert outcome.findings == ()


def test_tags_stay_on_a_term_that_was_replaced_and_on_the_words_after_it(glossary: Glossary) -> None:
    body = '<p>Ships on the <a href="https://c.example">Caspian Sea</a> carry <b>oil</b> now.</p>'
    outcome = translate(Fields(headline="", body=body), EN_AZ, glossary)
    expected = '<p>[az] Ships on the <a href="https://c.example">Xəzər dənizi</a> carry <b>oil</b> now.</p>'
    assert outcome.fields.body == expected


@pytest.mark.parametrize(
    "untouched",
    [
        "https://news.example/Azerbaijan",
        "#Azerbaijan",
        "@Azerbaijan",
        "Azerbaijan@news.example",
        "<code>Azerbaijan</code>",
    ],
)
@pytest.mark.parametrize("others", ["", " from Azerbaijan"])
def test_addresses_handles_and_code_hold_no_terms(untouched: str, others: str) -> None:
    body = f"<p>Look at {untouched} for <b>more news</b>{others} today.</p>"
    outcome = translate(Fields(headline="", body=body), EN_AZ, load_default())
    assert outcome.fields.body == f"<p>[az] {body[3:].replace('from Azerbaijan', 'from Azərbaycan')}"
    if "code" not in untouched:
        assert outcome.findings == ()


def test_a_name_that_is_kept_never_reaches_the_engine(glossary: Glossary) -> None:
    class Shouter(PseudoTranslator):
        def _render(self, text: str, direction: Direction) -> str:
            return text.upper()

    reading = read_documents(
        [Fields(headline="They moved it all to Karvan Cloud in May")],
        EN_AZ,
        find_kept=lambda text: find_kept(text, "en", glossary),
    )
    [outcome] = translate_documents(reading, Way(EN_AZ, Shouter(), (), glossary))
    assert isinstance(outcome, Outcome)
    assert outcome.fields.headline == "THEY MOVED IT ALL TO Karvan Cloud IN MAY"


def test_a_term_that_is_lost_is_reported(glossary: Glossary) -> None:
    class Loser(PseudoTranslator):
        def _render(self, text: str, direction: Direction) -> str:
            return "Gəmilər limandadır"

    way = Way(EN_AZ, Loser(), (*ALL_CHECKS, partial(find_term, glossary=glossary)), glossary)
    [outcome] = translate_documents(read_documents([Fields(headline="Ships on the Caspian Sea")], EN_AZ), way)
    assert isinstance(outcome, Outcome)
    assert [(one.check, one.severity) for one in outcome.findings if one.check == "term"] == [("term", "hold")]


def test_chinese_takes_its_terms_without_spaces(glossary: Glossary) -> None:
    assert translate(Fields(headline="Ships on the Caspian Sea"), EN_ZH, glossary).fields.headline.endswith("里海")
