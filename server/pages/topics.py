"""The topics of an entry by name, in its language where they have one."""

from feeds.model import Entry, Subject
from server.mediatopics import Label, find_label
from server.pages.wording import get_primary


def list_topics(entry: Entry) -> tuple[Label, ...]:
    """Name the entry's subjects, each once, in their order; one without a name or a known code is shown by its code."""
    topics = (_name_topic(subject, entry) for subject in entry.article.subjects)
    return tuple(dict.fromkeys(topic for topic in topics if topic.text))


def _name_topic(subject: Subject, entry: Entry) -> Label:
    language = entry.article.language
    found = find_label(subject.code, language) if subject.code else None
    own = Label(text=subject.name or subject.code or "", language=language)
    if found is None:
        return own
    # people name a topic in the language they write in, which is closer to it than our English
    is_foreign = found.language != get_primary(language)
    if is_foreign and subject.name and entry.provenance.origin in ("source", "outlet"):
        return own
    return found
