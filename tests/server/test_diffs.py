"""What a version of the configuration changed, as `diff -u` writes it."""

import re
from collections.abc import Callable
from difflib import unified_diff

from hypothesis import given
from hypothesis import strategies as st

from server.reloading.diffs import make_diff

LINES = st.lists(
    st.sampled_from(["a\n", "b\n", "c\n", "\n", "# \u2028\x0b\n"]) | st.text("xyz", min_size=1).map("{}\n".format)
)


def patch(old: str, diff: str) -> str:
    """What `patch` makes of a text."""
    lines, at, done = old.split("\n")[:-1], 0, list[str]()
    for line in diff.split("\n")[2:-1]:
        if found := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            first = int(found[1]) - (found[2] != "0")
            done += lines[at:first]
            at = first
            assert int(found[3]) - (found[4] != "0") == len(done)
        elif line[0] == "+":
            done.append(line[1:])
        else:
            assert lines[at] == line[1:]
            done += [line[1:]] if line[0] == " " else []
            at += 1
    return "".join(f"{line}\n" for line in [*done, *lines[at:]])


@given(LINES.filter(bool), LINES)
def test_a_diff_leads_from_the_old_text_to_the_new_one(old: list[str], new: list[str]) -> None:
    diff = make_diff("".join(old), "".join(new))
    assert patch("".join(old), diff) == "".join(new)
    assert (diff == "") == (old == new)


def test_a_small_change_reads_as_difflib_writes_it() -> None:
    old = [f"line {number}\n" for number in range(30)]
    new = [*old[:4], "new\n", *old[5:20], *old[21:]]
    assert make_diff("".join(old), "".join(new)) == "".join(unified_diff(old, new, n=2))
    assert make_diff("", "".join(new)) == ""


def make_routes(count: int, subject: str) -> str:
    route = '[[routes]]\nname = "r{}"\nto = ["world"]\nwhen = {{ subject = ["{}"] }}\n\n'
    return "".join(route.format(number, subject) for number in range(count))


def test_a_change_of_every_route_costs_as_much_as_there_are_routes(check_growth: Callable[..., None]) -> None:
    check_growth(
        lambda count: make_diff(make_routes(count, "medtop:04000000"), make_routes(count, "medtop:01000000")), 4_000
    )
    check_growth(lambda count: make_diff(make_routes(count, "a"), make_routes(count, "b").replace('"r', '"q')), 4_000)
