"""Pages for when something is refused or fails: what each problem means, and the error that a browser shows."""

from collections.abc import Sequence

from server.pages.environment import render_template
from server.pages.rows import ProblemRow
from server.pages.wording import find_wording

PROBLEM_LANGUAGE = "en"  # titles and details of problem+json, RFC 9457 §3.1: not localised here


def render_problem_page(
    problems: Sequence[ProblemRow], *, ui_language: str = "en", site: str = "Karvan", base: str = ""
) -> str:
    """Render the page that the `type` of every problem+json points at; each problem has its name as fragment id."""
    values = {"problems": problems, "language": PROBLEM_LANGUAGE}
    return render_template("problems.html", ui_language=ui_language, site=site, base=base, values=values)


def render_error_page(
    status: int, title: str, detail: str, ui_language: str, *, site: str = "Karvan", base: str = ""
) -> str:
    """Render a problem for a browser: the status in the reader's language, then title and detail as they are."""
    values = {
        "status": status,
        "heading": find_wording(ui_language).name_status(status),
        "title": title,
        "detail": detail,
        "language": PROBLEM_LANGUAGE,
    }
    return render_template("error.html", ui_language=ui_language, site=site, base=base, values=values)
