"""One language of an article as readers get it: what is translated from its own text, all else from the head. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from feeds import html
from feeds.excerpt import render_notice
from feeds.model import Article, PubStatus, Subject
from server import mediatopics
from server.store.articles import ArticleRow, Version
from server.store.documents import make_text_hash
from server.store.parallels import Parallel


def carry_over(parallel: Parallel, text: Article, head: Version, between: Parallel | None) -> Article:
    """A machine's text with all that is not translated as the version that is served has it.

    Captions belong to the pictures that they were translated with: those of the text `between`, when people wrote it.
    """
    pictures = head.article.pictures
    if (
        between is not None
        and between.article
        and between.origin != "machine"
        and between.source_hash == head.text_hash
    ):
        is_from_it = parallel.basis.startswith(make_text_hash(between.article))
        pictures = between.article.pictures if is_from_it else text.pictures  # else it is about to be made from it
    if len(pictures) == len(text.pictures):
        pairs = zip(pictures, text.pictures, strict=True)
        pictures = tuple(replace(picture, caption=own.caption, alt=own.alt) for picture, own in pairs)
    else:
        pictures = text.pictures
    return replace(
        head.article,
        language=text.language,
        headline=text.headline,
        description=text.description,
        body=text.body,
        subjects=text.subjects,
        pictures=pictures,
    )


def localise(text: Article, row: ArticleRow) -> Article:
    """The text under the rights and times of the version that is served, with its topics named in its language."""
    head = row.head.article
    return replace(
        text,
        item=row.item,
        uri=row.uri,
        pub_status="canceled" if row.canceled_at else head.pub_status,
        embargoed_until=head.embargoed_until,
        expires=head.expires,
        urgency=head.urgency,
        copyright_holder=head.copyright_holder,
        copyright_notice=head.copyright_notice,
        usage_terms=head.usage_terms,
        rights_info=head.rights_info,
        subjects=name_subjects(head.subjects, text),
        ed_note="",
    )


def name_subjects(subjects: Sequence[Subject], text: Article) -> tuple[Subject, ...]:
    """The head's subjects in the text's language: Media Topics by their labels, keywords by those of the text where it
    has one for each.
    """
    words = [subject for subject in text.subjects if subject.code is None]
    own = iter(words if len(words) == sum(subject.code is None for subject in subjects) else ())
    return tuple(
        next(own, subject)
        if subject.code is None
        else replace(subject, name=mediatopics.label(subject.code, text.language) or subject.name)
        for subject in subjects
    )


def make_excerpt(text: Article) -> Article:
    """What may stand of a text of which only headline and description may."""
    topics = tuple(subject for subject in text.subjects if subject.code is not None)
    return replace(text, body="", subjects=topics, pictures=())


def cut(text: Article, original: str | None) -> Article:
    """The same for readers: its body leads to the original, here where they can open it, else at its outlet."""
    at_outlet = next((one.value for one in text.alt_ids if one.role == "web"), None)
    return replace(make_excerpt(text), body=html.clean(render_notice(text.language, original or at_outlet)))


def make_stub(row: ArticleRow, language: str) -> Article:
    """What is handed on of a withdrawn article: which one it was. Its text in this language may be gone by now."""
    status: PubStatus = "canceled" if row.canceled_at else "withheld"
    return Article(language=language, headline="", item=row.item, uri=row.uri, pub_status=status)
