"""SentencePiece's pieces: where they stand in the text, and where a long sentence is cut: at a reader's breath."""

from collections.abc import Sequence

from translators import Span
from translators.alignment import make_mover

# Ends of pieces after which a cut does least harm, best first.
_BREATHS = ((";", "；", "。", "!", "?", "！", "？"), (":", "：", "—", "–"), (",", "，", "、", ")", "）"))
_SPACE = "▁"


def cut_pieces(pieces: list[str], most: int) -> list[list[str]]:
    """Cut a sentence of SentencePiece pieces into stretches of at most `most`; nothing is lost."""
    stretches = []
    while len(pieces) > most:
        place = _find_cut(pieces, most)
        stretches.append(pieces[:place])
        pieces = pieces[place:]
    if pieces:
        stretches.append(pieces)
    return stretches


def find_spans(pieces: Sequence[str], text: str) -> list[Span]:
    """Where each piece stands in the text that it was cut from or makes; blanks are left out."""
    joined = "".join(pieces).replace(_SPACE, " ")
    lead = len(joined) - len(joined.lstrip(" "))
    move = make_mover(joined.strip(" "), text)
    size = len(joined.strip(" "))
    spans = []
    place = 0
    for piece in pieces:
        bare = piece.strip(_SPACE)
        start = place + len(piece) - len(piece.lstrip(_SPACE)) - lead
        inside = bare and start >= 0 and start + len(bare) <= size
        spans.append(move((start, start + len(bare))) if inside else (0, 0))
        place += len(piece)
    return spans


def _find_cut(pieces: list[str], most: int) -> int:
    """Where to cut: after punctuation in the second half of the allowed length, else before a word, else anywhere."""
    window = range(most, most // 2, -1)
    for ends in _BREATHS:
        for place in window:
            if pieces[place - 1].endswith(ends):
                return place
    for place in window:
        if pieces[place].startswith(_SPACE):
            return place
    return most
