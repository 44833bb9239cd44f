"""The engine behind HTTP, against a server that speaks LibreTranslate's API over real connections."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from translators import Direction, Rendered, TranslationError, UnsupportedDirection
from translators.argos import ArgosTranslator
from translators.libre_answers import read_error, read_pairs, read_translations, read_version
from translators.libretranslate import LOOK_AGAIN, LOOK_EVERY, LibreTranslator, Reply, Server, make_made
from translators.pipeline import Fields, Outcome, translate_fields
from translators.pseudo import PseudoTranslator

LANGUAGES = ("az", "en", "ru", "tr", "zh")
EN_AZ, EN_ZH = Direction("en", "az"), Direction("en", "zh")


def call(method: str, url: str, body: bytes | None = None, *, seconds: float) -> Reply:
    """What server/outbound does, by the standard library."""
    request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=seconds) as response:
            return Reply(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, error.read())


class Beam(PseudoTranslator):
    """Has other hypotheses."""

    def translate(
        self, texts: Sequence[str], direction: Direction, *, hypotheses: int = 1, **options: Any
    ) -> list[Rendered]:
        best = super().translate(texts, direction, **options)
        others = [[Rendered(f"{one.text} {n}", -2.0) for n in range(1, hypotheses)] for one in best]
        return [Rendered(one.text, -1.0, (), tuple(more)) for one, more in zip(best, others, strict=True)]


Libre = Any  # conftest's
MakeEngine = Callable[..., LibreTranslator]


@pytest.fixture
def now() -> list[float]:
    """The engine's clock: the first number."""
    return [0.0]


@pytest.fixture
def told() -> list[tuple[str, str]]:
    """What was reported of engines."""
    return []


@pytest.fixture
def make(libre: Libre, now: list[float], told: list[tuple[str, str]]) -> MakeEngine:
    """An engine over the server; options of `Server` may be given."""

    def make_engine(**options: Any) -> LibreTranslator:
        languages = options.pop("languages", LANGUAGES)
        server = Server(**({"name": "newsroom", "url": libre.url} | options))
        return LibreTranslator(
            server, languages, call, report=lambda name, trouble: told.append((name, trouble)), clock=lambda: now[0]
        )

    return make_engine


def test_the_directions_are_those_of_the_server_in_our_tags(make: MakeEngine, libre: Libre) -> None:
    directions = make().directions()
    assert set(directions) == set(PseudoTranslator(LANGUAGES).directions())
    made = directions[EN_ZH]
    assert (made.engine, made.package, made.quality) == ("newsroom", "libretranslate 1.9.6", "draft")
    assert str(made) == "newsroom libretranslate 1.9.6"
    assert set(make(languages=("en", "az")).directions()) == {EN_AZ, Direction("az", "en")}


def test_sentences_come_back_in_order_with_blank_ones_as_they_are(make: MakeEngine, libre: Libre) -> None:
    texts = ["One.", "", "Two.", " \n", "Three & <b>four</b>."]
    answers = make(batch=2).translate(texts, EN_AZ, beam=2)
    assert [one.text for one in answers] == ["[az] One.", "", "[az] Two.", " \n", "[az] Three & <b>four</b>."]
    assert {(one.score, one.alignment, one.alternatives) for one in answers} == {(0.0, (), ())}
    assert [(asked["q"], asked["source"], asked["target"], asked["format"]) for asked in libre.seen] == [
        (["One.", "Two."], "en", "az", "text"),
        (["Three & <b>four</b>."], "en", "az", "text"),
    ]
    assert not any("api_key" in asked or "alternatives" in asked for asked in libre.seen)
    assert make().translate([], EN_AZ, beam=2) == []


def test_chinese_is_called_what_the_server_calls_it(make: MakeEngine, libre: Libre) -> None:
    assert make().translate(["One."], EN_ZH, beam=1)[0].text == "[zh] One."
    assert make().translate(["一。"], Direction("zh", "ru"), beam=1)[0].text == "[ru] 一。"
    assert [(asked["source"], asked["target"]) for asked in libre.seen] == [("en", "zh-Hans"), ("zh-Hans", "ru")]


def test_other_hypotheses_are_asked_for_as_alternatives(make: MakeEngine, libre: Libre) -> None:
    libre.engine = Beam()
    [one] = make().translate(["One."], EN_AZ, beam=3, hypotheses=3)
    assert libre.seen[-1]["alternatives"] == 2
    assert [other.text for other in one.alternatives] == ["[az] One. 1", "[az] One. 2"]


def test_a_server_that_gives_no_alternatives_is_not_asked_for_them_again(make: MakeEngine, libre: Libre) -> None:
    libre.alternatives_limit = 0
    engine = make()
    for _ in range(2):
        [one] = engine.translate(["One."], EN_AZ, beam=3, hypotheses=3)
        assert (one.text, one.alternatives) == ("[az] One.", ())
    assert [asked.get("alternatives") for asked in libre.seen] == [2, None, None]


