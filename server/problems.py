"""What can go wrong, as a caller sees it: RFC 9457 problem details. The docstring of a problem is its title.

  Problem
  ├─ 400  MalformedRequest · MalformedDocument · InvalidParameter · InvalidHeader
  ├─ 401  KeyRequired · KeyRejected
  ├─ 403  NotAllowed · InvitationRejected
  ├─ 404  NotFound · ArticleNotFound · ChannelNotFound · VersionNotFound · PictureNotFound
  ├─ 405  MethodNotAllowed
  ├─ 406  NotAcceptable
  ├─ 408  BodyTooSlow
  ├─ 409  VersionConflict · UriTaken · VersionRequired · ArticleCanceled · NothingToDecide · KeyIsOver
  │       NothingToApprove · NothingToRetry · ConfigurationFixed
  ├─ 410  ArticleWithdrawn · PictureWithdrawn
  ├─ 412  PreconditionFailed
  ├─ 413  TooLarge · QuotaExceeded
  ├─ 415  UnsupportedFormat
  ├─ 417  ExpectationFailed
  ├─ 422  InvalidDocument · LanguageContradiction · LanguageNotConfigured · IdempotencyKeyReused
  │       InvalidConfiguration
  ├─ 428  PreconditionRequired
  ├─ 429  TooManyRequests · DayUsedUp
  └─ 5xx  InternalError · Unavailable

The tools raise their own exceptions; `translate_error` maps them. server/refusals answers with `render_problem`.
"""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

import orjson

import feeds

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Karvan", Basic realm="Karvan", charset="UTF-8"'}


MOST_DETAIL = 1_000  # characters


