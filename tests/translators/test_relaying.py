"""What stands for a text of which only the translation into a third language is known."""

from translators import Direction
from translators.fields import Fields, SentencePair, TextPair
from translators.merging import make_edits
from translators.pairing import pair_fields
from translators.relaying import join_pairs, list_alone, turn_pairs

RU = Fields(headline="Ставка растёт", body="<p>Банк поднял <b>ставку</b>. Цены & налоги упали.</p><p>Итог.</p>")
EN = Fields(headline="Rates rise", body="<p>The bank raised its <b>rate</b>. Prices & taxes fell.</p><p>The end.</p>")
TR = Fields(headline="Faiz arttı", body="<p>Banka <b>faizi</b> artırdı. Fiyat & vergi düştü.</p><p>Son.</p>")
RU_EN = pair_fields(RU, EN, Direction("ru", "en"), "")
EN_TR = pair_fields(EN, TR, Direction("en", "tr"), "editor")
RU_TR = pair_fields(RU, TR, Direction("ru", "tr"), "editor")


def list_filled(pairs: tuple[TextPair, ...]) -> list[TextPair]:
    return [pair for pair in pairs if pair.source]


def test_two_legs_make_one_way() -> None:
    assert list_filled(join_pairs(RU_EN, EN_TR)) == list_filled(RU_TR)
    assert list_filled(join_pairs(turn_pairs(RU_EN), RU_TR)) == list_filled(EN_TR)


def test_of_a_changed_text_the_sentences_that_are_the_same_are_found() -> None:
    changed = pair_fields(
        Fields(headline="Новое", body="<p>Цены & налоги упали. Другое.</p>"),
        Fields(headline="News", body="<p>Prices & taxes fell. Something else.</p>"),
        Direction("ru", "en"),
        "",
    )
    edits = make_edits(join_pairs(turn_pairs(changed), RU_TR), Direction("en", "tr"))
    assert {source: one.text for source, one in edits.sentences.items()} == {
        "Prices & taxes fell.": "Fiyat & vergi düştü."
    }


def test_what_was_added_stays_beside_nothing() -> None:
    added = TextPair("body", "", "Not.")
    assert join_pairs(RU_EN, (*EN_TR, added))[-1] == added


def test_texts_that_nothing_joins_stand_alone() -> None:
    machine = TextPair("body 3", "Y.", "Z.", (SentencePair("Y.", "Z."),))
    alone = list_alone((*RU_TR, machine))
    assert [(one.source, one.result) for one in alone][-1] == ("", "Son.")
    assert make_edits(alone, Direction("en", "tr")).added
