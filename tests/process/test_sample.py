"""`karvan serve --sample`: it shows what there is, says what there is not, and survives another port."""

from pathlib import Path

import pytest

from server.configfile import load_config, parse_config
from server.sample import STEPS, pick_steps
from server.sample.standing import Standing, describe_standing

SHIPPED = Path(__file__).parents[2] / "config.toml"
OWN = """
[server]
tag = "own.example,2026"
[languages]
configured = ["en", "az"]
[outlets.caravan-wire]
name = "Wire"
country = "GE"
[outlets.khazar-news]
name = "Khazar"
country = "AZ"
languages = ["en"]
[channels.all]
title = { en = "All" }
[[routes]]
name = "all"
to = ["all"]
"""


def test_with_the_shipped_configuration_nothing_is_left_out() -> None:
    assert pick_steps(load_config(SHIPPED, {})) == (list(STEPS), {})


def test_of_a_configuration_of_ones_own_only_its_outlets_and_languages_are_shown() -> None:
    steps, left_out = pick_steps(parse_config(OWN))
    assert {step.outlet for step in steps} == {"caravan-wire"}
    assert left_out["there is no outlet 'bosphorus-post'"][0] == "hazelnut-exports"
    assert "silk-museum" in left_out["'khazar-news' does not write in 'az'"]
    assert left_out["their articles are left out"] == ["caspian-level"], "what is about an article goes with it"
    assert len(steps) + sum(map(len, left_out.values())) >= len({step.item for step in STEPS})
    assert pick_steps(parse_config(""))[0] == []


def test_what_stands_is_said_as_it_is() -> None:
    say = lambda versions, *reasons: describe_standing(Standing(versions, reasons), "DESK", "INSTALL")  # noqa: E731
    assert say({"fresh": 48}) == ["All sample articles stand in all languages."]
    assert say({"fresh": 40, "pending": 6, "failed": 2}, "no package", "broken") == [
        "40 of 48 other language versions of the sample articles stand.",
        "8 were not made, for these reasons above all:",
        "  no package",
        "  broken",
        "What a package is missing for is made as soon as there is one: INSTALL",
    ]
    assert say({"fresh": 40, "marked": 8}) == [
        "All sample articles stand in all languages.",
        "8 stand with a mark, because a check has found something in them: DESK",
    ]
    assert say({"fresh": 40, "held": 8})[1:] == ["8 were made and held for an editor to look at: DESK"]
    assert say({}) == ["No sample article is wanted in another language."]


def test_a_configuration_without_the_samples_outlets_starts_and_says_what_is_left_out(karvan) -> None:
    karvan.config.write_text(OWN.replace("caravan-wire", "north-post").replace("khazar-news", "south-post"))
    server = karvan.serve("--sample")
    server.wait_until_it_says("Stop with Ctrl-C")
    assert "Left out of the sample, because there is no outlet 'caravan-wire': ridges.jpg" in server.out
    assert "/feeds/all/en.atom" in server.out
    assert "--outlet north-post" in server.out
    assert server.call("GET", "/livez").status == 200
    ended = server.stop()
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.slow
def test_without_packages_nothing_is_claimed_and_pictures_survive_another_port(make_karvan) -> None:
    karvan = make_karvan()
    server = karvan.serve("--sample")
    server.wait_until_it_says("Stop with Ctrl-C")
    assert "All sample articles stand" not in server.out
    assert "languages install starter" in server.out
    told = next(line for line in server.out.splitlines() if "other language versions" in line)
    assert int(told.split()[0]) <= 1, "but the one that people wrote, nothing is there"
    assert server.stop().status == 0
    karvan.port = 0
    server = karvan.serve("--sample")
    server.wait_until_it_says("Stop with Ctrl-C")
    for article, count in (("caravan-wire/ridge-trail/en", 2), ("bosphorus-post/lakeside-mosaic/tr", 3)):
        outlet, item, language = article.split("/")
        shown = server.call("GET", f"/v1/articles/{outlet}/{item}?language={language}").json
        places = [one["renditions"][0]["href"] for one in shown["associations"]]
        assert len(places) == count
        for place in places:
            assert place.startswith(f"{server.base}/media/")
            assert server.call("GET", place.removeprefix(server.base)).status == 200
    assert server.stop().status == 0