def test_the_key_is_sent_and_a_wrong_one_is_told(make: MakeEngine, libre: Libre) -> None:
    libre.key = "word"
    assert make(key="word").translate(["One."], EN_AZ, beam=1)[0].text == "[az] One."
    with pytest.raises(TranslationError, match="newsroom answered 403: Invalid API key"):
        make(key="other").translate(["One."], EN_AZ, beam=1)
    with pytest.raises(TranslationError, match="400: Please contact the server operator to get an API key"):
        make().translate(["One."], EN_AZ, beam=1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((429, b'{"error": "Slowdown: 30 per 1 minute"}'), "newsroom answered 429: Slowdown: 30 per 1 minute"),
        ((500, b'{"error": "Cannot translate text: x"}'), "newsroom answered 500: Cannot translate text"),
        ((502, b"<html>Bad Gateway</html>"), "newsroom answered 502: no reason given"),
        ((200, b'{"translatedText": ["one"]}'), "newsroom: the answer holds 1 sentences for 2"),
        ((200, b'{"translatedText": ["one", "two", "three"]}'), "holds 3 sentences for 2"),
        ((200, b'{"translatedText": "one two"}'), "no list of translatedText"),
        ((200, b'{"translatedText": ["one", null]}'), "no list of translatedText"),
        ((200, b'["one", "two"]'), "no list of translatedText"),
        ((200, b"<html>Sign in</html>"), "not JSON"),
        ((200, b"[" * 100_000), "not JSON"),
        ((200, b"\xff\xfe"), "not JSON"),
    ],
)
def test_a_bad_answer_is_an_error_with_its_reason(
    make: MakeEngine, libre: Libre, answer: tuple[int, bytes], reason: str
) -> None:
    engine = make()
    libre.fails = answer
    with pytest.raises(TranslationError, match=reason) as raised:
        engine.translate(["One.", "Two."], EN_AZ, beam=1)
    assert not isinstance(raised.value, UnsupportedDirection)
    assert EN_AZ in engine.directions(), "it answered: it is there"
    libre.fails = None
    assert len(engine.translate(["One.", "Two."], EN_AZ, beam=1)) == 2


def test_more_sentences_than_the_server_takes_are_an_error_that_says_so(make: MakeEngine, libre: Libre) -> None:
    libre.batch_limit = 1
    with pytest.raises(TranslationError, match=r"400: Invalid request: request \(2\) exceeds text limit \(1\)"):
        make().translate(["One.", "Two."], EN_AZ, beam=1)
    assert len(make(batch=1).translate(["One.", "Two."], EN_AZ, beam=1)) == 2


def test_a_direction_that_the_server_has_not_is_refused_here_or_there(make: MakeEngine, libre: Libre) -> None:
    engine = make()
    with pytest.raises(UnsupportedDirection, match="newsroom does not translate en-de"):
        engine.translate(["One."], Direction("en", "de"), beam=1)
    assert libre.seen == []
    assert EN_AZ in engine.directions()
    libre.engine = PseudoTranslator(("en", "ru"))  # it has lost a language since it was looked at
    with pytest.raises(UnsupportedDirection, match="az is not supported"):
        engine.translate(["One."], EN_AZ, beam=1)
    libre.engine = PseudoTranslator(directions=[Direction("az", "en")])
    with pytest.raises(UnsupportedDirection, match="not available as a target language"):
        engine.translate(["One."], EN_AZ, beam=1)


def test_a_server_that_is_away_loses_its_directions_until_it_is_back(
    make: MakeEngine, libre: Libre, now: list[float], told: list[tuple[str, str]]
) -> None:
    engine = make()
    assert EN_AZ in engine.directions()
    libre.stop()
    now[0] += LOOK_EVERY
    for _ in range(3):
        assert engine.directions() == {}
        now[0] += LOOK_AGAIN
    with pytest.raises(UnsupportedDirection, match="newsroom does not translate en-az now"):
        engine.translate(["One."], EN_AZ, beam=1)
    assert [(name, bool(trouble)) for name, trouble in told] == [("newsroom", True)], "told once"
    libre.start()
    now[0] += LOOK_AGAIN
    assert EN_AZ in engine.directions()
    assert told[1:] == [("newsroom", "")]
    assert engine.translate(["One."], EN_AZ, beam=1)[0].text == "[az] One."


def test_a_server_that_was_never_there_offers_nothing_and_is_not_asked_all_the_time(
    make: MakeEngine, libre: Libre, now: list[float], told: list[tuple[str, str]]
) -> None:
    libre.stop()
    engine = make()
    for _ in range(20):
        assert engine.directions() == {}
    libre.start()
    now[0] += LOOK_AGAIN - 0.1
    assert engine.directions() == {}
    now[0] += 0.1
    assert EN_AZ in engine.directions()
    for _ in range(20):
        engine.directions()
    assert (libre.looks, len(told)) == (1, 2)


