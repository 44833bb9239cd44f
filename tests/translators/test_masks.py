"""What must not be touched is not, whatever an engine makes of its names."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translators.masks import find_untouched, mask, move_through, unmask


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("See https://example.org/a_b?c=(1). Now", ["https://example.org/a_b?c=(1"]),
        ("见 https://example.org/新闻，谢谢", ["https://example.org/"]),
        ("Сайт www.example.ru/новости, и", ["www.example.ru/новости"]),
        ("azertag.az xəbər verir", ["azertag.az"]),
        ("Write to press-1@news.example.org!", ["press-1@news.example.org"]),
        ("@az_news-un, #COP_29 (@x.y)", ["@az_news", "#COP_29", "@x.y"]),
        ("#北京时间# 今天", ["#北京时间#"]),
        ("Mr. Smith went. No. 5, 3.5 and e.g. this", []),
        ("a@b, 5 # 6, AT&T#", []),
    ],
)
def test_what_is_not_to_be_touched(text: str, wanted: list[str]) -> None:
    assert [text[start:end] for start, end in find_untouched(text)] == wanted


def test_names_stand_in_and_are_replaced_wherever_they_come_out() -> None:
    masked = mask("Ask @az_news or see https://x.az/a_b.")
    assert masked.text == "Ask QZ1 or see QZ2."
    answer = "qz 2 baxın, ya QZ1-dən soruşun."
    unmasked = unmask(masked, answer)
    assert unmasked is not None
    assert unmasked.text == "https://x.az/a_b baxın, ya @az_news-dən soruşun."
    assert [unmasked.text[start:end] for start, end in unmasked.spans] == ["@az_news", "https://x.az/a_b"]
    before, after = answer.index("soruşun"), unmasked.text.index("soruşun")
    assert move_through((before, before + 7), unmasked.names, unmasked.spans) == (after, after + 7)
    assert move_through((0, 4), unmasked.names, unmasked.spans) == (0, len("https://x.az/a_b"))


@pytest.mark.parametrize("answer", ["QZ1", "QZ1 QZ2 QZ2", "QZ12", "QZ1 QZ3", "", "QZ1 QZ2 QZ7", "AQZ1 QZ2"])
def test_an_answer_with_other_names_is_no_answer(answer: str) -> None:
    assert unmask(mask("@one #two"), answer) is None


def test_names_are_new_in_their_sentence() -> None:
    masked = mask("QZ1 and qz 7 met @x.")
    assert masked.text == "QZ1 and qz 7 met QZ8."


def test_islands_keep_the_letters_that_they_are_glued_to() -> None:
    masked = mask("Two Foos here", [(4, 7)])
    assert masked.text == "Two QZ1 here"
    assert masked.has_words()
    assert not mask("Foos", [(0, 3)]).has_words()


PIECES = st.sampled_from(
    ["https://x.az/a_b", "@az_news", "#COP29", "a@b.org", "QZ1", "söz", "会议", " ", ". ", "(", "»", "-"]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.permutations(range(6)))
def test_nothing_is_lost_or_altered(sentence: str, order: list[int]) -> None:
    masked = mask(sentence)
    if not sentence.count("QZ1"):
        whole = unmask(masked, masked.text)
        assert whole is not None
        assert whole.text == sentence
    names = [masked.text[start:end] for start, end in masked.names]
    shuffled = " ".join(names[place] for place in order if place < len(names))
    unmasked = unmask(masked, shuffled)
    if unmasked is not None:
        parts = [sentence[start:end] for start, end in masked.spans]
        assert [unmasked.text[start:end] for start, end in unmasked.spans] == parts
        assert sorted(unmasked.text.split(" ")) == sorted(" ".join(parts).split(" "))
    else:
        assert len(names) > 6


@pytest.mark.parametrize("piece", ["a", "中国", "a.", "@a", "a@", "www.", "#a"])
def test_the_cost_grows_with_the_text_only(piece: str, check_growth: Callable[..., None]) -> None:
    check_growth(lambda size: mask(piece * size), 30_000)
