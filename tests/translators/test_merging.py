"""What people wrote of an article stays when its source moves on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators import Direction
from translators.fields import Fields, SentencePair
from translators.merging import MOST_TOLD, find_lost, make_edits
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


Merge = Callable[..., tuple[Outcome, list[str]]]


@pytest.fixture
def merge(recorder: Any) -> Merge:
    """The outcome of a new source under an edited version, and what the engine was asked for."""

    def merge_with(source: Fields, edited: Fields = EDITED, base: Fields = SOURCE) -> tuple[Outcome, list[str]]:
        edits = make_edits(pair_fields(base, edited, EN_TR, "editor"), EN_TR)
        [outcome] = translate_documents(read_documents([source], EN_TR, edits=[edits]), Way(EN_TR, recorder))
        assert isinstance(outcome, Outcome)
        return outcome, [text for _, text in recorder.asked]

    return merge_with


def test_an_unchanged_source_gives_the_edited_version_byte_for_byte(merge: Merge) -> None:
    outcome, asked = merge(SOURCE)
    assert outcome.fields == EDITED
    assert asked == []
    assert outcome.is_by_people
    assert outcome.findings == ()


def test_one_changed_sentence_is_translated_and_all_others_stay(merge: Merge) -> None:
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


def test_a_tag_in_a_kept_sentence_stays_on_the_words_that_the_editor_put_it_on(merge: Merge) -> None:
    corrected = replace(SOURCE, body=SOURCE.body.replace("It met on Friday.", "It met on Monday."))
    outcome, asked = merge(corrected)
    assert asked == ["It met on Monday."]
    assert "<p>Banka faizini yüzde 7,25'e <b>yükseltti</b>. [tr] It met on Monday.</p>" in outcome.fields.body


def test_a_removed_sentence_needs_no_machine(merge: Merge) -> None:
    shorter = replace(SOURCE, body=SOURCE.body.replace("<ul><li>Next meeting in March</li></ul>", ""))
    outcome, asked = merge(shorter)
    assert asked == []
    assert outcome.fields.body == EDITED.body.replace("<ul><li>Sıradaki toplantı martta</li></ul>", "")
    assert outcome.is_by_people


def test_a_new_paragraph_moves_nothing_else(merge: Merge) -> None:
    longer = replace(SOURCE, body=SOURCE.body.replace("<ul>", "<p>More follows.</p><ul>"))
    outcome, asked = merge(longer)
    assert asked == ["More follows."]
    assert outcome.fields.body == EDITED.body.replace("<ul>", "<p>[tr] More follows.</p><ul>")


def test_two_sentences_that_the_editor_made_one_are_not_said_twice(merge: Merge) -> None:
    edited = replace(EDITED, description="Banka faizi artırdı ve fiyatlar düştü.")
    outcome, asked = merge(replace(SOURCE, description="The bank raised its rate. Prices rose."), edited)
    assert asked == ["The bank raised its rate.", "Prices rose."]
    assert outcome.fields.description == "[tr] The bank raised its rate. [tr] Prices rose."


def test_what_the_editor_added_is_named_when_it_is_lost(merge: Merge) -> None:
    edited = replace(EDITED, body=EDITED.body + "<p>Karvan'ın notu: rakamlar geçicidir ve ileride değişebilir.</p>")
    outcome, _ = merge(SOURCE, edited)
    assert [(one.check, one.severity) for one in outcome.findings] == [("merged", "hold")]
    assert "rakamlar geçicidir" in outcome.findings[0].result


def test_equal_paragraphs_keep_their_own_translations_in_order(merge: Merge) -> None:
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


def test_a_paragraph_that_the_editor_left_out_does_not_come_back_unseen(merge: Merge) -> None:
    left_out = "<p>The governor is said to have resigned over it.</p>"
    outcome, asked = merge(SOURCE, base=replace(SOURCE, body=SOURCE.body + left_out))
    assert outcome.is_by_people
    assert asked == []
    outcome, asked = merge(
        replace(SOURCE, headline="Rates rise again", body=SOURCE.body + left_out),
        base=replace(SOURCE, body=SOURCE.body + left_out),
    )
    assert sorted(asked) == ["Rates rise again", "The governor is said to have resigned over it."]
    [found] = [one for one in outcome.findings if one.severity == "hold"]
    assert (found.check, found.source, found.result) == ("merged", left_out[3:-4], f"[tr] {left_out[3:-4]}")


def test_a_long_edit_with_a_paragraph_less_is_kept(merge: Merge) -> None:
    base = [f"Speaker number {number} said {'very ' * (number % 9)}much about it." for number in range(150)]
    edited = [f"{number} numaralı konuşmacı {'çok ' * (number % 9)}şey söyledi." for number in range(150)]
    body, ours = ("".join(f"<p>{one}</p>" for one in texts) for texts in (base, edited[:70] + edited[71:]))
    outcome, asked = merge(
        Fields(headline="Talks", body=body.replace("much about it.</p>", "nothing.</p>", 1)),
        Fields(headline="Görüşmeler", body=ours),
        Fields(headline="Talks", body=body),
    )
    assert sorted(asked) == sorted([base[0].replace("much about it", "nothing"), base[70]])
    assert edited[149] in outcome.fields.body
    assert {one.source for one in outcome.findings if one.severity == "hold"} == {base[70]}


def test_the_cost_of_laying_texts_that_fit_badly_side_by_side_is_bounded(check_growth: Callable[..., None]) -> None:
    def pair(length: int) -> None:
        source = "".join(f"<p>Number {number} of many.</p>" for number in range(length))
        edited = "".join(f"<p>{number + 5} {'çok ' * (number % 7 * 3)}numara.</p>" for number in range(length))
        pair_fields(Fields(headline="", body=source), Fields(headline="", body=edited), EN_TR, "editor")

    check_growth(pair, 800, steps=1)


def test_what_nothing_stands_beside_is_named_up_to_a_bound() -> None:
    edits = make_edits(
        pair_fields(Fields(headline=""), Fields(headline="", body="<p>Not.</p>" * 500), EN_TR, "x"), EN_TR
    )
    found = find_lost(edits)
    assert len(found) == MOST_TOLD
    assert found[-1].detail.endswith("so are 480 more")


def test_the_cost_of_equal_paragraphs_grows_with_their_number_only(
    merge: Merge, check_growth: Callable[..., None]
) -> None:
    def merge_equal(count: int) -> None:
        base, edited = "<p>No change.</p>" * count, "<p>Değişmedi.</p>" * count
        outcome, _ = merge(
            Fields(headline="A b", body=base), Fields(headline="C d", body=edited), Fields(headline="A b", body=base)
        )
        assert outcome.fields.body == edited

    check_growth(merge_equal, 1_000)


def test_an_attribute_and_a_paragraph_with_the_same_words_keep_their_own_translations(merge: Merge) -> None:
    picture, words = '<p><img src="https://a.example/a.png" alt="{}"></p>', "<p>{}</p>"
    base = Fields(headline="A b", body=picture.format("The port of Baku") + words.format("The port of Baku"))
    edited = Fields(headline="C d", body=picture.format("Q &lt; W & Bakü") + words.format("<b>Bakü</b> limanı"))
    for kept in (picture, words):
        body = kept.format("The port of Baku")
        outcome, asked = merge(replace(base, body=body), edited, base)
        assert (outcome.fields.body, asked) == (
            picture.format("Q &lt; W &amp; Bakü") if kept == picture else words.format("<b>Bakü</b> limanı"),
            [],
        )


SENTENCES = [
    f"Speaker {word} said {'very ' * size}much about it." for size, word in enumerate(["one", "two", "three", "four"])
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("edit", "change", "insert", "remove")),
        st.integers(0, 5),
        st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=2, unique=True),
    ),
    min_size=1,
    max_size=8,
)


def make_body(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def list_paragraphs(body: str) -> list[str]:
    return body.removeprefix("<p>").removesuffix("</p>").split("</p><p>")


@given(STEPS)
def test_whatever_comes_in_between_an_untouched_paragraph_stays_and_edited_means_seen(steps: Any) -> None:
    source, pairs, seen = [SENTENCES[0], SENTENCES[1]], (), set[str]()
    version: list[str] = []
    for number, (step, at, sentences) in enumerate([("change", 0, SENTENCES[2:3]), *steps]):
        at %= len(source)
        if step == "edit":
            version[at] = version[at].replace("[tr]", f"Sözcü{number}")
            seen |= set(version)
            pairs = pair_fields(
                Fields(headline="", body=make_body(source)),
                Fields(headline="", body=make_body(version)),
                EN_TR,
                "editor",
            )
            continue
        new = [*source[:at], *([] if step == "remove" and len(source) > 1 else [" ".join(sentences)])]
        new += source[at if step == "insert" else at + 1 :]
        reading = read_documents([Fields(headline="", body=make_body(new))], EN_TR, edits=[make_edits(pairs, EN_TR)])
        [outcome] = translate_documents(reading, Way(EN_TR, PseudoTranslator()))
        assert isinstance(outcome, Outcome)
        written = list_paragraphs(outcome.fields.body)
        for place, text in enumerate(new):
            if new.count(text) == source.count(text) == 1 and version and "[tr]" not in version[source.index(text)]:
                assert written[place] == version[source.index(text)]
        if outcome.is_by_people:
            assert {part.rstrip(".") for text in written for part in text.split(". ")} <= {
                part.rstrip(".") for text in seen for part in text.split(". ")
            }
        source, pairs, version = new, outcome.pairs, written
