"""Long sentences are cut without loss."""

from hypothesis import given
from hypothesis import strategies as st

from translators.pieces import cut_pieces


@given(st.lists(st.sampled_from(["▁a", "b", ",", "▁c.", "；"]), max_size=80), st.integers(2, 20))
def test_nothing_is_lost_and_nothing_too_long(pieces: list[str], most: int) -> None:
    stretches = cut_pieces(pieces, most)
    assert [piece for stretch in stretches for piece in stretch] == pieces
    assert all(0 < len(stretch) <= most for stretch in stretches)


def test_the_cut_is_after_punctuation_when_there_is_some() -> None:
    assert cut_pieces(["▁a", "▁b", "▁c", ",", "▁d", "▁e"], 5) == [["▁a", "▁b", "▁c", ","], ["▁d", "▁e"]]
    assert cut_pieces(["▁a", "▁b", "▁c", "▁d", "d", "d", "d"], 5) == [["▁a", "▁b", "▁c"], ["▁d", "d", "d", "d"]]
