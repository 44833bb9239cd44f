"""Links between words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators import Direction, Link
from translators.alignment import anchor_links, guess_links, link_pieces, make_mover, widen_links
from translators.argos import ArgosTranslator
from translators.pieces import find_spans

TEXT = "The Central Bank of Azerbaijan has left its refinancing rate unchanged at 7.25 percent."


def test_positions_are_carried_over_changed_punctuation() -> None:
    move = make_mover('a "bc" , d', "a “bc”, d")
    assert move((3, 5)) == (3, 5)
    assert move((9, 10)) == (8, 9)
    assert move((0, 5)) == (0, 5)
    assert move((7, 8)) == (5, 8)


@given(st.text(alphabet="ab1 ,.“”", max_size=15), st.data())
def test_a_mover_never_leaves_the_text(before: str, data: st.DataObject) -> None:
    after = data.draw(st.sampled_from([before.replace(",", ""), f" {before} ", "other", ""]))
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    first, last = make_mover(before, after)((start, end))
    assert 0 <= first <= last <= len(after)


def test_attention_links_whole_words_and_equal_words_link_themselves() -> None:
    links = link_pieces([(0, 3), (3, 6), (7, 9)], [(0, 2), (3, 5)], [[0.1, 0.8, 0.1], [0.0, 0.02, 0.9]])
    widened = widen_links(links, "foobar xy")
    assert max(widened, key=lambda link: link.weight) == Link((7, 9), (3, 5), 0.9)
    assert Link((0, 6), (0, 2), 0.8) in widened
    anchored = anchor_links([Link((0, 3), (4, 8), 0.9)], "foo 2025", "bar 2025"[:8])
    assert anchored == [Link((4, 8), (4, 8))]
    assert guess_links("a b", "b c") == [Link((2, 3), (0, 1))]


@pytest.mark.parametrize(
    ("pieces", "text", "wanted"),
    [
        (["▁The", "▁C", "ent", "."], "The Cent.", ["The", "C", "ent", "."]),
        (["▁", "7", ".", "▁", "x"], "7. x", ["", "7", ".", "", "x"]),
        (["会", "议", "▁", "在"], "会议 在", ["会", "议", "", "在"]),
        (["▁fi", "ne"], "ﬁne", None),
    ],
)
def test_pieces_are_found_in_their_text(pieces: list[str], text: str, wanted: list[str] | None) -> None:
    spans = find_spans(pieces, text)
    assert all(0 <= start <= end <= len(text) for start, end in spans)
    if wanted is not None:
        assert [text[start:end] for start, end in spans] == wanted


def test_the_engine_tells_alignment_and_alternatives_only_when_asked(starter: ArgosTranslator) -> None:
    direction = Direction("en", "az")
    texts = [TEXT, "Parliament passes budget", ""]
    plain = starter.translate(texts, direction, beam=2)
    asked = starter.translate(texts, direction, beam=2, hypotheses=2, aligned=[0, 2])
    assert [(one.text, one.score) for one in asked] == [(one.text, one.score) for one in plain]
    assert all(not one.alignment and not one.alternatives for one in plain)
    assert asked[0].alignment
    assert not asked[1].alignment
    assert all(
        0 <= link.source[0] < link.source[1] <= len(TEXT) and 0 <= link.target[0] < link.target[1] <= len(asked[0].text)
        for link in asked[0].alignment
    )
    assert [len(one.alternatives) for one in asked] == [1, 1, 0]
    assert asked[0].alternatives[0].alignment
    assert asked[0].alternatives[0].text != asked[0].text


def test_a_sentence_in_stretches_is_aligned_as_a_whole(starter: ArgosTranslator) -> None:
    text = "The ministers met in Baku, then they left. " * 40
    [rendered] = starter.translate([text], Direction("en", "az"), beam=1, hypotheses=4, aligned=[0])
    assert max(link.source[1] for link in rendered.alignment) > 0.8 * len(text)
    assert max(link.target[1] for link in rendered.alignment) > 0.8 * len(rendered.text)
    assert rendered.alternatives == ()
