"""From fields to sentences to fields."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators import Direction, Made, Rendered, TranslationError, Translator, UnsupportedDirection
from translators.argos import ArgosTranslator
from translators.engines import make_translator
from translators.pipeline import Failure, Fields, Outcome, read_documents, translate_documents, translate_fields
from translators.pseudo import IdentityTranslator, PseudoTranslator
from translators.sentences import Way

EN_AZ, EN_ZH, ZH_EN = Direction("en", "az"), Direction("en", "zh"), Direction("zh", "en")


class Picky(PseudoTranslator):
    """Cannot take texts with POISON in them."""

    def translate(self, texts: Sequence[str], direction: Direction, **options: Any) -> list[Rendered]:
        if any("POISON" in text for text in texts):
            raise TranslationError("cannot take it")
        return super().translate(texts, direction, **options)


class Hostile(PseudoTranslator):
    """Answers with markup."""

    def _render(self, text: str, direction: Direction) -> str:
        return "<script>alert(1)</script>&lt;script&gt;"


def translate_one(fields: Fields, direction: Direction, translator: Translator) -> Outcome:
    [outcome] = translate_fields([fields], direction, translator)
    assert isinstance(outcome, Outcome)
    return outcome


def test_every_field_is_translated_and_the_structure_kept() -> None:
    fields = Fields(
        headline="Storm hits coast",
        description="Two towns are cut off. Help is coming.",
        body='<h2>Damage</h2><p>Roads are closed. Schools too.</p><ul><li>Power</li></ul><img src="x" alt="A road">',
        captions=("A flooded road", ""),
        alts=("Water",),
    )
    outcome = translate_one(fields, EN_AZ, PseudoTranslator())
    assert outcome.fields == Fields(
        headline="[az] Storm hits coast",
        description="[az] Two towns are cut off. [az] Help is coming.",
        body="<h2>[az] Damage</h2><p>[az] Roads are closed. [az] Schools too.</p><ul><li>[az] Power</li></ul>"
        '<img src="x" alt="[az] A road">',
        captions=("[az] A flooded road", ""),
        alts=("[az] Water",),
    )
    assert outcome.made.engine == "pseudo"
    assert outcome.findings == ()


def test_spaces_between_sentences_are_those_of_the_target_language() -> None:
    there = translate_one(Fields(headline="One came. Two left."), EN_ZH, PseudoTranslator())
    assert there.fields.headline == "[zh] One came.[zh] Two left."
    back = translate_one(Fields(headline="一人来了。两人走了。"), ZH_EN, PseudoTranslator())
    assert back.fields.headline == "[en] 一人来了. [en] 两人走了."
    lines = translate_one(Fields(headline="", description="One.\n\nTwo."), EN_ZH, PseudoTranslator())
    assert lines.fields.description == "[zh] One.\n\n[zh] Two."


def test_all_documents_go_to_the_engine_in_one_call_per_beam_and_each_sentence_once(recorder: Any) -> None:
    documents = [Fields(headline=f"Head {number}", body="<p>Same. Same.</p><p>Same.</p>") for number in range(5)]
    translate_fields(documents, EN_AZ, recorder, beam_body=2, beam_headline=4)
    assert [text for _, text in recorder.asked] == ["Same.", *(f"Head {number}" for number in range(5))]
    assert recorder.beams == [2, 4]


def test_a_document_that_the_engine_cannot_take_fails_alone() -> None:
    documents = [Fields(headline="Good one"), Fields(headline="POISON"), Fields(headline="Good two")]
    first, second, third = translate_fields(documents, EN_AZ, Picky())
    assert isinstance(first, Outcome)
    assert isinstance(third, Outcome)
    assert second == Failure("cannot take it")
    assert third.fields.headline == "[az] Good two"
    assert translate_fields(documents[1:2], EN_AZ, Picky()) == [Failure("cannot take it")]


def test_a_missing_direction_is_an_error_not_an_outcome() -> None:
    with pytest.raises(UnsupportedDirection, match="en-de"):
        translate_fields([Fields(headline="x")], Direction("en", "de"), PseudoTranslator())
    assert translate_fields([], EN_AZ, PseudoTranslator()) == []


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("https://example.org/a_b?c=d", False),
        ("@az_news #COP_29 press@example.org", False),
        ("18:45 — 3:2", False),
        ("", False),
        ("See https://example.org", True),
        ("Да", True),
        ("会议", True),
    ],
)
def test_addresses_handles_and_figures_pass_by_the_engine(sentence: str, wanted: bool, recorder: Any) -> None:
    outcome = translate_one(Fields(headline=sentence), EN_AZ, recorder)
    assert bool(recorder.asked) is wanted
    if not wanted:
        assert outcome.fields.headline == sentence


def test_an_engine_that_answers_with_markup_gets_none_in() -> None:
    fields = Fields(headline="Head", body='<p>One <b>two</b>.</p><img src="x" alt="Pic">')
    outcome = translate_one(fields, EN_AZ, Hostile())
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&amp;lt;script&amp;gt;"
    assert (
        outcome.fields.body.replace("<b>", "").replace("</b>", "") == f'<p>{escaped}</p><img src="x" alt="{escaped}">'
    )
    assert outcome.fields.body.count("<") == 5


def test_empty_answers_and_wrong_counts_are_reported() -> None:
    class Empty(PseudoTranslator):
        def _render(self, text: str, direction: Direction) -> str:
            return ""

    class Short(PseudoTranslator):
        def translate(self, texts: Sequence[str], direction: Direction, **options: Any) -> list[Rendered]:
            return super().translate(texts, direction, **options)[1:]

    outcome = translate_one(Fields(headline="Head"), EN_AZ, Empty())
    assert [finding.check for finding in outcome.findings] == ["empty"]
    [failure] = translate_fields([Fields(headline="Head")], EN_AZ, Short())
    assert isinstance(failure, Failure)


def test_the_score_is_the_mean_over_the_sentences() -> None:
    class Scored(PseudoTranslator):
        def _answer(self, text: str, direction: Direction, is_aligned: bool) -> Rendered:
            return Rendered(text, -float(len(text)))

    assert translate_one(Fields(headline="ab", description="abcd"), EN_AZ, Scored()).score == -3.0
    assert translate_one(Fields(headline="42"), EN_AZ, Scored()).score == 0.0


PLAIN = st.text(alphabet="aЯ会。.! \n\u00a0<&1@#", max_size=40)
BODIES = st.lists(
    st.builds(
        lambda tag, text, more: f"<{tag}>{text}<b title='x. y'>{more}</b><br>{text}</{tag}>\n",
        st.sampled_from(["p", "h2", "li", "td", "blockquote", "figcaption"]),
        st.sampled_from(["One.  Two!", "Слово. Ещё", "会议。结束。", "a &amp; b", "&nbsp;x\n\n y", "…", "<i>z</i>"]),
        st.sampled_from(["w", "", "x. Y"]),
    ),
    max_size=5,
).map("".join)


@given(PLAIN, PLAIN, BODIES, st.sampled_from([EN_AZ, EN_ZH, ZH_EN]))
def test_an_engine_that_changes_nothing_changes_nothing(
    headline: str, caption: str, body: str, direction: Direction
) -> None:
    fields = Fields(headline=headline, description=caption, body=body, captions=(caption,), alts=(headline,))
    assert translate_one(fields, direction, IdentityTranslator()).fields == fields


def test_the_starter_translates_an_article(starter: ArgosTranslator) -> None:
    fields = Fields(headline="Parliament passes budget", body="<h2>Vote</h2><p>The bill was approved. It was late.</p>")
    outcome = translate_one(fields, EN_AZ, starter)
    assert outcome.fields.body.startswith("<h2>")
    assert outcome.fields.body.endswith("</p>")
    assert outcome.score < 0
    assert outcome.made == starter.directions()[EN_AZ]


@pytest.mark.parametrize("name", ["argos", "pseudo", "identity"])
def test_engines_are_made_by_name(name: str, starter_dir: "object") -> None:
    translator = make_translator(name, starter_dir)  # type: ignore[arg-type]
    directions: Mapping[Direction, Made] = translator.directions()
    assert {made.engine for made in directions.values()} == {name}


def test_an_unknown_engine_is_refused(tmp_path: "object") -> None:
    with pytest.raises(ValueError, match="babelfish"):
        make_translator("babelfish", tmp_path)  # type: ignore[arg-type]


class Dreamer(PseudoTranslator):
    """Begins every translation with the same words."""

    def _render(self, text: str, direction: Direction) -> str:
        return f"According to the holy book whoever reads this shall know that {text}"


def test_words_that_unrelated_articles_share_are_found() -> None:
    documents = [Fields(headline="Yağış gözlənilir."), Fields(headline="Nazir istefa verib.")]
    way = Way(Direction("az", "en"), Dreamer(), (), recent=[("Qatar gecikir.", Dreamer()._render("x", EN_AZ))])
    outcomes = translate_documents(read_documents(documents, Direction("az", "en")), way)
    for outcome in outcomes:
        assert isinstance(outcome, Outcome)
        assert [finding.check for finding in outcome.findings] == ["stock phrase"]


class Mumbler(PseudoTranslator):
    """Always says the same."""

    def _render(self, text: str, direction: Direction) -> str:
        return "He said so again."


def test_one_translation_for_two_different_sentences_is_found() -> None:
    fields = Fields(headline="", body="<p>Rates rose in Baku.</p><p>It rained all Friday.</p>")
    reading = read_documents([fields], EN_AZ)
    [outcome] = translate_documents(reading, Way(EN_AZ, Mumbler(), (), recent=()))
    assert isinstance(outcome, Outcome)
    assert [finding.check for finding in outcome.findings] == ["repeated sentence"]
    [unwatched] = translate_documents(reading, Way(EN_AZ, Mumbler(), ()))
    assert isinstance(unwatched, Outcome)
    assert unwatched.findings == ()
