"""Uploaded pictures in articles: how a document names one, what it becomes when it is published. Pure.

https://…/v1/media/{outlet}/{name} ─bind→ karvan:media/{outlet}/{name} (stored) ─show→ …/media/{sha256}/{rendition}.jpg

media_files  the files        darkroom  has renditions made by pictures, a process of its own with bounds
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote

from feeds import Fault
from feeds.model import Article, Picture, Rendition
from server import problems
from server.store.media import Upload

SCHEME = "karvan:media/"
_PATH = re.compile(r"/v1/media/([^/?#]+)/([^/?#]+)")


def bind(article: Article, outlet: str | None, bases: Collection[str]) -> Article:
    """The article with the addresses of uploads under their lasting names. `bases`: the addresses of this server.

    Raises InvalidDocument for an upload of another outlet than `outlet`: only their own articles show it.
    """
    faults: list[Fault] = []
    pictures = []
    for number, picture in enumerate(article.pictures):
        renditions = []
        for at, rendition in enumerate(picture.renditions):
            named = _read_address(rendition.href, bases)
            if named is not None and named[0] != outlet:
                detail = f"is an upload of {named[0]}: upload the picture under your own name"
                faults.append(Fault(f"/associations/{number}/renditions/{at}/href", detail))
            renditions.append(rendition if named is None else replace(rendition, href=f"{SCHEME}{'/'.join(named)}"))
        pictures.append(replace(picture, renditions=tuple(renditions)))
    if faults:
        raise problems.InvalidDocument("; ".join(fault.detail for fault in faults), errors=faults)
    return replace(article, pictures=tuple(pictures))


def _read_address(href: str, bases: Collection[str]) -> tuple[str, str] | None:
    """Outlet and name of the upload that an address means; None: it means something else."""
    if href.startswith(SCHEME):
        outlet, _, name = href.removeprefix(SCHEME).partition("/")
        return outlet, name
    for base in bases:
        if href.startswith(f"{base}/") and (match := _PATH.fullmatch(href.removeprefix(base))):
            return unquote(match[1]), unquote(match[2])
    return None


def list_names(article: Article) -> Iterator[str]:
    """The names of the uploads that an article shows."""
    for picture in article.pictures:
        for rendition in picture.renditions:
            if rendition.href.startswith(SCHEME):
                yield rendition.href.rpartition("/")[2]


def show(article: Article, uploads: Mapping[str, Upload], base: str) -> Article:
    """The article as readers get it: every upload as its renditions. A picture that is not there yet is left out."""
    if not any(list_names(article)):
        return article
    pictures = (_show_picture(picture, uploads, base) for picture in article.pictures)
    return replace(article, pictures=tuple(picture for picture in pictures if picture.renditions))


def _show_picture(picture: Picture, uploads: Mapping[str, Upload], base: str) -> Picture:
    renditions: list[Rendition] = []
    for one in picture.renditions:
        if not one.href.startswith(SCHEME):
            renditions.append(one)
            continue
        upload = uploads.get(one.href.rpartition("/")[2])
        if upload is not None and upload.is_shown:
            renditions += list_renditions(upload, base)
    return replace(picture, renditions=tuple(renditions))


def list_renditions(upload: Upload, base: str) -> tuple[Rendition, ...]:
    """What was made of an upload, with its public addresses; nothing while there is nothing to show."""
    if not upload.is_shown:
        return ()
    return tuple(replace(one, href=f"{base}/media/{upload.shown_sha256}/{one.name}.jpg") for one in upload.renditions)


def make_mark(uploads: Iterable[Upload]) -> str:
    """What of the uploads of an article readers can notice: when it changes, what shows them has changed."""
    shown = (f"{one.name}={one.shown_sha256}" for one in uploads if one.is_shown)
    return " ".join(sorted(shown))
