"""Translation memories of other tools are read, long ones without being held; ours are read by them."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds import tmx
from feeds.faults import Fault, MalformedDocument
from feeds.safexml import MAX_PART_BYTES
from feeds.text import normalise
from feeds.tmx import Record, Unit, Variant

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TRADOS = """<?xml version="1.0" encoding="ENCODING" ?>
<!DOCTYPE tmx SYSTEM "tmx14.dtd">
<!-- from another tool -->
<tmx version="1.4"><header creationtool="X" creationtoolversion="1" segtype="sentence" o-tmf="x" adminlang="en-US"
  srclang="EN-US" datatype="rtf"/>
<body>
  <tu tuid="1" usagecount="3" creationdate="20200101T000000Z" creationid="OLD">
    <prop type="client">Agency</prop>
    <tuv xml:lang="EN-US">
     <seg>Go <bpt i="1">[b]<sub>not text</sub></bpt>on<ept i="1">[/b]</ept>, <hi>now</hi>!</seg></tuv>
    <tuv xml:lang="AZ" changedate="20260102T030405Z" changeid="Aysel"><seg>İndi bura basın!</seg></tuv>
  </tu>
  <tu><tuv xml:lang="en"><seg>Alone</seg></tuv></tu>
  <tu><tuv><seg>Whose?</seg></tuv><tuv xml:lang="az"><seg>Kimin?</seg></tuv></tu>
  <tu><tuv xml:lang="en"><seg> </seg></tuv><tuv xml:lang="az"><seg>Boş</seg></tuv></tu>
  <tu srclang="*all*"><tuv lang="en"><seg>Old</seg></tuv><tuv lang="az" creationdate="soon"><seg>Köhnə</seg></tuv></tu>
</body></tmx>"""  # fmt: skip


def cut(body: bytes, size: int) -> Iterator[bytes]:
    return (body[start : start + size] for start in range(0, len(body), size))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_file_of_another_tool_is_read(encoding: str, size: int) -> None:
    found = list(tmx.parse(cut(TRADOS.replace("ENCODING", encoding).encode(encoding), size)))
    first, alone, whose, empty, old = found
    assert first == Unit(
        "EN-US",
        (
            Variant("EN-US", "Go on, now!", Record("OLD", datetime(2020, 1, 1, tzinfo=UTC), 3)),
            Variant("AZ", "İndi bura basın!", Record("Aysel", WHEN, 3)),
        ),
        number=1,
    )
    assert alone == Fault("/tmx/body/tu[2]", "1 languages; a translation has two")
    assert whose == Fault("/tmx/body/tu[3]", "a <tuv> without xml:lang")
    assert empty == Fault("/tmx/body/tu[4]", "no text in en")
    assert old == Unit("*all*", (Variant("en", "Old"), Variant("az", "Köhnə")), number=5)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1).filter(
    lambda text: normalise(text) == text
)
RECORDS = st.builds(
    Record,
    who=st.text("aş <&\"'中", max_size=20).map(str.strip),
    at=st.none() | st.integers(-(10**10), 10**11).map(lambda seconds: WHEN + timedelta(seconds=seconds)),
    uses=st.integers(0, 999_999),
)
UNITS = st.builds(
    lambda one, two, record, origin: Unit("en", (Variant("en", one), Variant("az", two, record)), origin, 1),
    TEXT, TEXT, RECORDS, st.sampled_from(["", "edited", "machine"]),
)  # fmt: skip


@given(UNITS)
def test_what_is_written_is_read_again(unit: Unit) -> None:
    body = tmx.render_head("en", "1") + tmx.render_unit(unit) + tmx.render_tail()
    assert list(tmx.parse([body])) == [unit]


def test_what_is_written_has_what_the_format_requires() -> None:
    unit = Unit("en", (Variant("en", "A"), Variant("az", "B", Record("x", WHEN, 2))), "edited")
    root = etree.fromstring(tmx.render_head("en", "1") + tmx.render_unit(unit) + tmx.render_tail())
    header, body = root
    assert (root.tag, root.get("version")) == ("tmx", "1.4")
    required = {"creationtool", "creationtoolversion", "segtype", "o-tmf", "adminlang", "srclang", "datatype"}
    assert set(header.attrib) == required
    [tu] = body
    assert [child.tag for child in tu] == ["prop", "tuv", "tuv"]
    assert tu[2].get("creationdate") == "20260102T030405Z"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not well-formed"),
        (b"<html/>", "the root is <html>"),
        (b"<html><tu/></html>", "the root is <html>"),
        (b"<tmx><body><tu>", "not well-formed"),
        (b'<!DOCTYPE tmx [<!ENTITY a "b">]><tmx/>', "rules of its own"),
        (b'<!DOCTYPE tmx SYSTEM "x"><!DOCTYPE tmx [<!ENTITY a "b">]><tmx/>', "two document type declarations"),
        (
            b'<!DOCTYPE tmx SYSTEM "x"> <!-- --> <!DOCTYPE tmx [<!ENTITY a "b">]><tmx/>',
            "two document type declarations",
        ),
        (b'<tmx><!DOCTYPE tmx [<!ENTITY a "b">]>&a;</tmx>', "not well-formed"),
        (b"<tmx>&a;</tmx>", "not well-formed"),
        (b"<tmx>" + b"<a>" * 1_000, "nested more than 100"),
        (b"<tmx><tu>" + b"<a/>" * MAX_PART_BYTES, "more than"),
        (b"\xff\xfe<", "utf-16"),
        (b"<tmx>\xff</tmx>", "not utf-8"),
    ],
)
def test_what_cannot_be_read_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(MalformedDocument, match=reason):
        list(tmx.parse(cut(body, 65_536)))


def test_one_bad_unit_harms_no_other() -> None:
    good = tmx.render_unit(Unit("en", (Variant("en", "A"), Variant("az", "B"))))
    long = tmx.render_unit(Unit("en", (Variant("en", "A" * (tmx.LONGEST_TEXT + 1)), Variant("az", "B"))))
    found = list(tmx.parse([tmx.render_head("en", "1"), good, long, good, tmx.render_tail()]))
    assert [type(one) for one in found] == [Unit, Fault, Unit]


def test_a_long_file_is_not_held_in_memory() -> None:
    unit = tmx.render_unit(Unit("en", (Variant("en", "A" * 500), Variant("az", "B" * 500))))
    junk = b"<x><y/></x>" * 10

    def measure(count: int) -> int:
        tracemalloc.start()
        pieces = (tmx.render_head("en", "1"), *[unit + junk] * count, tmx.render_tail())
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        assert sum(1 for _ in tmx.parse(pieces)) == count
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - before

    assert measure(3_000) < measure(300) * 2


def test_a_file_may_be_read_on_in_another_thread() -> None:
    unit = tmx.render_unit(Unit("en", (Variant("en", "A" * 500), Variant("az", "B" * 500))))
    units = tmx.parse([tmx.render_head("en", "1"), *[unit] * 2_000, tmx.render_tail()])
    found: list[Unit | Fault] = []
    for _ in range(20):
        thread = Thread(target=lambda: found.extend(islice(units, 100)))
        thread.start()
        thread.join()
    assert len(found) == 2_000
