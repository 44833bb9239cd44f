"""config.toml: what is refused and at which line; what the environment overrides; the shipped file."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config import (
    Channel,
    Config,
    Destination,
    Engine,
    Exchange,
    Outlet,
    Route,
    Server,
    Source,
    Subscriber,
    When,
)
from server.configfile import ConfigError, load_config, parse_config

SHIPPED = Path(__file__).parents[2] / "config.toml"

# A small configuration whose every line can be named.
SMALL = """\
[languages]
configured = ["az", "en"]
pivot = "en"
[translation.quality]
"az-en" = "publish"
[translation.held]
"en-az" = "wait"
[outlets.north]
name = "North"
country = "AZ"
languages = ["az"]
[outlets.south]
name = "South"
country = "GE"
[exchanges.both]
name = "Both"
members = ["north", "south"]
languages = ["en"]
[channels.all]
title = { en = "All" }
[channels.inner]
title = { en = "Inner" }
access = "members"
exchange = "both"
[channels.desk]
title = { en = "Desk" }
access = "admins"
shows = "held"
[subscribers.reader]
name = "Reader"
exchanges = ["both"]
[[routes]]
name = "first"
to = ["inner"]
[[routes]]
name = "second"
when = { outlet = "north" }
to = ["all"]
"""


def refuse(text: str, environment: Mapping[str, str] | None = None) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(ConfigError) as refusal:
        parse_config(text, "here.toml", environment)
    return str(refusal.value).splitlines()


def change(line: str, into: str) -> str:
    assert SMALL.count(line + "\n") == 1, line
    return SMALL.replace(line + "\n", into + "\n")


def line_of(text: str, line: str) -> int:
    return text.splitlines().index(line) + 1


def test_the_small_configuration_is_valid() -> None:
    assert parse_config(SMALL).routes[1].when.outlet == ("north",)


def test_an_empty_file_is_the_defaults() -> None:
    assert parse_config("") == Config()


def list_tables() -> Iterator[str]:
    yield from (line for line in SMALL.splitlines() if line.startswith("[") and "translation." not in line)


@pytest.mark.parametrize("table", sorted(set(list_tables())))
def test_an_unknown_option_is_refused_at_its_line_in_every_section(table: str) -> None:
    text = SMALL.replace(table + "\n", f"{table}\nunheard = 1\n", 1)
    [fault] = refuse(text)
    assert fault.startswith(f"here.toml:{line_of(text, 'unheard = 1')}: ")
    assert fault.endswith(".unheard: unknown option")


def test_an_unknown_section_is_refused_at_its_line() -> None:
    text = SMALL + "[feeds]\nentries = 5\n"
    assert refuse(text) == [f"here.toml:{line_of(text, '[feeds]')}: feeds: unknown option"]


def test_an_unknown_condition_is_refused_at_the_line_of_its_route() -> None:
    text = change('when = { outlet = "north" }', 'when = { outlets = "north" }')
    line = line_of(text, 'when = { outlets = "north" }')
    assert refuse(text) == [f"here.toml:{line}: routes.1.when.outlets: unknown option"]


def test_a_condition_in_a_table_of_its_own_is_named_with_its_line() -> None:
    text = change('when = { outlet = "north" }\nto = ["all"]', 'to = ["all"]\n[routes.when]\noutlet = "nobody"')
    [fault] = refuse(text)
    assert fault.startswith(
        f"here.toml:{line_of(text, 'outlet = ' + chr(34) + 'nobody' + chr(34))}: routes.1.when.outlet"
    )


CONTRADICTIONS = {
    # (line, what it becomes): part of the reason
    ('pivot = "en"', 'pivot = "ru"'): "languages.pivot: 'ru' is not among languages.configured",
    ('configured = ["az", "en"]', 'configured = ["az", "en", "az"]'): "languages.configured: 'az' stands there twice",
    ('"az-en" = "publish"', '"az-ru" = "publish"'): "translation.quality.az-ru: is no direction",
    ('"az-en" = "publish"', '"az-az" = "publish"'): "translation.quality.az-az: is no direction",
    ('"en-az" = "wait"', '"en-ru" = "wait"'): "translation.held.en-ru: is no direction",
    ('"en-az" = "wait"', '"en-az" = "hold"'): "translation.held.en-az: Input should be 'publish', 'mark', 'headline'",
    ('languages = ["az"]', 'languages = ["az", "tr"]'): "outlets.north.languages: 'tr' is not among",
    ('members = ["north", "south"]', 'members = ["north", "west"]'): "exchanges.both.members: there is no outlet",
    ('languages = ["en"]', 'languages = ["en", "ru"]'): "exchanges.both.languages: 'ru' is not among",
    ('exchanges = ["both"]', 'exchanges = ["neither"]'): "subscribers.reader.exchanges: there is no exchange 'neither'",
    ('exchange = "both"', 'exchange = "neither"'): "channels.inner.exchange: there is no exchange 'neither'",
    ('title = { en = "All" }', 'title = { ru = "Все" }'): "channels.all.title: 'ru' is not among",
    ('shows = "held"', 'shows = "held"\nexchange = "both"'): "channels.desk: access = \"members\" and",
    ('access = "admins"', 'access = "public"'): "channels.desk.shows: what waits for an editor is for them alone",
    ('name = "second"', 'name = "first"'): "routes.1.name: a route above is called 'first' too",
    ('to = ["all"]', 'to = ["nowhere"]'): "routes.1.to: there is no channel 'nowhere'",
    ('to = ["all"]', 'to = ["desk"]'): "routes.1.to: channel 'desk' shows what is held",
    ('to = ["all"]', 'to = ["all"]\nmachine = "hold"\nheld = "mark"'): "routes.1.held: machine = \"hold\" holds",
    ('to = ["all"]', 'to = ["all"]\nlanguages = ["ru"]'): "routes.1.languages: 'ru' is not among",
    ('when = { outlet = "north" }', 'when = { outlet = ["north", "west"] }'): "routes.1.when.outlet: no outlet 'west'",
    ('when = { outlet = "north" }', 'when = { exchange = "neither" }'): "routes.1.when.exchange: no exchange 'neither'",
    ('when = { outlet = "north" }', 'when = { country = "FR" }'): "routes.1.when.country: no country 'FR'",
    ('when = { outlet = "north" }', 'when = { language = "ru" }'): "routes.1.when.language: no language 'ru'",
    ('when = { outlet = "north" }', 'when = { subject = "economy" }'): "routes.1.when.subject: 'economy' is no Media",
    ('when = { outlet = "north" }', 'when = { subject = "medtop:99999999" }'): "'medtop:99999999' is no Media Topic",
    ('when = { outlet = "north" }', "when = { outlet = [] }"): "routes.1.when: `outlet` is empty",
    ('when = { outlet = "north" }', "when = { urgency = 10 }"): "routes.1.when.urgency.0: Input should be less than",
    ('to = ["all"]', "to = []"): "routes.1.to: is empty: it would lead nowhere",
}  # fmt: skip
LAST = "the last line"  # that reads so
PLACES = {  # where the fault is not at the first line of what was changed
    'shows = "held"\nexchange = "both"': "[channels.desk]",
    'access = "public"': 'shows = "held"',
    'name = "first"': LAST,
    'to = ["all"]\nmachine = "hold"\nheld = "mark"': 'held = "mark"',
    'to = ["all"]\nlanguages = ["ru"]': 'languages = ["ru"]',
}


@pytest.mark.parametrize("changed", CONTRADICTIONS, ids=[" → ".join(pair) for pair in CONTRADICTIONS])
def test_a_contradiction_is_refused_at_its_line(changed: tuple[str, str]) -> None:
    text = change(*changed)
    [fault] = refuse(text)
    place = PLACES.get(changed[1], changed[1])
    lines = text.splitlines()
    line = len(lines) - lines[::-1].index(changed[1]) if place == LAST else line_of(text, place)
    assert fault.startswith(f"here.toml:{line}: "), fault
    assert CONTRADICTIONS[changed] in fault


@pytest.mark.parametrize("access", ["public", "admins"])
def test_only_a_members_channel_names_an_exchange(access: str) -> None:
    [fault] = refuse(change('access = "members"', f'access = "{access}"'))
    assert "go together" in fault


def test_a_members_channel_without_an_exchange_is_refused() -> None:
    [fault] = refuse(change('exchange = "both"', ""))
    assert f"here.toml:{line_of(SMALL, '[channels.inner]')}: channels.inner: " in fault


TAKEN = "outlets, subscribers, editors and admins share one set of ids: this one is taken"


@pytest.mark.parametrize(
    ("table", "path"),
    [
        ("[outlets.admin]\nname = 'A'\ncountry = 'AZ'", "outlets.admin"),
        ("[subscribers.admin]\nname = 'A'", "subscribers.admin"),
        ("[subscribers.north]\nname = 'N'", "outlets.north"),
        ("[editors.north]\nname = 'N'\nexchanges = '*'", "editors.north"),
    ],
)
def test_nobody_shares_the_id_of_another(table: str, path: str) -> None:
    text = f"{SMALL}{table}\n"
    assert refuse(text) == [f"here.toml:{line_of(text, f'[{path}]')}: {path}: {TAKEN}"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    text = change('pivot = "en"', 'pivot = "ru"').replace('to = ["all"]', 'to = ["nowhere"]')
    assert len(refuse(text)) == 2


@pytest.mark.parametrize(
    "value",
    [
        "[server]\nport = 65536",
        "[server]\nport = 'many'",
        "[server]\npublic_url = 'ftp://example.org'",
        "[server]\npublic_url = 'https://example.org/'",
        "[server]\ntag = 'example.org'",
        "[server]\nlog_format = 'xml'",
        "[languages]\nconfigured = []",
        "[languages]\nconfigured = ['az', 'no language']",
        "[translation]\nengine = 'google'",
        "[translation]\nthreads = -1",
        "[translation]\npublish_unseen = ['good']",
        "[limits]\nfeed_entries = 0",
        "[outlets.Big]\nname = 'B'\ncountry = 'AZ'",
        "[outlets.x]\nname = 'B'\ncountry = 'Azerbaijan'",
        "[outlets.x]\ncountry = 'AZ'",
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_line(value: str) -> None:
    [fault] = refuse(value)
    last = len(value.splitlines())
    assert fault.startswith((f"here.toml:{last}: ", "here.toml:1: ")), fault


def test_what_is_not_toml_is_refused() -> None:
    assert refuse("[server\n")[0].startswith("here.toml: not TOML: ")
    assert refuse("a = " + "[" * 100_000)[0].startswith("here.toml: not TOML: ")
    assert refuse("a = " + "9" * 5_000)[0].startswith("here.toml: not TOML: ")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "nowhere.toml", {})
    (tmp_path / "latin.toml").write_bytes(b'[server]\nname = "\xe9"\n')
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "latin.toml", {})


@pytest.mark.parametrize("spelling", ["zh-Hans", "zh-CN", "zh", "ZH"])
def test_simplified_chinese_is_zh_however_it_is_spelled(spelling: str) -> None:
    text = f"""
        [languages]
        configured = ["{spelling}", "en"]
        [outlets.a]
        name = "A"
        country = "CN"
        languages = ["{spelling}"]
        [channels.c]
        title = {{ {spelling} = "世界" }}
        [[routes]]
        name = "r"
        when = {{ language = "{spelling}" }}
        to = ["c"]
        languages = ["{spelling}"]
    """
    config = parse_config(text)
    assert config.languages.configured == ("zh", "en")
    assert config.outlets["a"].languages == config.routes[0].languages == config.routes[0].when.language == ("zh",)
    assert dict(config.channels["c"].title) == {"zh": "世界"}


# Environment


@pytest.mark.parametrize(
    ("variable", "value", "path", "expected"),
    [
        ("KARVAN_SERVER__PORT", "9000", ("server", "port"), 9000),
        ("KARVAN_SERVER__PUBLIC_URL", "https://news.example", ("server", "public_url"), "https://news.example"),
        ("KARVAN_SERVER__PUBLIC_URL", "", ("server", "public_url"), ""),
        ("KARVAN_SERVER__NAME", "Xəbər = yeni", ("server", "name"), "Xəbər = yeni"),
        ("KARVAN_SERVER__NAME", "2026", ("server", "name"), "2026"),
        ("KARVAN_SERVER__NAME", "2026-11-01", ("server", "name"), "2026-11-01"),
        ("KARVAN_SERVER__NAME", "true", ("server", "name"), "true"),
        ("KARVAN_SERVER__NAME", '"2026"', ("server", "name"), "2026"),
        ("KARVAN_LANGUAGES__CONFIGURED", '["en", "az"]', ("languages", "configured"), ("en", "az")),
        ("KARVAN_OUTBOUND__ALLOW", '["10.0.0.0/8"]', ("outbound", "allow"), ("10.0.0.0/8",)),
        ("KARVAN_TRANSLATION__QUALITY__AZ_EN", "draft", ("translation", "quality", "az-en"), "draft"),
        ("KARVAN_TRANSLATION__QUALITY__EN_AZ", "draft", ("translation", "quality", "en-az"), "draft"),
        ("KARVAN_TRANSLATION__HELD__AZ_EN", "headline", ("translation", "held", "az-en"), "headline"),
        ("KARVAN_OUTLETS__NORTH__NAME", "Far North", ("outlets", "north", "name"), "Far North"),
        ("karvan_server__port", "9000", ("server", "port"), 8080),
        ("KARVAN_PORT", "9000", ("server", "port"), 8080),
    ],
)
def test_the_environment_overrides_single_options(
    variable: str, value: str, path: tuple[str, ...], expected: object
) -> None:
    found: Any = parse_config(SMALL, environment={variable: value})
    for name in path:
        found = found[name] if isinstance(found, Mapping) else getattr(found, name)
    assert found == expected


def test_an_id_with_a_dash_is_written_with_an_underscore() -> None:
    config = load_config(SHIPPED, {"KARVAN_OUTLETS__KHAZAR_NEWS__NAME": "Khazar"})
    assert config.outlets["khazar-news"].name == "Khazar"
    config = parse_config("", environment={"KARVAN_SUBSCRIBERS__NEW_ROOM__NAME": "Room"})
    assert config.subscribers["new-room"].name == "Room"


def test_what_only_the_environment_has_may_have_hyphens_and_texts_that_look_like_something_else() -> None:
    environment = {
        "KARVAN_ENGINES__NEWS_ROOM__URL": "http://engine.example/",
        "KARVAN_ENGINES__NEWS_ROOM__RELEASE": "2026-11-01",
        "KARVAN_ENGINES__NEWS_ROOM__KEY": "0123456789",
        "KARVAN_EDITORS__ANNA_B__NAME": "1e5",
        "KARVAN_EDITORS__ANNA_B__EXCHANGES": "*",
        "KARVAN_ADMINS__LEYLA_M__NAME": "Leyla",
        "KARVAN_QUOTAS__FAR_NORTH__REQUESTS_PER_MINUTE": "5",
        "KARVAN_OUTLETS__FAR_NORTH__NAME": "0.5",
        "KARVAN_OUTLETS__FAR_NORTH__COUNTRY": "NO",
        "KARVAN_SOURCES__MOUNTAIN_TIMES__URL": "https://feed.example/",
        "KARVAN_SOURCES__MOUNTAIN_TIMES__OUTLET": "far-north",
        "KARVAN_CONDITIONS__OF_THE_YEAR__KEYWORD": '["2026"]',
        "KARVAN_SERVER__TAG": "own.example,2026",
    }
    config = parse_config("", environment=environment)
    engine = config.engines["news-room"]
    assert (engine.release, engine.key) == ("2026-11-01", "0123456789")
    assert (config.editors["anna-b"].name, config.editors["anna-b"].exchanges) == ("1e5", ("*",))
    assert (config.admins["leyla-m"].name, config.outlets["far-north"].name) == ("Leyla", "0.5")
    assert (config.quotas["far-north"].requests_per_minute, config.sources["mountain-times"].outlet) == (5, "far-north")
    assert config.conditions["of-the-year"].keyword == ("2026",)


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("KARVAN_ROUTES__0__NAME", "routes"),
        ("KARVAN_ROUTES__NAME", "routes"),
        ("KARVAN_EXCHANGES__NORTH_SEA__ROUTES", "exchanges.north-sea.routes"),
    ],
)
def test_tables_in_arrays_are_said_to_be_the_files(variable: str, path: str) -> None:
    [fault] = refuse(SMALL, {variable: "x"})
    assert fault == f"environment variable {variable}: {path} is an array of tables: only the file can set it"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KARVAN_SERVER__PROT", "9000"),
        ("KARVAN_SERVER__PORT", "many"),
        ("KARVAN_LANGUAGES__PIVOT", "ru"),
        ("KARVAN_SERVRE__PORT", "9000"),
        ("KARVAN_SERVER__PORT__NUMBER", "1"),
        ("KARVAN_SERVER__NAME", "Kar\udcffvan"),  # bytes that are no text
        ("KARVAN_ROUTES__0__NAME", "x"),
    ],
)
def test_a_wrong_override_is_refused_by_the_name_of_its_variable(variable: str, value: str) -> None:
    [fault] = refuse(SMALL + "[server]\nport = 1\n", {variable: value})
    assert fault.startswith(f"environment variable {variable}: "), fault


# The models


def list_models(model: type[pydantic.BaseModel] = Config) -> Iterator[type[pydantic.BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for inner in list_parts(field.annotation):
            if inner is not model:  # conditions are made of conditions
                yield from list_models(inner)


def list_parts(annotation: Any) -> Iterator[type[pydantic.BaseModel]]:
    """The models inside a type: tuple[Route, ...] has Route."""
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        yield annotation
    elif get_origin(annotation) is not None:
        for part in get_args(annotation):
            yield from list_parts(part)


def test_the_walk_finds_every_model() -> None:
    assert {Server, Outlet, Exchange, Channel, Subscriber, Route, When} <= set(list_models())


@pytest.mark.parametrize("model", list(list_models()), ids=lambda model: model.__name__)
def test_a_configuration_is_frozen_and_closed(model: type[pydantic.BaseModel]) -> None:
    assert model.model_config["frozen"]
    assert model.model_config["extra"] == "forbid"


def test_nobody_changes_a_configuration() -> None:
    config = parse_config(SMALL)
    with pytest.raises(pydantic.ValidationError):
        config.server.port = 1
    with pytest.raises(pydantic.ValidationError):
        config.routes[0].to = ("all",)
    with pytest.raises(TypeError):
        config.routes[0].to[0] = "all"  # type: ignore[index]


def test_the_shipped_file_is_valid() -> None:
    config = load_config(SHIPPED, {})
    assert list(config.outlets) == ["khazar-news", "bosphorus-post", "steppe-herald", "silk-road-daily", "caravan-wire"]
    assert list(config.channels) == ["world", "economy", "culture", "turkic", "desk"]


def list_options(annotation: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every option of the models; `*` for a name of the operator's choice."""
    if annotation is When or (annotation is Route and path[0] == "exchanges"):
        return  # conditions are told in words; an exchange's routes are as the others
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        for name, field in annotation.model_fields.items():
            yield from list_options(field.annotation, (*path, field.alias or name))
        return
    parts = list(list_parts(annotation))
    if not parts:
        yield path
    for part in parts:  # a table, or many by number or name
        yield from list_options(part, path if get_origin(annotation) in (Union, UnionType) else (*path, "*"))


