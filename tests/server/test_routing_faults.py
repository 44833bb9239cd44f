"""What check-config finds in the routing part: each fault with its line, and nothing in what is good."""

from collections.abc import Callable

import pytest

from server.configfile import ConfigError, parse_config

HEAD = """\
[outlets.north]
name = "N"
country = "AZ"
[outlets.south]
name = "S"
country = "GE"
[exchanges.inner]
name = "I"
members = ["north"]
[channels.a]
title = { en = "A" }
[channels.inner]
title = { en = "I" }
access = "members"
exchange = "inner"
[channels.desk]
title = { en = "D" }
access = "admins"
shows = "held"
[subscribers.one]
name = "O"
exchanges = ["inner"]
"""
ROUTE = '[[routes]]\nname = "r"\nto = ["a"]\n'


def find_faults(text: str) -> list[str]:
    try:
        parse_config(HEAD + text, "here.toml", {})
    except ConfigError as refusal:
        return str(refusal).splitlines()
    return []


FAULTS = [
    # text, the line that is blamed, what is said
    (ROUTE + 'when = { outlet = "nroth" }', "when", "no outlet 'nroth'"),
    (ROUTE + 'when = { all = [{ any = [{ country = "US" }] }] }', "when", "no country 'US'"),
    (ROUTE + 'when = { not = { exchange = "outer" } }', "when", "no exchange 'outer'"),
    (ROUTE + 'when = { target = "de" }', "when", "no language 'de'"),
    (ROUTE + 'when = { subject = "medtop:1" }', "when", "'medtop:1' is no Media Topic"),
    (ROUTE + 'when = { named = "nihgt" }', "when", "no condition 'nihgt'"),
    (ROUTE + "when = { all = [] }", "when", "`all` is empty"),
    (ROUTE + 'when = { time = { zone = "Asia/Atlantis" } }', "when", "there is no time zone 'Asia/Atlantis'"),
    (ROUTE + 'when = { urgency = "3-1" }', "when", "is empty: 1 is the highest"),
    (ROUTE + 'when = { urgency = "0-3" }', "when", "urgency.0: "),
    (ROUTE + 'when = { colour = "red" }', "when", "unknown option"),
    (ROUTE + "when = { words = { min = 5, max = 4 } }", "when", "it can never hold"),
    (ROUTE + 'when = { outlet = "south", exchange = "inner" }', "when", "can never hold: no outlet, exchange"),
    (ROUTE + 'when = { country = "GE", all = [{ outlet = "north" }] }', "when", "can never hold: no outlet, exchange"),
    (ROUTE + 'when = { urgency = 1, all = [{ urgency = "2-3" }] }', "when", "urgency would have to be two things"),
    (ROUTE + "when = { held = true, all = [{ held = false }] }", "when", "held would have to be two things"),
    (
        ROUTE + 'when = { all = [{ genre = "x" }], not = { genre = "x" } }',
        "when",
        "it wants something and its opposite",
    ),
    (
        '[conditions.first]\nall = [{ not = { named = "first" } }]\n' + ROUTE,
        "[conditions.first]",
        "is made of itself",
    ),
    (ROUTE + 'desk = "a"', "desk", "there is no channel 'a' that shows what is held"),
    (ROUTE + "embargo = {}", "embargo", "says neither `minutes` nor `until`"),
    (ROUTE + 'rights = { territories = "AZ", not_in = "AZ" }', "rights", "AZ is in `territories` as well"),
    (ROUTE + 'rights = { languages = "de" }', "rights", "'de' is not among languages.configured"),
    ("[rights.x]\nterms = []", "terms", "at least 1 item"),
    ('[[routes]]\nname = "idle"', "[[routes]]", "does nothing"),
    ('[[routes]]\nname = "idle"\nstop = true\nmachine = "off"', "machine", "is about the channels in `to`"),
    ('[[exchanges.inner.routes]]\nname = "x"\nto = ["a"]', "to", "channel 'a' is not the exchange's"),
    ('[[exchanges.inner.grants]]\nreader = ["south"]', "reader", "'south' is neither a member"),
    ('[[exchanges.inner.grants]]\nreader = ["one"]\nof = ["south"]', "of", "'south' is no member"),
    (
        '[[exchanges.inner.grants]]\nreader = ["one"]\n[[exchanges.inner.grants]]\nreader = ["two"]',
        'reader = ["two"]',
        "'two' is neither",
    ),
    (
        '[[routes]]\nname = "end"\nstop = true\n[[routes]]\nname = "late"\nto = ["a"]',
        "[[routes]]",
        "is never reached: 'end' above stops all",
    ),
    (
        (
            '[[routes]]\nname = "end"\nto = ["a"]\nwhen = { exchange = "inner" }\nstop = true\n'
            '[[routes]]\nname = "late"\nto = ["a"]\nwhen = { outlet = "north", urgency = 1 }'
        ),
        "[[routes]]",
        "is never reached: 'end' above stops all",
    ),
    (
        (
            '[[routes]]\nname = "end"\nto = ["a"]\nwhen = { urgency = "1-3" }\nstop = true\n'
            '[[routes]]\nname = "late"\nto = ["a"]\nwhen = { genre = "x", all = [{ urgency = 2 }] }'
        ),
        "[[routes]]",
        "is never reached: 'end' above stops all",
    ),
    (
        (
            '[[routes]]\nname = "end"\nto = ["a"]\nwhen = { outlet = "north" }\nstop = true\n'
            '[[exchanges.inner.routes]]\nname = "late"\nto = ["inner"]'
        ),
        "[[exchanges.inner.routes]]",
        "is never reached: 'end' above stops all",
    ),
]


