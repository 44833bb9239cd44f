"""What a person types → what the index is asked, the closest first. Pure; whatever is typed is data, never syntax.

words        all of them have to be there           -word   must not be there
"a phrase"   in this order, exactly                 word*   and all that begin so
one OR other one of them is enough
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server import problems
from server.routing.words import list_forms
from server.searching.words import fold_word, is_han, list_runs, tidy
from translators.glossary import Glossary

MOST_CHARACTERS, MOST_TERMS = 200, 16
LEAST_BEGINNING = 4  # letters of a word that also finds those that begin with it
LEAST_ASKED = 2  # the same where it was asked for: `ba*`
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»「」『』＂", '"'))
_CHANGING = frozenset("аяоеьйыию")
_TERM = re.compile(r'(?P<not>-(?=[^\s-]))?(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for: words that follow each other. `is_begun`: the last may go on; `is_exact`: it may not."""

    typed: str
    words: tuple[str, ...]
    is_begun: bool = False
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """All groups have to be there, of each one of its terms; none of `without`."""

    groups: tuple[tuple[Term, ...], ...]
    without: tuple[Term, ...] = ()


def parse_query(typed: str) -> Asked:
    """Raises InvalidParameter where there is nothing to look for, or too much."""
    if len(typed) > MOST_CHARACTERS:
        raise problems.InvalidParameter(f"q has {len(typed)} characters; at most {MOST_CHARACTERS} are looked for")
    groups: list[tuple[Term, ...]] = []
    without: list[Term] = []
    is_other = False
    for found in _TERM.finditer(tidy(typed).translate(_QUOTES)):
        if found["word"] == "OR" and not found["not"]:
            is_other = bool(groups)
            continue
        term = _make_term(found["word"] or found["phrase"] or "", is_exact=found["phrase"] is not None)
        if term is None:
            continue
        if found["not"]:
            without.append(term)
        elif is_other:
            groups[-1] += (term,)
        else:
            groups.append((term,))
        is_other = False
    return _check(Asked(tuple(groups), tuple(without)))


def _check(asked: Asked) -> Asked:
    if not asked.groups:
        wanted = "says only what is not wanted" if asked.without else "has no word to look for"
        raise problems.InvalidParameter(f"q {wanted}")
    count = sum(map(len, asked.groups)) + len(asked.without)
    if count > MOST_TERMS:
        raise problems.InvalidParameter(f"q has {count} words; at most {MOST_TERMS} are looked for")
    return asked


def _make_term(typed: str, *, is_exact: bool) -> Term | None:
    """None where there is no word in it."""
    words: list[str] = []
    runs = list(list_runs(typed))
    for place, (run, _, is_chinese) in enumerate(runs, 1):
        if not is_chinese:
            words.append(fold_word(run))
            continue
        words += [fold_word(run[at : at + 2]) for at in range(len(run) - 1)]
        if place < len(runs) or len(run) == 1:  # as the index has the end of a run
            words.append(fold_word(run[-1]))
    words = [word for word in words if word]
    if not words:
        return None
    is_lone = is_han(words[-1]) and len(words[-1]) == 1  # one character: every pair that begins with it
    is_asked = not is_exact and typed.rstrip().endswith("*") and len(words[-1]) >= LEAST_ASKED
    return Term(typed, tuple(words), is_lone or is_asked, is_exact)


def make_expressions(asked: Asked, glossary: Glossary | None) -> Sequence[str]:
    """What FTS5 is asked, the closest first; the last finds all that the others find, and more.

    In the headline; with words that begin so; in headline and description; anywhere; the same with words that begin
    so; and with what names are in other languages.
    """
    tiers: list[tuple[str, Callable[[Term], str]]] = [
        ("{headline} : ", _write),
        ("{headline} : ", _write_begun),
        ("{headline description} : ", _write_begun),
        ("", _write),
        ("", _write_begun),
        ("", lambda term: _write_forms(term, glossary)),
    ]
    return [_write_all(asked, columns, write) for columns, write in tiers]


def _write_all(asked: Asked, columns: str, write: Callable[[Term], str]) -> str:
    groups = (f"({' OR '.join(map(write, group))})" for group in asked.groups)
    wanted = f"{columns}({' AND '.join(groups)})"
    return f"({wanted}) NOT ({' OR '.join(map(_write, asked.without))})" if asked.without else wanted


def _write(term: Term) -> str:
    """Words are letters and digits only (server/searching/words): nothing in them can end a string."""
    return f'"{" ".join(term.words)}"' + (" *" if term.is_begun else "")


def _write_begun(term: Term) -> str:
    beginning = get_beginning(term)
    return _write(term) if beginning is None else f'"{" ".join((*term.words[:-1], beginning))}" *'


def get_beginning(term: Term) -> str | None:
    """With what its last word may begin where it is not the very word; None: it has to be. Russian words change their
    last vowel, all others only grow.
    """
    last = term.words[-1]
    if term.is_begun:
        return last
    if term.is_exact or len(last) < LEAST_BEGINNING or last.isdigit() or is_han(last):
        return None
    return last[:-1] if last[-1] in _CHANGING and len(last) > LEAST_BEGINNING else last


def list_meant(term: Term, glossary: Glossary | None) -> Sequence[Term]:
    """The term, and what it is in other languages where the glossary has it."""
    if glossary is None or term.is_exact or term.is_begun:
        return (term,)
    forms = (_make_term(form, is_exact=False) for form in list_forms(term.typed, glossary)[1:])
    return (term, *(form for form in forms if form is not None))


def _write_forms(term: Term, glossary: Glossary | None) -> str:
    written = dict.fromkeys(map(_write_begun, list_meant(term, glossary)))
    return f"({' OR '.join(written)})" if len(written) > 1 else next(iter(written))
