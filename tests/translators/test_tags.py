"""Tags inside sentences: the same ones afterwards, nested as before, around the right words; code stays as it is."""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.html import clean
from translators import Direction, Link, Rendered, Translator
from translators.argos import ArgosTranslator
from translators.pipeline import Fields, Outcome, translate_fields
from translators.pseudo import LANGUAGES, IdentityTranslator, PseudoTranslator

EN_AZ = Direction("en", "az")
DIRECTIONS = [Direction(source, target) for source in LANGUAGES for target in LANGUAGES if source != target]
VOID = ("br", "wbr", "img", "hr")
BLOCKS = ("p", "li", "h2", "td", "figcaption")

WORDS = {
    "az": "Bakıda yağış yağıb , nazir dedi ki 7,25 faiz “yeni yol” açılıb .",
    "en": "The minister said in Baku that 7.25 percent , “a new road” was opened on Monday .",
    "ru": "Министр сказал в Баку , что 7,25 процента «новая дорога» открыта в понедельник .",
    "tr": "Bakan Bakü'de dedi , yüzde 7,25 “yeni yol” pazartesi günü açıldı .",
    "zh": "部长 周一 在 巴库 表示 ， 新 道路 “通车” 了 。",
}
UNTOUCHED = ["https://example.org/a_b?c=1", "press@example.org", "@az_news", "#COP_29"]


class Mirror(PseudoTranslator):
    """Writes the words in reverse order, some of them twice or not at all, and says which is which."""

    def __init__(self, *, drops: int = 0, doubles: int = 0) -> None:
        super().__init__()
        self.drops, self.doubles = drops, doubles

    def _answer(self, text: str, direction: Direction, is_aligned: bool) -> Rendered:
        written, links = "", []
        words = list(re.finditer(r"\w+|[^\w\s]", text))[::-1]
        for number, found in enumerate(words):
            word = found[0] if found[0].startswith("QZ") else found[0].swapcase()
            if self.drops and number % self.drops == 1 and word.isalpha():
                continue
            for _ in range(2 if self.doubles and number % self.doubles == 1 and word.isalpha() else 1):
                written += " " if written else ""
                links.append(Link(found.span(), (len(written), len(written) + len(word)), 0.9))
                written += word
        return Rendered(written, 0.0, tuple(links) if is_aligned else ())


class Blind(PseudoTranslator):
    """Translates every word into another, and cannot say which is which."""

    def _answer(self, text: str, direction: Direction, is_aligned: bool) -> Rendered:
        return Rendered(re.sub(r"\w+", lambda found: f"x{len(found[0])}", text), 0.0)


