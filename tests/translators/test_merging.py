"""What people wrote of an article stays when its source moves on."""

from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from translators import Direction, Rendered
from translators.fields import Fields, SentencePair
from translators.merging import make_edits
from translators.pairing import pair_fields
from translators.pipeline import Outcome, read_documents, translate_documents
from translators.pseudo import PseudoTranslator
from translators.sentences import Way

EN_TR = Direction("en", "tr")
SOURCE = Fields(
    headline="Rates rise in Baku",
    description="The bank raised its rate. Prices fell.",
    body="<h2>Why</h2><p>The bank <b>raised</b> its rate to 7.25 percent. It met on Friday.</p>"
    "<p>Analysts at <a href='https://a.example'>Caspian Research</a> had expected it. Shares rose. Trade was calm.</p>"
    "<ul><li>Next meeting in March</li></ul>",
    captions=("The bank in Baku",),
)
EDITED = Fields(
    headline="Bakü'de faiz arttı",
    description="Banka faizi artırdı. Fiyatlar düştü.",
    body="<h2>Neden</h2><p>Banka faizini yüzde 7,25'e <b>yükseltti</b>. Toplantı cuma günüydü.</p>"
    "<p><a href='https://a.example'>Hazar Araştırma</a> uzmanları bunu <i>bekliyordu</i>. Hisseler yükseldi. "
    "Ticaret  sakindi.</p><ul><li>Sıradaki toplantı martta</li></ul>",
    captions=("Bakü'deki banka",),
)


class Counter(PseudoTranslator):
    """Notes which sentences it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def translate(
        self,
        texts: Sequence[str],
        direction: Direction,
        *,
        beam: int,
        hypotheses: int = 1,
        aligned: Collection[int] = (),
    ) -> list[Rendered]:
        self.asked += texts
        return super().translate(texts, direction, beam=beam, hypotheses=hypotheses, aligned=aligned)


def merge(source: Fields, edited: Fields = EDITED, base: Fields = SOURCE) -> tuple[Outcome, list[str]]:
    engine = Counter()
    edits = make_edits(pair_fields(base, edited, EN_TR, "editor"), EN_TR)
    [outcome] = translate_documents(read_documents([source], EN_TR, edits=[edits]), Way(EN_TR, engine))
    assert isinstance(outcome, Outcome)
    return outcome, engine.asked


def test_an_unchanged_source_gives_the_edited_version_byte_for_byte() -> None:
    outcome, asked = merge(SOURCE)
    assert outcome.fields == EDITED
    assert asked == []
    assert outcome.is_by_people
    assert outcome.findings == ()


def test_one_changed_sentence_is_translated_and_all_others_stay() -> None:
    corrected = replace(SOURCE, body=SOURCE.body.replace("Shares rose.", "Shares fell by two percent."))
    outcome, asked = merge(corrected)
    assert asked == ["Shares fell by two percent."]
    assert outcome.fields == replace(
        EDITED,
        body=EDITED.body.replace("Hisseler yükseldi.", "[tr] Shares fell by two percent.")
        .replace("<i>bekliyordu</i>", "bekliyordu")  # its tag stood for nothing in the source
        .replace("Ticaret  sakindi", "Ticaret sakindi"),
    )
    assert [(one.check, one.source, one.severity) for one in outcome.findings if one.check == "merged"] == [
        ("merged", "Shares fell by two percent.", "note")
    ]
    assert not outcome.is_by_people


def test_a_tag_in_a_kept_sentence_stays_on_the_words_that_the_editor_put_it_on() -> None:
    corrected = replace(SOURCE, body=SOURCE.body.replace("It met on Friday.", "It met on Monday."))
    outcome, asked = merge(corrected)
    assert asked == ["It met on Monday."]
    assert "<p>Banka faizini yüzde 7,25'e <b>yükseltti</b>. [tr] It met on Monday.</p>" in outcome.fields.body


def test_a_removed_sentence_needs_no_machine() -> None:
    shorter = replace(SOURCE, body=SOURCE.body.replace("<ul><li>Next meeting in March</li></ul>", ""))
    outcome, asked = merge(shorter)
    assert asked == []
    assert outcome.fields.body == EDITED.body.replace("<ul><li>Sıradaki toplantı martta</li></ul>", "")
    assert outcome.is_by_people


def test_a_new_paragraph_moves_nothing_else() -> None:
    longer = replace(SOURCE, body=SOURCE.body.replace("<ul>", "<p>More follows.</p><ul>"))
    outcome, asked = merge(longer)
    assert asked == ["More follows."]
    assert outcome.fields.body == EDITED.body.replace("<ul>", "<p>[tr] More follows.</p><ul>")


def test_two_sentences_that_the_editor_made_one_are_not_said_twice() -> None:
    edited = replace(EDITED, description="Banka faizi artırdı ve fiyatlar düştü.")
    outcome, asked = merge(replace(SOURCE, description="The bank raised its rate. Prices rose."), edited)
    assert asked == ["The bank raised its rate.", "Prices rose."]
    assert outcome.fields.description == "[tr] The bank raised its rate. [tr] Prices rose."


def test_what_the_editor_added_is_named_when_it_is_lost() -> None:
    edited = replace(EDITED, body=EDITED.body + "<p>Karvan'ın notu: rakamlar geçicidir ve ileride değişebilir.</p>")
    outcome, _ = merge(SOURCE, edited)
    assert [(one.check, one.severity) for one in outcome.findings] == [("merged", "hold")]
    assert "rakamlar geçicidir" in outcome.findings[0].result


def test_equal_paragraphs_keep_their_own_translations_in_order() -> None:
    base = Fields(headline="Score", body="<p>No change.</p><p>It rained.</p><p>No change.</p>")
    edited = Fields(headline="Skor", body="<p>Değişiklik yok.</p><p>Yağmur yağdı.</p><p>Yine değişiklik yok.</p>")
    outcome, _ = merge(base, edited, base)
    assert outcome.fields == edited


@pytest.mark.parametrize("place", ["headline", "body 2"])
def test_pairs_name_their_sentences_and_who_wrote_them(place: str) -> None:
    pairs = {pair.place: pair for pair in pair_fields(SOURCE, EDITED, EN_TR, "editor")}
    assert all(one.by == "editor" for one in pairs[place].sentences)
    if place == "body 2":
        assert pairs[place].source.startswith("The bank <b>")
        assert pairs[place].sentences[1] == SentencePair("It met on Friday.", "Toplantı cuma günüydü.", "editor")


def test_machine_pairs_tell_their_sentences() -> None:
    [outcome] = translate_documents(read_documents([SOURCE], EN_TR), Way(EN_TR, PseudoTranslator()))
    assert isinstance(outcome, Outcome)
    pairs = {pair.place: pair for pair in outcome.pairs}
    assert pairs["body 2"].sentences[1] == SentencePair("It met on Friday.", "[tr] It met on Friday.")
    assert pairs["captions 1"].result == "[tr] The bank in Baku"
    assert not outcome.is_by_people
