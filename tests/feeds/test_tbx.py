"""Glossaries in TBX-Basic, of both styles, and in the form before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds import tbx
from feeds.faults import InvalidDocument, MalformedDocument
from feeds.tbx import TermEntry

DCT = """<?xml version="1.0"?>
<tbx style="dct" type="TBX-Basic" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
     xmlns:min="http://www.tbxinfo.net/ns/min" xmlns:basic="http://www.tbxinfo.net/ns/basic">
 <tbxHeader><fileDesc><sourceDesc><p>x</p></sourceDesc></fileDesc></tbxHeader>
 <text><body><conceptEntry id="c5"><min:subjectField>place</min:subjectField>
  <langSec xml:lang="en">
   <termSec><term>Peking</term><min:administrativeStatus>deprecatedTerm-admn-sts</min:administrativeStatus></termSec>
   <termSec><term>PRC capital</term></termSec>
   <termSec><term> Beijing\n</term><min:administrativeStatus>preferredTerm-admn-sts</min:administrativeStatus></termSec>
  </langSec>
  <langSec xml:lang="az"><termSec><term>Pekin</term></termSec></langSec>
 </conceptEntry></body></text></tbx>"""
MARTIF = """<!DOCTYPE martif SYSTEM "TBXBasiccoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="en"><martifHeader/><text><body>
 <termEntry id="1"><descripGrp><descrip type="subjectField">place</descrip></descripGrp>
  <langSet xml:lang="en"><tig><term>PRC capital</term></tig>
   <ntig><termGrp><term>Beijing</term>
    <termNote type="administrativeStatus">preferredTerm-admn-sts</termNote></termGrp></ntig>
   <tig><term>Peking</term><termNote type="administrativeStatus">supersededTerm-admn-sts</termNote></tig></langSet>
  <langSet xml:lang="az"><tig><term>Pekin</term></tig></langSet></termEntry></body></text></martif>"""


@pytest.mark.parametrize(("body", "number"), [(DCT, "c5"), (MARTIF, "1")], ids=["dct", "martif"])
def test_other_tools_glossaries_are_read(body: str, number: str) -> None:
    forms, forbidden = {"en": ("Beijing", "PRC capital"), "az": ("Pekin",)}, {"en": ("Peking",)}
    assert tbx.parse(body.encode()) == [TermEntry("", "place", forms, forbidden, id=number)]


FORM = st.text("aşЯ中<&\"' -", min_size=1, max_size=12).map(lambda text: " ".join(text.split())).filter(bool)
BY_TAG = st.dictionaries(
    st.sampled_from(["az", "en", "zh", "zh-Hant"]), st.lists(FORM, min_size=1, max_size=3).map(tuple)
)


@given(st.lists(st.tuples(FORM, FORM, BY_TAG, BY_TAG, st.booleans()).filter(lambda one: one[2] or one[3]), max_size=4))
def test_what_is_written_is_read_again(rows: list[tuple[str, str, dict, dict, bool]]) -> None:
    entries = [TermEntry(*row, id=f"c{number}") for number, row in enumerate(rows, 1)]
    found = tbx.parse(tbx.render(entries, "test"))
    assert found == entries


def test_every_fault_is_told() -> None:
    body = """<tbx xmlns="urn:iso:std:iso:30042:ed-2"><text><body><conceptEntry id="a"/>
      <conceptEntry id="b"><langSec><termSec><term>x</term></termSec></langSec></conceptEntry></body></text></tbx>"""
    with pytest.raises(InvalidDocument) as caught:
        tbx.parse(body.encode())
    assert [(fault.pointer, fault.detail) for fault in caught.value.errors] == [
        ("//conceptEntry[1]", "no term in any language"),
        ("//conceptEntry[2]", "a <langSec> without xml:lang"),
    ]


def test_what_is_no_glossary_is_refused() -> None:
    with pytest.raises(MalformedDocument, match="the root is <tmx>"):
        tbx.parse(b"<tmx/>")