class Reader(HTMLParser):
    """Per block its tags with attributes; raises where tags are not nested. `code` is what stands in code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.is_open: list[str] = []
        self.blocks: list[str] = []
        self.tags: list[Counter[str]] = [Counter()]
        self.code: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS:
            self.blocks.append(tag)
            self.tags.append(Counter())
        kept = [(name, value) for name, value in attrs if name not in ("alt", "title")]
        self.tags[-1][f"{tag} {kept}"] += 1
        if tag not in VOID:
            self.is_open.append(tag)
        if tag in ("code", "kbd", "samp", "var") and not set(self.is_open[:-1]) & {"code", "kbd", "samp", "var"}:
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.is_open.pop() == tag, "tags are not nested"
        if tag in BLOCKS:
            self.blocks.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data
        if set(self.is_open) & {"code", "kbd", "samp", "var"}:
            self.code[-1] += data


def read(document: str) -> Reader:
    reader = Reader()
    reader.feed(document)
    reader.close()
    assert not reader.is_open
    return reader


def make_inline(rng: random.Random, words: list[str], depth: int) -> str:
    """Words with random tags around, between and inside them."""
    written = []
    while words:
        kind = rng.random()
        size = rng.randint(1, 4)
        inner = [words.pop(0) for _ in range(min(size, len(words)))]
        if kind < 0.35 and depth:
            name = rng.choice(
                ["a href='u?a=1&amp;b=2'", "b", "em", "strong", "q", "span lang='x'", "abbr title='A tip'"]
            )
            written.append(f"<{name}>{make_inline(rng, inner, depth - 1)}</{name.split()[0]}>")
        elif kind < 0.42 and depth:
            name = rng.choice(["code", "kbd", "samp", "var"])
            written.append(f"<{name}>x_{rng.randint(1, 9)} = <b>y</b>.</{name}>")
            written += inner
        elif kind < 0.48:
            written += [rng.choice(UNTOUCHED), *inner]
        elif kind < 0.52:
            written += [*inner, rng.choice(["<br>", "<wbr>", "<i></i>"])]
        else:
            written += inner
    return rng.choice([" ", " ", "  ", "\n"]).join(written)


def make_body(rng: random.Random, language: str, *, blocks: int = 3) -> str:
    """At most so many blocks of one to three sentences."""
    written = []
    for _ in range(rng.randint(1, blocks)):
        words = [word for _ in range(rng.randint(1, 3)) for word in WORDS[language].split()]
        name = rng.choice(BLOCKS)
        written.append(f"<{name}>{make_inline(rng, words, 3)}</{name}>")
    return "\n".join(written)


def translate(bodies: Sequence[str], direction: Direction, translator: Translator) -> list[Outcome]:
    outcomes = translate_fields([Fields(headline="", body=body) for body in bodies], direction, translator)
    return [outcome for outcome in outcomes if isinstance(outcome, Outcome)]


def compare(before: str, outcome: Outcome) -> bool:
    """Whether all tags are where they belong; if not, a finding must say so. Blocks and code are never different."""
    one, other = read(before), read(outcome.fields.body)
    assert one.blocks == other.blocks
    for each in UNTOUCHED:
        assert other.text.count(each) == one.text.count(each), each
    if one.tags == other.tags:
        assert sorted(one.code) == sorted(other.code)
        return True
    lost = [finding for finding in outcome.findings if "could not be kept" in finding.detail]
    assert len(lost) == sum(mine != theirs for mine, theirs in zip(one.tags, other.tags, strict=True))
    return False


ENGINES: dict[str, Callable[[], Translator]] = {
    "pseudo": PseudoTranslator,
    "mirror": Mirror,
    "dropping": lambda: Mirror(drops=3),
    "doubling": lambda: Mirror(doubles=2),
    "blind": Blind,
}


@pytest.mark.parametrize("name", ENGINES)
@given(seed=st.integers(0, 1 << 32), direction=st.sampled_from(DIRECTIONS))
@settings(max_examples=15)
def test_the_tags_of_every_block_are_the_same_afterwards(name: str, seed: int, direction: Direction) -> None:
    body = make_body(random.Random(seed), direction.source)
    [outcome] = translate([body], direction, ENGINES[name]())
    kept = compare(body, outcome)
    assert kept or name != "pseudo"


@pytest.mark.parametrize("name", ENGINES)
def test_tags_are_seldom_left_out(name: str) -> None:
    rng = random.Random(1)
    bodies = [make_body(rng, "en") for _ in range(40)]
    outcomes = translate(bodies, EN_AZ, ENGINES[name]())
    kept = sum(compare(body, outcome) for body, outcome in zip(bodies, outcomes, strict=True))
    assert kept >= (1.0 if name == "pseudo" else 0.85) * len(bodies)


def test_the_starter_keeps_the_tags_in_all_its_directions(
    starter: ArgosTranslator, request: pytest.FixtureRequest
) -> None:
    rng = random.Random(4)
    count = 60 if request.config.getoption("--slow") else 8
    kept = total = 0
    for direction in starter.directions():
        bodies = [make_body(rng, direction.source, blocks=1) for _ in range(count)]
        for body, outcome in zip(bodies, translate(bodies, direction, starter), strict=True):
            kept += compare(body, outcome)
            total += 1
    assert total == count * len(starter.directions())
    assert kept >= 0.9 * total


@given(seed=st.integers(0, 1 << 32), direction=st.sampled_from(DIRECTIONS))
@settings(max_examples=20)
def test_what_is_cleaned_again_keeps_its_tags(seed: int, direction: Direction) -> None:
    body = clean(make_body(random.Random(seed), direction.source).replace("'u?", "'https://x.az/?"))
    [outcome] = translate([body], direction, Mirror())
    assert read(clean(outcome.fields.body)).tags == read(outcome.fields.body).tags


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("<p>the <b>red</b> car</p>", "<p>CAR <b>RED</b> THE</p>"),
        ("<p>see <a href='u'>the red car</a> now</p>", "<p>NOW <a href='u'>CAR RED THE</a> SEE</p>"),
        ("<p><a>one <b>two</b></a> three</p>", "<p>THREE <a><b>TWO</b> ONE</a></p>"),
        ("<p><i>one</i> <b>two</b> three</p>", "<p>THREE <b>TWO</b> <i>ONE</i></p>"),
        ("<p><i>one</i><b>two</b></p>", "<p>ONETWO</p>"),
        ("<p><b>All of it</b></p>", "<p><b>IT OF aLL</b></p>"),
        ("<p><b>One came</b>. Two left.</p>", "<p>. <b>CAME oNE</b> . LEFT tWO</p>"),
        ("<p><b>One came. Two</b> left.</p>", "<p>. <b>CAME oNE . LEFT tWO</b></p>"),
        ("<p>un<b>believ</b>able thing</p>", "<p>THING <b>UNBELIEVABLE</b></p>"),
        ("<p>a <b></b> b</p>", "<p><b></b>B A</p>"),
        ("<p>run <code>make  <b>x</b></code> now</p>", "<p>NOW <code>make  <b>x</b></code> RUN</p>"),
        ("<p>run <a><code>m</code></a> now</p>", "<p>NOW <a><code>m</code></a> RUN</p>"),
        ("<p>at https://x.az/A_b, <b>now</b></p>", "<p><b>NOW</b>, https://x.az/A_b AT</p>"),
        ("<p>one two three<br>four five</p>", "<p>FIVE<br>FOUR THREE TWO ONE</p>"),
        ("<p>a <b>b<i>c</b>d</i> e</p>", "<p>E BCD A</p>"),
    ],
)
def test_tags_go_with_their_words(body: str, wanted: str) -> None:
    [outcome] = translate([body], EN_AZ, Mirror())
    assert outcome.fields.body == wanted


@pytest.mark.parametrize(
    ("source", "target", "wanted"),
    [
        ("He said “<b>yes</b>” today", "O “hə” dedi", "<p>O “<b>hə</b>” dedi</p>"),
        ("He said <b>“yes”</b> today", "O “hə” dedi", "<p>O <b>“hə”</b> dedi</p>"),
        ("<b>Yes (all of it)</b> he said", "Hə (hamısı) dedi", "<p><b>Hə (hamısı)</b> dedi</p>"),
        ("He came: <b>yes.</b>", "Gəldi: hə.", "<p>Gəldi: <b>hə.</b></p>"),
        ("He came: <b>yes</b>.", "Gəldi: hə.", "<p>Gəldi: <b>hə</b>.</p>"),
        ("<b>Yes</b>, he came", "Hə, gəldi", "<p><b>Hə</b>, gəldi</p>"),
    ],
)
def test_punctuation_stays_with_the_tag_that_held_it(source: str, target: str, wanted: str) -> None:
    meaning = {"yes": "hə", "all": "hamısı", "today": "dedi", "came": "gəldi", "he": "o"}

    class Dictionary(PseudoTranslator):
        def _answer(self, text: str, direction: Direction, is_aligned: bool) -> Rendered:
            places = {found[0].lower(): found.span() for found in re.finditer(r"\w+", target)}
            links = [
                Link(found.span(), places[meaning[found[0].lower()]])
                for found in re.finditer(r"\w+", text)
                if meaning.get(found[0].lower()) in places
            ]
            return Rendered(target, 0.0, tuple(links))

    [outcome] = translate([f"<p>{source}</p>"], EN_AZ, Dictionary())
    assert outcome.fields.body == wanted


def test_a_place_that_is_a_guess_is_said_to_be_one() -> None:
    [outcome] = translate(["<p>the <b>red</b> car</p>"], EN_AZ, Blind())
    assert outcome.fields.body.count("<b>") == 1
    [note] = [finding for finding in outcome.findings if finding.check == "markup"]
    assert note.detail == "the place of <b> is a guess"
    assert note.severity == "note"


def test_tags_without_room_are_left_out_and_it_is_said() -> None:
    class Word(PseudoTranslator):
        def _render(self, text: str, direction: Direction) -> str:
            return "söz"

    [outcome] = translate(["<p><b>one</b> <i>two</i> <u>three</u></p>"], EN_AZ, Word())
    assert outcome.fields.body == "<p>söz</p>"
    assert [finding.detail for finding in outcome.findings if finding.check == "markup"] == [
        "the tags inside this text could not be kept"
    ]


def test_tips_and_alternative_texts_are_translated_where_they_stand() -> None:
    body = '<p>An <abbr title="World Bank">WB</abbr> loan <img src="i" alt="A loan"> came</p>'
    [outcome] = translate([body], EN_AZ, PseudoTranslator())
    assert outcome.fields.body == (
        '<p>[az] An <abbr title="[az] World Bank">WB</abbr> loan <img src="i" alt="[az] A loan"> [az] came</p>'
    )


def test_thousands_of_tags_cost_bounded_time() -> None:
    body = "<p>" + "<b>x y</b> z " * 3_000 + "</p><p>" + "<i>" * 500 + "deep one" + "</i>" * 500 + " two</p>"
    [outcome] = translate([body], EN_AZ, Mirror())
    assert sum("could not be kept" in finding.detail for finding in outcome.findings) == 2


# --- nothing changes where the engine changes nothing ---

PIECES = [
    "<p>", "</p>", "<b>", "</b>", "<i>", "</i>", "<a href='u'>", "</a>", "<code>", "</code>", "<br>", "<ul><li>",
    "</li></ul>", "<img src=i alt='An  image'>", "<!-- c -->", "<pre>", "</pre>", "&amp;", "&nbsp;", "&lt;b&gt;",
    "&bogus", "<", ">", "<table", '<td title="x &quot; y">', "</td>", "<script>if (a<b) {}</script>", "\n", "  ",
    "\u00a0\u2003", "Salam.  Dünya! ", "3 < 5", "https://example.org/a_b", "@az_news", "#COP_29 ", "会议。结束 了",
    "“Слово” — и дело.", "x_y QZ1 qz 2", "İI ıi", "🙂", "\x00", "e.g. the U.S. one", "<wbr>", "<q>", "</q>",
    "<kbd>k. K</kbd>", "5 % (a) ...",
]  # fmt: skip


def make_any(rng: random.Random) -> str:
    return "".join(rng.choices(PIECES, k=rng.randint(0, 30)))


@pytest.mark.parametrize("count", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_documents_that_an_engine_does_not_change_come_out_byte_for_byte(count: int) -> None:
    rng = random.Random(count)
    documents = [make_any(rng) if number % 2 else make_body(rng, "en") for number in range(count)]
    for start in range(0, count, 100):
        batch = documents[start : start + 100]
        direction = rng.choice(DIRECTIONS)
        assert [each.fields.body for each in translate(batch, direction, IdentityTranslator())] == batch


@given(st.integers(0, 1 << 32), st.sampled_from(["<script>alert(1)</script>", "</p><h1 a='", "--><b>", '" x=']))
@settings(max_examples=20)
def test_no_answer_becomes_markup_wherever_the_tags_go(seed: int, answer: str) -> None:
    class Hostile(Mirror):
        def _answer(self, text: str, direction: Direction, is_aligned: bool) -> Rendered:
            rendered = super()._answer(text, direction, is_aligned)
            return Rendered(f"{answer} {rendered.text} {answer}", 0.0, rendered.alignment)

    body = make_body(random.Random(seed), "en")
    [outcome] = translate([body], EN_AZ, Hostile())
    compare(body, outcome)
