"""Names and terms that must come out the same way in every language: found, compared, put right.

terms       Term, Glossary and its version; several glossaries → one
tables      glossary ↔ TSV; the glossary that ships with Karvan
words       words of a text, and what two spellings of one have in common
patterns    a form → what to look for
turkic      endings of Azerbaijani and Turkish nouns
russian     endings of Russian nouns and adjectives
matching    where terms stand in a text
checking    a term that the translation does not have, or has in forbidden words
carrying    one form → another, with its ending
enforcement other forms → the preferred one
keeping     what is written as it is in every language
"""

from translators.glossary.checking import find_term
from translators.glossary.enforcement import Edit, enforce
from translators.glossary.keeping import find_kept
from translators.glossary.matching import Match, find_terms
from translators.glossary.tables import Fault, GlossaryFault, load_default, parse_tsv, render_tsv
from translators.glossary.terms import Glossary, Term, merge

__all__ = [
    "Edit", "Fault", "Glossary", "GlossaryFault", "Match", "Term", "enforce", "find_kept", "find_term", "find_terms",
    "load_default", "merge", "parse_tsv", "render_tsv",
]  # fmt: skip