def test_a_server_that_hangs_while_it_translates_is_left_alone_for_longer_each_time(
    make: MakeEngine, libre: Libre, now: list[float]
) -> None:
    engine = make(seconds=0.1)
    libre.goes_on.clear()
    for wait in (2 * LOOK_AGAIN, 4 * LOOK_AGAIN):
        with pytest.raises(TranslationError, match="newsroom cannot be reached"):
            engine.translate(["One."], EN_AZ, beam=1)
        now[0] += wait - 0.1
        assert engine.directions() == {}
        now[0] += 0.1
        assert EN_AZ in engine.directions()
    libre.goes_on.set()
    assert engine.translate(["One."], EN_AZ, beam=1)[0].text == "[az] One."


def test_nobody_waits_while_another_thread_looks_at_the_server(libre: Libre, now: list[float]) -> None:
    slow, looking = threading.Event(), threading.Event()
    slow.set()

    def call_slowly(method: str, url: str, body: bytes | None = None, *, seconds: float) -> Reply:
        looking.set()
        assert slow.wait(10)
        return call(method, url, body, seconds=seconds)

    engine = LibreTranslator(Server(name="x", url=libre.url), LANGUAGES, call_slowly, clock=lambda: now[0])
    known = engine.directions()
    now[0] += LOOK_EVERY
    slow.clear()
    looking.clear()
    looker = threading.Thread(target=engine.directions)
    looker.start()
    assert looking.wait(10)
    assert engine.directions() == known, "the answer of before, at once"
    slow.set()
    looker.join(10)


def test_what_texts_are_made_with_changes_with_the_server(make: MakeEngine, libre: Libre, now: list[float]) -> None:
    engine = make()
    before = engine.directions()[EN_AZ]
    libre.version = "1.10.0"
    now[0] += LOOK_EVERY
    after = engine.directions()[EN_AZ]
    assert after.package == "libretranslate 1.10.0"
    other = make_made(Server(name="newsroom", url="http://10.1.1.1"), "1.10.0")
    released = make_made(Server(name="newsroom", url=libre.url, release="2026-11"), "1.10.0")
    same = make_made(Server(name="newsroom", url=libre.url + "/", key="x", batch=1), "1.10.0")
    assert len({before.sha256, after.sha256, other.sha256, released.sha256}) == 4
    assert released.package == "libretranslate 1.10.0 2026-11"
    assert same == after


@pytest.mark.parametrize("body", [b"{}", b"[1]", b'[{"code": 1}]', b'[{"name": "x"}]', b"nonsense"])
def test_what_is_no_list_of_languages_is_no_engine(body: bytes) -> None:
    with pytest.raises(TranslationError):
        list(read_pairs(body))


def test_codes_that_are_no_tags_and_pairs_of_one_language_are_left_out() -> None:
    rows = [
        {"code": "en", "targets": ["en", "zh-Hans", "emoji_1", None, 5]},
        {"code": "??", "targets": ["en"]},
        {"code": "zh-Hans", "targets": "en"},
        {"code": "ru"},
    ]
    pairs = list(read_pairs(json.dumps(rows).encode()))
    assert pairs == [("en", "zh-Hans"), ("ru", "en"), ("ru", "zh-Hans")]


@pytest.mark.parametrize(
    "body", [b"{}", b"[]", b'{"info": 5}', b'{"info": {"version": 5}}', b'{"info": {"version": "\\n"}}']
)
def test_a_server_that_does_not_say_its_version_has_an_unknown_one(body: bytes) -> None:
    assert read_version(body) == "unknown"


@pytest.mark.parametrize("others", [None, "x", [], [["a"]], [1, 2], [[1], [""]]])
def test_alternatives_in_another_shape_are_none(others: object) -> None:
    body = json.dumps({"translatedText": ["one", "two"], "alternatives": others}).encode()
    assert read_translations(body, 2) == [Rendered("one", 0.0), Rendered("two", 0.0)]


def test_a_reason_is_short() -> None:
    assert len(read_error(json.dumps({"error": "x" * 10_000}).encode())) == 200
    assert read_error(b"[]") == read_error(b'{"error": {}}') == read_error(b"") == "no reason given"


def test_an_article_is_translated_by_the_starter_behind_http(
    start_libre: Callable[..., Libre], starter: ArgosTranslator
) -> None:
    libre = start_libre(engine=starter)
    engine = LibreTranslator(Server(name="newsroom", url=libre.url), LANGUAGES, call)
    fields = Fields(
        headline="Parliament passes budget", body='<p>The ministers met in <a href="https://x.example/">Baku</a>.</p>'
    )
    [outcome] = translate_fields([fields], EN_AZ, engine)
    assert isinstance(outcome, Outcome)
    assert outcome.made.engine == "newsroom"
    [direct] = starter.translate(["Parliament passes budget"], EN_AZ, beam=4)
    assert outcome.fields.headline == direct.text.removesuffix(".")
    assert outcome.fields.body.count('<a href="https://x.example/">') == 1
    assert outcome.score == 0.0
