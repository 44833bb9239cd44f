"""What is to be done and what was given up; trying it again."""

from aiohttp import web

from server import jobs, problems
from server.admin.forms import FORM, go_to, make_address, read_done, read_form
from server.admin.pages import show_page
from server.api.operations import operation
from server.handlers.queue import MOST_AT_ONCE, QueueQuery, RetryQuery, find_jobs, retry_job, retry_kind
from server.pages.visitors import HTML
from server.requests import Number, Query, check_values
from server.store.queued import STATES

PATH = "/admin/queue"
DONE = ("one", "all", "none")  # what may have been done before the page is shown
FILTERS = ("kind", "state")


class JobForm(Query):
    job: Number


@operation(answers={200: HTML}, problems=(problems.InvalidParameter, problems.Unavailable))
async def get_page(request: web.Request) -> web.StreamResponse:
    """GET /admin/queue: the jobs, and why they wait."""
    return await _show(request)


@operation(
    body=FORM,
    answers={303: None, 404: HTML, 409: HTML},
    problems=(problems.InvalidParameter, problems.NotFound, problems.NothingToRetry),
)
async def post_page(request: web.Request) -> web.StreamResponse:
    """POST /admin/queue: try one job again, or all of a kind that were given up."""
    form = await read_form(request)
    try:
        if form.get("kind"):
            asked = await retry_kind(request, check_values(form, RetryQuery).kind)
            done = "all" if asked["asked"] else "none"
        else:
            await retry_job(request, check_values(form, JobForm).job)
            done = "one"
    except (problems.NotFound, problems.NothingToRetry) as problem:
        return await _show(request, problem)
    return go_to(request, PATH, done=done, **_read_filters(request))


def _read_filters(request: web.Request) -> dict[str, str]:
    """A field of the form that is left empty asks for nothing."""
    return {name: value for name in FILTERS if (value := request.query.get(name))}


async def _show(request: web.Request, problem: problems.Problem | None = None) -> web.Response:
    filters = _read_filters(request)
    after = {"after": value} if (value := request.query.get("after")) else {}
    found = await find_jobs(request, check_values(filters | after, QueueQuery))
    following = found["next"]
    values = {
        "counts": found["counts"],
        "jobs": found["jobs"],
        "filters": filters,
        "kinds": jobs.KINDS,
        "states": STATES,
        "most": MOST_AT_ONCE,
        "done": read_done(request, DONE),
        "refused": problem,
        "action": make_address(request, PATH, **filters, **after),
        "all": make_address(request, PATH),
        "first": make_address(request, PATH, **filters) if after else None,
        "following": make_address(request, PATH, **filters, after=str(following)) if following else None,
        "counted": {
            (kind, state): make_address(request, PATH, kind=kind, state=state)
            for kind, of_kind in found["counts"].items()
            for state in of_kind
        },
        "explained": {article: _explain(request, article) for one in found["jobs"] if (article := one["article"])},
        "asked_language": request.query.get("lang", ""),
    }
    return show_page(request, "queue", "queue.html", values, status=problem.status if problem else 200)


def _explain(request: web.Request, article: str) -> str:
    """Where it is said why an article (outlet/item) is where it is."""
    outlet, _, item = article.partition("/")
    return make_address(request, "/admin/explain", outlet=outlet, item=item)
