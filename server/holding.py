"""Articles that routes hold as a whole (`hold = true`): in no language before an editor has released them.

released   for good: what the outlet corrects later goes out as ever
rejected   this text: the next one waits on the desk again
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from server import audit, problems, versioning
from server.config import Config
from server.routing import Decision
from server.routing.program import get_program
from server.store.articles import ArticleRow
from server.store.holds import Hold, delete_hold, find_hold, save_hold
from server.store.parallels import NORMAL_URGENCY, Verdict

Action = Literal["release", "reject", "ask"]
VERDICTS: Mapping[Action, Verdict] = {"release": "released", "reject": "rejected"}


@dataclass(frozen=True, slots=True)
class Said:
    """What an editor says of a text. `if_match`: which they have seen."""

    action: Action
    who: str
    note: str
    if_match: str | None
    at: datetime


async def judge(
    conn: AsyncConnection, article: ArticleRow, decision: Decision, config: Config, now: datetime
) -> Decision:
    """Write down whether routes hold the whole article; the decision with what an editor said of it."""
    route = decision.find_holding_route() if get_program(config).holds else ""
    if not route:
        await delete_hold(conn, article.id)
        return decision
    head, old = article.head, await find_hold(conn, article.id)
    urgency = decision.get_urgency(head.article.language) or head.article.urgency or NORMAL_URGENCY
    since = now if old is None else old.since
    new = Hold(article.id, head.article.language, urgency, since, route, head.text_hash)
    if old is not None and (old.verdict == "released" or (old.verdict and old.text_hash == head.text_hash)):
        new = replace(old, language=new.language, urgency=urgency, route=route)
    elif old is not None and old.verdict:
        new = replace(new, since=now)
    if new != old:
        await save_hold(conn, new)
    return replace(decision, verdict=new.verdict)


async def decide_article(conn: AsyncConnection, row: ArticleRow, said: Said) -> tuple[Hold, Hold]:
    """Write what an editor says of a whole article; as it was, as it is.

    Raises PreconditionRequired, PreconditionFailed, NothingToDecide, VersionNotFound.
    """
    name, old = f"{row.outlet}/{row.item}", await find_hold(conn, row.id)
    if row.canceled_at is not None:
        raise problems.NothingToDecide(f"{name} was withdrawn")
    if old is None:
        raise problems.VersionNotFound(f"no route holds {name} itself")
    if said.if_match is None:
        raise problems.PreconditionRequired(
            "If-Match: the ETag of the article that you have seen, as the desk shows it"
        )
    versioning.check_etag(said.if_match, None, versioning.make_etag(row.head), "article")
    new = replace(
        old,
        verdict=VERDICTS[said.action],
        verdict_by=said.who,
        verdict_at=said.at,
        verdict_note=said.note,
        text_hash=row.head.text_hash,
    )
    if new.verdict == old.verdict:
        return old, old
    await save_hold(conn, new)
    before, after = {"verdict": old.verdict, "route": old.route}, {"verdict": new.verdict, "note": said.note}
    subject = f"{name}/{row.head.article.language}"
    await audit.note(conn, f"desk.{said.action}", subject, said.at, outlet=row.outlet, before=before, after=after)
    return old, new


def why_held(hold: Hold | None) -> str:
    """Why an article stands nowhere that its routes hold it for; "": nothing holds it."""
    if hold is None or hold.verdict == "released":
        return ""
    if hold.verdict == "rejected":
        return f"rejected by {hold.verdict_by}" + (f": {hold.verdict_note}" if hold.verdict_note else "")
    return f"its routes hold it: {hold.route!r}"