class Problem(Exception):
    """Something is wrong with the request."""

    status: ClassVar[int] = 400

    def __init__(
        self, detail: str = "", *, errors: Sequence[feeds.Fault] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail[:MOST_DETAIL].encode(errors="backslashreplace").decode()  # a header may hold any byte
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @classmethod
    def title(cls) -> str:
        return (cls.__doc__ or "").strip().splitlines()[0].rstrip(".")

    @classmethod
    def explain(cls) -> str:
        """What the docstring says below the title."""
        return " ".join(line.strip() for line in (cls.__doc__ or "").strip().splitlines()[1:]).strip()

    @classmethod
    def slug(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()


class MalformedRequest(Problem):
    """This is not well-formed HTTP."""


class MalformedDocument(Problem):
    """The body cannot be read at all."""


class InvalidParameter(Problem):
    """A parameter of the address is not valid."""


class InvalidHeader(Problem):
    """A header is not valid."""


class KeyRequired(Problem):
    """This needs a key."""

    status = 401


class KeyRejected(Problem):
    """The key is wrong, revoked or expired."""

    status = 401


class NotAllowed(Problem):
    """This key may not do that."""

    status = 403


class InvitationRejected(Problem):
    """The invitation is wrong, used or expired."""

    status = 403


class NotFound(Problem):
    """There is nothing at this address."""

    status = 404


class ArticleNotFound(NotFound):
    """There is no such article."""


class VersionNotFound(NotFound):
    """The article has no version in this language."""


class ChannelNotFound(NotFound):
    """There is no such channel in this language."""


class PictureNotFound(NotFound):
    """There is no such picture."""


class MethodNotAllowed(Problem):
    """This address does not take this method."""

    status = 405


class NotAcceptable(Problem):
    """None of the accepted formats can be given."""

    status = 406


class BodyTooSlow(Problem):
    """The body took too long to arrive."""

    status = 408


class VersionConflict(Problem):
    """Another text was pushed under the same version."""

    status = 409


class UriTaken(Problem):
    """Another article of the outlet has this uri."""

    status = 409


class VersionRequired(Problem):
    """The push does not say where it stands among the versions of the article."""

    status = 409


class ArticleCanceled(Problem):
    """The article was withdrawn for good."""

    status = 409


class KeyIsOver(Problem):
    """The key was revoked or has expired."""

    status = 409


class NothingToDecide(Problem):
    """There is nothing to decide about this version."""

    status = 409


class NothingToApprove(Problem):
    """The proposal cannot be decided any more."""

    status = 409


class NothingToRetry(Problem):
    """What was given up cannot be tried again."""

    status = 409


class ConfigurationFixed(Problem):
    """The configuration file cannot be changed from here."""

    status = 409


class ArticleWithdrawn(Problem):
    """The article was withdrawn."""

    status = 410


class PictureWithdrawn(Problem):
    """The picture was withdrawn."""

    status = 410


class PreconditionFailed(Problem):
    """What was to be changed is not what it was."""

    status = 412


class TooLarge(Problem):
    """The body is too large."""

    status = 413


class QuotaExceeded(TooLarge):
    """The outlet's space for pictures is used up."""


class PreconditionRequired(Problem):
    """Who changes this has to say what they have seen."""

    status = 428


class UnsupportedFormat(Problem):
    """The format of the body is not supported."""

    status = 415


class ExpectationFailed(Problem):
    """The server cannot do what the Expect header wants."""

    status = 417


class InvalidDocument(Problem):
    """The document breaks rules of its format."""

    status = 422


class LanguageContradiction(Problem):
    """The text is not in the declared language."""

    status = 422


class LanguageNotConfigured(Problem):
    """The language is not used here."""

    status = 422


class IdempotencyKeyReused(Problem):
    """The Idempotency-Key was used with another body."""

    status = 422


class InvalidConfiguration(Problem):
    """The configuration is not valid."""

    status = 422


class TooManyRequests(Problem):
    """This key asks too often."""

    status = 429


class DayUsedUp(Problem):
    """What may be pushed in a day was pushed."""

    status = 429


class InternalError(Problem):
    """Something went wrong on the server's side."""

    status = 500


class Unavailable(Problem):
    """The server cannot answer now."""

    status = 503


ALL: tuple[type[Problem], ...] = (
    MalformedRequest, MalformedDocument, InvalidParameter, InvalidHeader, KeyRequired, KeyRejected, NotAllowed,
    InvitationRejected, KeyIsOver, NotFound, ArticleNotFound, VersionNotFound, PictureNotFound, ChannelNotFound,
    MethodNotAllowed, NotAcceptable, BodyTooSlow, VersionConflict, UriTaken, VersionRequired, ArticleCanceled,
    NothingToDecide,
    PreconditionRequired, ConfigurationFixed, NothingToApprove, NothingToRetry, InvalidConfiguration, ArticleWithdrawn,
    PictureWithdrawn, PreconditionFailed, TooLarge, QuotaExceeded, UnsupportedFormat, ExpectationFailed,
    InvalidDocument, LanguageContradiction, LanguageNotConfigured, IdempotencyKeyReused, TooManyRequests, DayUsedUp,
    InternalError, Unavailable,
)  # fmt: skip


def translate_error(error: Exception) -> Problem | None:
    """The problem that an exception of the tools stands for, None when it is nobody's fault but ours."""
    match error:
        case Problem():
            return error
        case feeds.InvalidDocument():
            return InvalidDocument(_count(error.errors), errors=error.errors)
        case feeds.MalformedDocument():
            return MalformedDocument(str(error))
        case feeds.UnsupportedFormat():
            return UnsupportedFormat(str(error))
        case _:
            return None


def render_problem(problem: Problem, instance: str) -> bytes:
    """application/problem+json; `instance` names this occurrence (the request id)."""
    return orjson.dumps(describe_problem(problem, instance))


def describe_problem(problem: Problem, instance: str) -> dict[str, object]:
    """The members of RFC 9457."""
    body: dict[str, object] = {
        "type": f"/problems/{problem.slug()}",
        "title": problem.title(),
        "status": problem.status,
        "detail": problem.detail or problem.title(),
        "instance": instance,
    }
    if problem.errors:
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in problem.errors]
    return body


def _count(errors: Sequence[feeds.Fault]) -> str:
    return "; ".join(f"{fault.pointer or '(document)'}: {fault.detail}" for fault in errors[:3]) + (
        f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    )