@pytest.mark.parametrize(("text", "blamed", "reason"), FAULTS, ids=lambda value: str(value)[-60:])
def test_a_fault_is_told_with_its_line(text: str, blamed: str, reason: str) -> None:
    [fault] = find_faults(text)
    lines = (HEAD + text).splitlines()
    number = max(n for n, line in enumerate(lines, 1) if line == blamed or line.startswith(f"{blamed} ="))
    assert fault.startswith(f"here.toml:{number}: "), fault
    assert reason in fault


NAMES = ("north", "south")


def test_routes_that_together_stop_all_that_one_below_takes_are_named() -> None:
    ends = "".join(f'[[routes]]\nname = "{one}"\nstop = true\nwhen = {{ outlet = "{one}" }}\n' for one in NAMES)
    [fault] = find_faults(ends + ROUTE)
    assert "is never reached: 'north' and 'south' above stop all that it could take" in fault


GOOD = [
    ROUTE,
    ROUTE + 'when = { outlet = "north", exchange = "inner", urgency = "1-3", all = [{ urgency = 2 }] }',
    ROUTE + 'when = { any = [{ outlet = "south" }, { exchange = "inner" }] }',
    ROUTE + 'when = { subject = ["medtop:04000000"], all = [{ subject = ["medtop:01000000"] }] }',  # both at once
    ROUTE + 'when = { genre = "x", not = { genre = "y" } }',
    '[conditions.night]\ntime = { from = "22:00" }\n'
    + ROUTE
    + 'when = { named = "night", not = { named = "night", urgency = 1 } }',
    '[[routes]]\nname = "end"\nwhen = { urgency = 1 }\nstop = true\n' + ROUTE,
    '[[routes]]\nname = "end"\nwhen = { held = true }\nstop = true\n' + ROUTE,
    '[[routes]]\nname = "end"\nwhen = { outlet = "south" }\nstop = true\n'
    + ROUTE
    + 'when = { country = ["GE", "AZ"] }',
    '[[exchanges.inner.routes]]\nname = "end"\nto = ["inner"]\nstop = true\n' + ROUTE,
    '[[routes]]\nname = "say"\nlabels = "x"\n' + ROUTE,
    '[[routes]]\nname = "r"\nto = ["a"]\n[[routes.when.any]]\nurgency = 1\n[[routes.when.any]]\nnot = { genre = "x" }',
]


@pytest.mark.parametrize("text", GOOD, ids=lambda text: text[-60:])
def test_what_is_good_is_not_complained_about(text: str) -> None:
    assert find_faults(text) == []


def test_the_cost_of_a_check_grows_with_the_routes_only(check_growth: Callable[..., None]) -> None:
    def find(count: int) -> None:
        outlets = "".join(f'[outlets.o{n}]\nname = "O"\ncountry = "AZ"\n' for n in range(count // 9 + 1))
        routes = "".join(
            f'[[routes]]\nname = "r{n}"\nstop = true\nwhen = {{ outlet = "o{n // 9}", urgency = {n % 9 + 1} }}\n'
            for n in range(count)
        )
        assert find_faults(outlets + routes) == []

    check_growth(find, 900)
