"""The rows of one article in the index, in the transaction of what changes it; all of it anew, in small steps.

article, texts, places ─→ the rows that should be ─compared with those that are→ written, taken out
"""

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds import html
from feeds.model import Article
from server import entries, texts
from server.entries import Loaded
from server.searching.words import write_words
from server.store import search
from server.store.placements import Placement
from server.store.search import Kind

LONG = 50_000  # characters of a body: what takes milliseconds holds up nobody else


async def index(conn: AsyncConnection, loaded: Loaded, places: Iterable[Placement]) -> None:
    """Bring the rows of an article in line with where it stands now. Cheap where no text has changed."""
    if await search.find_state(conn) != "none":
        await _index(conn, loaded, places)


async def _index(conn: AsyncConnection, loaded: Loaded, places: Iterable[Placement]) -> None:
    standing = await search.list_texts(conn, loaded.article.id)
    known = {loaded.article.head.article.language, *(tag for tag, one in loaded.versions.items() if one.article)}
    usable = (one for one in places if one.state == "usable" and one.language in known)
    wanted = {(one.language, one.extent == "headline") for one in usable}
    for kind in standing.keys() - wanted:
        await search.delete_text(conn, standing[kind].id)
    for kind in sorted(wanted):
        fields = _make_fields(loaded, kind)
        text_hash = hashlib.sha256(orjson.dumps(fields)).hexdigest()
        if (old := standing.get(kind)) is not None:
            if old.text_hash == text_hash:
                continue
            await search.delete_text(conn, old.id)
        is_long = len(fields["body"][0]) > LONG
        words = await asyncio.to_thread(_write, fields) if is_long else _write(fields)
        await search.insert_text(conn, loaded.article.id, kind, text_hash, words)


def _write(fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Field → its words."""
    blocks = {**fields, "body": html.to_plain(fields["body"][0]).split("\n")}
    return {name: write_words(of) for name, of in blocks.items()}


def _make_fields(loaded: Loaded, kind: Kind) -> dict[str, Sequence[str]]:
    """What readers see of a text in words, its body as HTML; as an excerpt, what stands of one."""
    language, is_excerpt = kind
    text = texts.localise(entries.get_text(loaded, language), loaded.article)
    if is_excerpt:
        text = texts.make_excerpt(text)
    return {
        "headline": (text.headline,),
        "description": (text.description,),
        "body": (text.body,),
        "more": _list_more(text),
    }


def _list_more(text: Article) -> Sequence[str]:
    captions = (picture.caption for picture in text.pictures)
    return (text.by, text.located, *(subject.name for subject in text.subjects), *filter(None, captions))


async def build_some(conn: AsyncConnection, limit: int) -> bool:
    """The next articles of an index that is being built; False: all are in it."""
    ids = await search.list_unbuilt(conn, limit)
    for number, loaded in (await entries.load(conn, ids)).items() if ids else ():
        assert number == loaded.article.id
        await _index(conn, loaded, loaded.places)
    await search.note_built(conn, ids[-1] if ids else None)
    return bool(ids)
