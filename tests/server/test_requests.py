"""What a call refuses in its address and its JSON body, and in which words: by the models that /openapi.json shows."""

import pytest

KEYS, AUDIT, STATES = "/v1/keys", "/v1/audit", "live, unsubscribed, expired, gone, denied, removed"
PROPERTIES = "an object of owner, days, scopes, label and nothing else"
TEXT = "without control characters"


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        (f"{AUDIT}?limit=0", "limit is a whole number from 1 to 10000, not '0'"),
        (f"{AUDIT}?limit=+5", "limit is a whole number from 1 to 10000, not ' 5'"),
        (f"{AUDIT}?limit=1_0", "limit is a whole number from 1 to 10000, not '1_0'"),
        (f"{AUDIT}?limit=٣", "limit is a whole number from 1 to 10000, not '٣'"),
        (f"{AUDIT}?after=-1", "after is a whole number of at least 0, not '-1'"),
        (f"{AUDIT}?after={'9' * 19}", f"after is a whole number of at least 0, not '{'9' * 19}'"),
        (f"{AUDIT}?since=noon", "since is a date or a time such as 2026-11-26T12:00:00Z, not 'noon'"),
        (f"{AUDIT}?who=a&who=b", "who is there twice: which of them counts?"),
        (f"{KEYS}?whose=a", "there is no parameter 'whose' here; there are owner"),
        ("/v1/subscriptions?state=dead", f"state is one of {STATES}, not 'dead'"),
        ("/v1/memory?target=tr&q=a", "source is a BCP 47 tag such as az or zh-Hant"),
        ("/v1/memory?source=en&target=t_r&q=a", "target is a BCP 47 tag such as az or zh-Hant, not 't_r'"),
        ("/v1/memory?source=en&target=tr&q=", f"q is a text of 1 to 2000 characters, {TEXT}, not ''"),
        ("/v1/memory.tmx?source=en&target=tr&machine=yes", "machine is true or false, not 'yes'"),
    ],
)
async def test_a_parameter_is_refused_with_what_was_expected(quiet, address, detail):
    answer = await quiet.call("GET", address, by="admin")
    assert (answer.status, answer.json["type"]) == (400, "/problems/invalid-parameter")
    assert answer.json["detail"] == detail


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, {"/owner": "must be a text, without control characters"}),
        ({"owner": "admin", "days": "7"}, {"/days": "must be a whole number from 1 to 36500"}),
        ({"owner": "admin", "days": True}, {"/days": "must be a whole number from 1 to 36500"}),
        ({"owner": "admin", "days": 7.0}, {"/days": "must be a whole number from 1 to 36500"}),
        ({"owner": "admin", "label": "a\x01"}, {"/label": f"must be a text of at most 200 characters, {TEXT}"}),
        ({"owner": "admin", "scopes": "read"}, {"/scopes": "must be a list of texts"}),
        ({"owner": "admin", "a/b~": 1}, {"/a~1b~0": f"is not known: this is {PROPERTIES}"}),
        ([], {"": f"the body must be {PROPERTIES}"}),
        ({"owner": 1, "days": 0}, {
            "/owner": "must be a text, without control characters", "/days": "must be a whole number from 1 to 36500",
        }),
    ],
)  # fmt: skip
async def test_all_faults_of_a_body_are_named_with_their_places(quiet, body, faults):
    answer = await quiet.call("POST", KEYS, by="admin", json=body)
    assert (answer.status, answer.json["type"]) == (422, "/problems/invalid-document")
    assert {fault["pointer"]: fault["detail"] for fault in answer.json["errors"]} == faults


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1,", b"[" * 100_000, b'{"owner": "\\ud800"}'])
async def test_a_body_that_is_no_json_is_malformed(quiet, body):
    answer = await quiet.call("POST", KEYS, by="admin", data=body)
    assert (answer.status, answer.json["type"]) == (400, "/problems/malformed-document")
    assert answer.json["detail"].startswith("the body is not JSON: ")


async def test_no_body_says_nothing(quiet):
    made = (await quiet.call("POST", KEYS, by="admin", json={"owner": "demo-newsroom"})).json
    answer = await quiet.call("POST", f"{KEYS}/{made['id']}/rotation", by="admin")
    assert answer.status == 201
    assert answer.json["owner"] == "demo-newsroom"
