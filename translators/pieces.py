"""Long sentences, cut where a reader would take breath."""

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