def list_keys(values: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(values, dict):
        free = path in {("outlets",), ("exchanges",), ("channels",), ("subscribers",), ("engines",), ("rights",),
                        ("destinations",), ("sources",), ("editors",), ("admins",), ("quotas",)}  # fmt: skip
        for name, value in values.items():
            yield from list_keys(value, (*path, "*" if free else name))
    elif isinstance(values, list):
        for value in values:
            yield from list_keys(value, (*path, "*"))


def uncomment_engine(text: str) -> str:
    """The shipped file with its example of an engine in force: the sample itself reaches nothing."""
    start = text.index("# [engines.newsroom]")
    end = text.index("\n\n", start)
    return text[:start] + re.sub("^# ?", "", text[start:end], flags=re.MULTILINE) + text[end:]


def uncomment_quota(text: str) -> str:
    """The shipped file with its examples of a quota and of an admin in force."""
    for first in ("# [quotas.outlet]", "# [admins.leyla]"):
        start = text.index(first)
        end = text.index("\n\n", start)
        text = text[:start] + re.sub("^# ?", "", text[start:end], flags=re.MULTILINE) + text[end:]
    return text


def uncomment_destination(text: str) -> str:
    """The shipped file with its example of a destination in force."""
    start = text.index("# [destinations.evening-paper]")
    end = text.index("\n\n", start)
    return text[:start] + re.sub("^# ?", "", text[start:end], flags=re.MULTILINE) + text[end:]


def test_the_shipped_example_of_a_destination_is_valid_once_it_has_a_key() -> None:
    text = uncomment_destination(SHIPPED.read_text())
    assert "a key of 16 characters or more is needed" in refuse(text)[0]
    config = parse_config(text, environment={"KARVAN_DESTINATIONS__EVENING_PAPER__KEY": "a secret of the two of us"})
    assert "a secret" not in repr(config)
    default = Destination(url="http://x.example", channels=("world",))
    given = {"url", "channels", "key", "subscriber"}
    assert config.destinations["evening-paper"].model_dump(exclude=given) == default.model_dump(exclude=given)


def uncomment_source(text: str) -> str:
    """The shipped file with its example of a source in force."""
    start = text.index("# [sources.mountain-times]")
    end = text.index("\n\n", start)
    return text[:start] + re.sub("^# ?", "", text[start:end], flags=re.MULTILINE) + text[end:]


def test_the_shipped_example_of_a_source_is_valid_once_the_server_has_a_tag_of_its_own() -> None:
    text = uncomment_source(SHIPPED.read_text())
    assert "set one of your own" in refuse(text)[0]
    config = parse_config(
        text,
        environment={"KARVAN_SERVER__TAG": "own.example,2026", "KARVAN_SOURCES__MOUNTAIN_TIMES__KEY": "secret-word"},
    )
    assert "secret-word" not in repr(config)
    default = Source(url="https://x.example", outlet="caravan-wire")
    given = {"url", "language", "key"}
    assert config.sources["mountain-times"].model_dump(exclude=given) == default.model_dump(exclude=given)


def uncomment_routing(text: str) -> str:
    """The shipped file with its examples of exchanges, rights and routes in force."""
    for first in ("# [exchanges.example]", "# [rights.example]", "# [[routes]]"):
        start = text.index(first)
        end = text.find("\n\n", start) if "\n\n" in text[start:] else len(text)
        text = text[:start] + re.sub("^# ?", "", text[start:end], flags=re.MULTILINE) + text[end:]
    return text


def test_the_shipped_examples_of_routing_are_valid() -> None:
    config = parse_config(uncomment_routing(SHIPPED.read_text()), environment={})
    assert (len(config.routes), len(config.exchanges), len(config.rights)) == (5, 3, 2)


def test_the_shipped_example_of_an_engine_is_valid_once_its_address_is_allowed() -> None:
    text = uncomment_engine(SHIPPED.read_text()).replace('# "az-en" = "newsroom"', '"az-en" = "newsroom"')
    assert "10.1.2.3 is a private address" in refuse(text)[0]
    config = parse_config(text.replace("allow = []", 'allow = ["10.1.2.3"]'), environment={})
    default = Engine(url="http://x.example")
    assert config.translation.engine_of == {"az-en": "newsroom"}
    assert config.engines["newsroom"].model_dump(exclude={"url"}) == default.model_dump(exclude={"url"})


ENGINE = """\
[outbound]
allow = ["10.1.0.0/16", "mt.internal"]
[engines.newsroom]
url = "http://10.1.2.3:5000"
[translation.engine_of]
"az-en" = "newsroom"
"""


@pytest.mark.parametrize(
    ("line", "into", "reason"),
    [
        (
            '"az-en" = "newsroom"',
            '"az-en" = "newsrom"',
            "there is no engine 'newsrom'; there are argos, pseudo, off, n",
        ),
        ('"az-en" = "newsroom"', '"az-de" = "newsroom"', "is no direction between two of languages.configured"),
        ("[engines.newsroom]", "[engines.argos]", "is the name of an engine that Karvan has already"),
        ('url = "http://10.1.2.3:5000"', 'url = "ftp://10.1.2.3"', "String should match pattern"),
        ('url = "http://10.1.2.3:5000"', 'url = "http://user:word@10.1.2.3"', "String should match pattern"),
        ('url = "http://10.1.2.3:5000"', 'url = "http://10.1.2.3:99999"', "Port out of range"),
        ('url = "http://10.1.2.3:5000"', 'url = "http://10.2.2.3:5000"', "10.2.2.3 is a private address"),
        ('url = "http://10.1.2.3:5000"', 'url = "http://localhost:5000"', "localhost is a private address"),
        ('url = "http://10.1.2.3:5000"', 'url = "http://[::1]:5000"', "::1 is a private address"),
        ('allow = ["10.1.0.0/16", "mt.internal"]', 'allow = ["10.1.2.3/16"]', "'10.1.2.3/16' is no network"),
    ],
)
def test_an_engine_that_could_not_work_is_refused_with_its_line(line: str, into: str, reason: str) -> None:
    text = SMALL.replace("[outlets.north]", ENGINE + "[outlets.north]")
    assert parse_config(text, environment={}).engines["newsroom"].timeout_seconds == 30
    changed = text.replace(line + "\n", into + "\n")
    assert changed != text
    faults = refuse(changed)
    assert any(reason in fault and fault.startswith("here.toml:") for fault in faults), faults


def test_any_engine_may_be_that_of_all_directions() -> None:
    text = ENGINE.replace("[translation.engine_of]", "[translation]").replace('"az-en"', "engine")
    assert parse_config(text, environment={}).translation.engine == "newsroom"
    assert refuse('[translation]\nengine = "babelfish"')[0].startswith("here.toml:2: translation.engine: there is no")


def test_the_key_of_an_engine_comes_from_the_environment_and_is_shown_nowhere() -> None:
    config = parse_config(ENGINE, environment={"KARVAN_ENGINES__NEWSROOM__KEY": "secret-word"})
    assert config.engines["newsroom"].key == "secret-word"
    assert "secret-word" not in repr(config)


def test_the_shipped_file_names_every_option() -> None:
    """It is the manual: an option is a key of it; what the sample does not use stands in a comment."""
    text = SHIPPED.read_text()
    keys = set(
        list_keys(
            tomllib.loads(
                uncomment_source(uncomment_destination(uncomment_routing(uncomment_engine(uncomment_quota(text)))))
            )
        )
    )
    missing = [path for path in list_options(Config) if path not in keys and path[:3] != ("routes", "*", "when")]
    assert missing == []
    conditions = text[text.index("#   when") : text.index("#   to ")]
    names = [field.alias or name for name, field in When.model_fields.items()]
    assert [name for name in names if not re.search(rf"\b{name}\b", conditions)] == []


def test_an_option_of_the_shipped_file_has_its_default_or_the_samples_value() -> None:
    """Of what is no sample: the values that differ from the defaults are these, on purpose."""
    shipped, default = load_config(SHIPPED, {}), Config()
    differing = {
        f"{section}.{name}"
        for section in ("server", "database", "languages", "translation", "limits", "outbound")
        for name in type(getattr(default, section)).model_fields
        if getattr(getattr(shipped, section), name) != getattr(getattr(default, section), name)
    }
    assert differing == {"translation.publish_unseen", "translation.checks"}


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(["", "x = 1", "[[routes]]", "port = -1", "[a.b]"])), max_size=4
    )
)
def test_a_damaged_file_is_read_or_refused_and_nothing_else(damage: list[tuple[int, str]]) -> None:
    lines = SMALL.splitlines()
    for number, text in damage:
        lines[number % len(lines)] = text
    faults = list_faults("\n".join(lines))
    assert all(fault.startswith("here.toml") for fault in faults)


def list_faults(text: str) -> list[str]:
    try:
        parse_config(text, "here.toml")
    except ConfigError as refusal:
        return str(refusal).splitlines()
    return []
