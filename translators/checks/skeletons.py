"""Names by their consonants, so that Rustamova, Rüstəmova, Рустамова, Rüstemova and 鲁斯塔莫娃 look alike.

A skeleton is a string over a few classes of consonants: b (b p), t (d t), k (g k q), s (s z ts), c (ch j sh zh), l, r,
m, n, v (f v w). Vowels, h and y are left out, repetitions too. Chinese characters used for foreign names have theirs in
data/transliteration.zh.txt, with l for r.
"""

import re
from functools import lru_cache
from importlib import resources
from itertools import takewhile

_DIGRAPHS = {
    "en": (
        ("tch", "c"), ("sch", "c"), ("zh", "c"), ("sh", "c"), ("ch", "c"), ("kh", ""), ("gh", "k"), ("ph", "v"),
        ("th", "t"), ("ts", "s"),
        ("tz", "s"), ("ck", "k"), ("qu", "k"), ("dj", "c"), ("ce", "s"), ("ci", "s"), ("x", "ks"),
    ),
    "ru": (("дж", "c"), ("кс", "ks"), ("тс", "s"), ("дз", "s")),
    "az": (("dj", "c"), ("ts", "s")),
    "tr": (("ts", "s"),),
}  # fmt: skip
_CLASSES = {
    "b": "bpбп", "t": "dtдтţ", "k": "gkqcгкğ", "s": "szсзцßśž", "c": "jçşжчшщčšğ", "l": "lлł", "r": "rр", "m": "mм",
    "n": "nнñń", "v": "vwfвф",
}  # fmt: skip
_ENGLISH = {letter: own for own, letters in _CLASSES.items() for letter in letters}
_LETTERS = {
    "en": {**_ENGLISH, "j": "c", "g": "k", "ç": "c", "ş": "c", "ğ": "k"},
    "ru": _ENGLISH,
    "az": {**_ENGLISH, "c": "c", "j": "c", "ğ": "k", "x": ""},
    "tr": {**_ENGLISH, "c": "c", "j": "c", "ğ": ""},
}
_CASE = str.maketrans({"İ": "i", "I": "ı"})


@lru_cache(maxsize=8192)
def get_skeleton(word: str, language: str) -> str:
    """The consonants of a word of az en ru tr."""
    word = word[:40].translate(_CASE).lower() if language in ("az", "tr") else word[:40].lower()
    for letters, own in _DIGRAPHS[language]:
        if letters in word:
            word = word.replace(letters, own.upper())
    table = _LETTERS[language]
    bare = "".join(letter.lower() if letter in "BTKSCLRMNV" else table.get(letter, " ") for letter in word)
    return _squeeze(bare)


def get_chinese_skeleton(text: str) -> str:
    """The consonants of those characters of a sentence that write foreign names."""
    table = _load_transliteration()
    return _squeeze(" ".join(table.get(character, "") for character in text))


def get_chinese_name(text: str) -> str:
    """The consonants of a name, up to the first character that writes none."""
    table = _load_transliteration()
    return _squeeze(" ".join(table[character] for character in takewhile(table.__contains__, text)))


def are_alike(one: str, two: str) -> bool:
    """Whether two skeletons may be of one name, either with an ending that the other has not."""
    if one > two:
        one, two = two, one
    return _compare(one, two)


@lru_cache(maxsize=16384)
def _compare(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    if not short:
        return not long
    if long.startswith(short) and len(long) - len(short) <= 3:
        return True
    if len(short) < 3:
        return False
    return _count_edits(short, long) <= (1 if len(short) < 5 else 2)


def _count_edits(short: str, long: str) -> int:
    """Edits that turn the shorter one into a beginning of the longer one."""
    row = list(range(len(long) + 1))
    for at, own in enumerate(short, 1):
        before, row[0] = row[0], at
        for position, other in enumerate(long, 1):
            before, row[position] = (
                row[position],
                min(row[position] + 1, row[position - 1] + 1, before + (own != other and {own, other} != {"l", "r"})),
            )
    return min(row[max(0, min(len(short) - 2, len(long))) :])


def is_within(name: str, text: str) -> bool:
    """Whether a Latin or Cyrillic name's skeleton is somewhere in a Chinese one, which has l for r and more slips."""
    name = name.replace("r", "l").replace("c", "s")
    return _compare_within(name, text.replace("c", "s"))


def are_alike_in_chinese(name: str, chinese: str) -> bool:
    """Whether a Latin or Cyrillic name's skeleton, which may have an ending, is that of a Chinese name."""
    return _compare_chinese(name.replace("r", "l").replace("c", "s"), chinese.replace("c", "s"))


@lru_cache(maxsize=8192)
def _compare_chinese(name: str, chinese: str) -> bool:
    if not name:
        return False
    if len(chinese) < 3:
        return name.startswith(chinese) or (len(name) > 1 and chinese.startswith(name))
    edits = min(_count_edits(chinese, name), _count_edits(name, chinese))
    return edits <= min(len(chinese), len(name)) // 3


@lru_cache(maxsize=4096)
def _compare_within(name: str, text: str) -> bool:
    if name in text:
        return True
    row = [0] * (len(text) + 1)  # the name may begin anywhere
    for at, own in enumerate(name, 1):
        before, row[0] = row[0], at
        for position, other in enumerate(text, 1):
            before, row[position] = (
                row[position],
                min(row[position] + 1, row[position - 1] + 1, before + (own != other)),
            )
    return min(row) <= max(1, (len(name) + 1) // 3)


def _squeeze(skeleton: str) -> str:
    """What stands doubled, once."""
    return re.sub(r"(\w)\1+", r"\1", skeleton).replace(" ", "")


@lru_cache(maxsize=1)
def _load_transliteration() -> dict[str, str]:
    text = resources.files("translators").joinpath("data/transliteration.zh.txt").read_text(encoding="utf-8")
    table: dict[str, str] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            own, _, characters = line.partition(" ")
            table.update(dict.fromkeys(characters, own.strip("-")))
    return table
