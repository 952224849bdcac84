"""What a CRM does with a running installation: launch, add, send, look, and be told."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from postroad.ledger.audit import list_changes
from postroad.ledger.tables import IdempotencyKey
from tests.console.api.conftest import Office

_PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
_STEPS = [
    {
        "id": "intro",
        "subject": "Hello {{ person.first_name }}",
        "html": "<p>Hi {{ person.first_name }}</p><img src='logo.png' alt='logo'>",
        "attachments": [
            {"filename": "logo.png", "content": _PIXEL},
            {"filename": "offer.txt", "content": base64.b64encode(b"an offer").decode()},
        ],
    },
    {"id": "nudge", "wait": "3 days", "thread": "reply", "markdown": "Still **there**?"},
]


@pytest.fixture
def program(office: Office) -> Iterator[httpx.Client]:
    with office.program() as client:
        yield client


def _campaign(campaign: str, *people: dict[str, str], **values: Any) -> dict[str, Any]:
    return {
        "id": campaign, "name": campaign, "senders": ["ana@acme.test"], "steps": _STEPS,
        "people": list(people),
    } | values  # fmt: skip


def _person(address: str, name: str = "Ada") -> dict[str, str]:
    return {"email": address, "first_name": name}


def _until(program: httpx.Client, path: str, *keys: str, value: object) -> Any:
    """Ask until an answer says what it is to say."""
    for _ in range(600):
        found = answer = program.get(path).json()
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        if found == value:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{path} never said so: {answer}")


def _recorded(office: Office, subject: str) -> list[tuple[str, str]]:
    with office.ledger.read() as connection:
        changes = list_changes(connection, before=None, at_most=999)
    return [(one.by, one.action) for one in reversed(changes) if one.subject == subject]


def test_a_campaign_is_launched_followed_and_ended(office: Office, program: httpx.Client) -> None:
    people = [_person("ada@x.test"), _person("no address"), _person("blank@x.test", "")]
    launched = program.post("/campaigns", json=_campaign("q4", *people))
    assert launched.status_code == 201, launched.text
    assert launched.json() == {
        "campaign": "q4", "workflow_id": "campaign/q4", "people": 1, "rejected": 2, "warnings": [],
    }  # fmt: skip
    again = program.post("/campaigns", json=_campaign("q4", *people))
    assert again.status_code == 409
    assert "already launched" in again.json()["detail"]

    report = _until(program, "/campaigns/q4/report", "messages", "sent", value=1)
    assert report["people"]["rejected"] == 2
    (mail,) = [one for one in office.inbox.mails if one["X-Postroad-Message"].startswith("q4/")]
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds.count("image/png") == 1
    assert [part.get_filename() for part in mail.walk() if part.get_filename()] == [
        "logo.png", "offer.txt",
    ]  # fmt: skip

    added = program.post(
        "/campaigns/q4/people",
        json={
            "people": [
                _person("grace@x.test", "Grace"), _person("ADA@x.test"), _person("nobody"),
                _person("grace@x.test"), _person("x@x.test", ""),
            ]
        },
    )  # fmt: skip
    assert added.status_code == 200, added.text
    assert added.json()["enrolled"] == 1
    assert [(one["row"], one["reason"]) for one in added.json()["rejected"]] == [
        (2, "duplicate"), (3, "malformed"), (4, "duplicate"), (5, "blank_field"),
    ]  # fmt: skip

    _until(program, "/campaigns/q4/report", "messages", "sent", value=2)
    person = program.get("/people/Grace@x.test").json()
    assert [one["event"] for one in person["events"]] == ["enrolled", "selected", "sent"]
    assert person["campaigns"][0]["step"] == "nudge"
    assert program.delete("/campaigns/q4/people/grace@x.test").json() == {"messages_stopped": 1}
    assert program.post("/campaigns/q4/pause", json={"reason": "price"}).json() == {
        "campaign": "q4", "state": "paused",
    }  # fmt: skip
    paused = program.get("/campaigns/q4").json()
    assert (paused["by"], paused["reason"]) == ("token admin", "price")
    assert program.post("/campaigns/q4/pause", json={}).status_code == 409
    assert program.post("/campaigns/q4/resume", json={}).json()["state"] == "running"
    assert program.post("/campaigns/q4/cancel", json={}).json()["state"] == "cancelled"
    late = program.post("/campaigns/q4/people", json={"people": [_person("late@x.test")]})
    assert late.status_code == 409
    assert _recorded(office, "q4") == [
        ("token admin", action)
        for action in (
            "launch campaign", "add people", "pause campaign", "resume campaign",
            "cancel campaign",
        )
    ]  # fmt: skip
    assert _recorded(office, "grace@x.test") == [("token admin", "remove person")]


def test_a_rehearsal_says_what_a_launch_would_do_and_does_nothing(program: httpx.Client) -> None:
    people = [_person("one@dry.test"), _person("one@dry.test"), _person("nobody")]
    rehearsed = program.post("/rehearsals", json=_campaign("dry", *people)).json()
    assert rehearsed["enrolled"] == 1
    assert [(one["row"], one["reason"]) for one in rehearsed["rejected"]] == [
        (2, "duplicate"), (3, "malformed"),
    ]  # fmt: skip
    assert rehearsed["sample"]["mails"][0]["headers"]["Subject"] == "Hello Ada"
    assert rehearsed["forecast"]["by_channel"][0]["messages"] == 2
    assert program.get("/campaigns/dry").status_code == 404


def test_people_are_added_as_soon_as_a_campaign_is_launched(program: httpx.Client) -> None:
    program.post("/campaigns", json=_campaign("quick", _person("one@quick.test")))
    more = {"people": [_person("two@quick.test")]}
    assert program.post("/campaigns/quick/people", json=more).json()["enrolled"] == 1


def test_the_feed_is_read_on_without_gap_or_repeat(program: httpx.Client) -> None:
    people = [_person(f"p{number}@feed.test") for number in range(5)]
    program.post("/campaigns", json=_campaign("feed", *people))
    _until(program, "/campaigns/feed/report", "messages", "sent", value=5)
    everything = program.get("/feed", params={"limit": 1_000}).json()
    assert not everything["more"]
    read: list[int] = []
    after = 0
    while True:
        part = program.get("/feed", params={"after": after, "limit": 2}).json()
        read += [event["id"] for event in part["events"]]
        after = part["next"]
        if not part["more"]:
            break
    assert read == [event["id"] for event in everything["events"]]
    assert program.get("/feed", params={"after": after}).json() == {
        "events": [], "next": after, "more": False,
    }  # fmt: skip
    sent = program.get("/feed", params={"kind": ["sent"], "campaign": "feed"}).json()["events"]
    assert {event["email"] for event in sent} == {person["email"] for person in people}
    assert len(sent) == 5
    recent = program.get("/feed", params={"since": "2999-01-01T00:00:00Z"}).json()
    assert (recent["events"], recent["next"]) == ([], after)
    both = program.get("/feed", params={"since": "2999-01-01T00:00:00Z", "after": 1})
    assert both.status_code == 422


def test_one_mail_is_sent_once_whatever_its_text_says(
    office: Office, program: httpx.Client
) -> None:
    mail = {
        "from": "ana@acme.test", "to": "Solo@x.test", "subject": "{{ 7 * 7 }}",
        "html": "<p>{% raw %}</p>", "attachments": [{"filename": "a.txt", "content": "YQ=="}],
    }  # fmt: skip
    key = {"Idempotency-Key": "mail-1"}
    sent = program.post("/mails", json=mail, headers=key)
    assert sent.status_code == 202, sent.text
    assert program.post("/mails", json=mail, headers=key).json() == sent.json()
    standing = _until(program, f"/mails/{sent.json()['id']}", "state", value="sent")
    assert standing["channel"] == "ana-smtp"
    arrived = [one for one in office.inbox.mails if "Solo@x.test" in str(one["To"])]
    assert [one["Subject"] for one in arrived] == ["{{ 7 * 7 }}"]
    assert _recorded(office, "solo@x.test") == [("token admin", "send mail")]
    unused = program.post("/mails", json=mail | {"plugin": "outlook"})
    assert unused.status_code == 409


def test_a_mail_whose_first_try_was_cut_off_is_not_sent_again(
    office: Office, program: httpx.Client
) -> None:
    mail = {"from": "ana@acme.test", "to": "cut@x.test", "subject": "Hello", "text": "Hi"}
    key = {"Idempotency-Key": "mail-2"}
    first = program.post("/mails", json=mail, headers=key)
    with office.ledger.write() as connection:  # as if the console had died before it answered
        connection.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.key == "mail-2")
            .values(status=None, answer=None, begun_at=0)
        )
    again = program.post("/mails", json=mail, headers=key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert "idempotent-replayed" not in again.headers
    _until(program, f"/mails/{first.json()['id']}", "state", value="sent")
    assert [str(one["To"]) for one in office.inbox.mails].count("cut@x.test") == 1


def test_a_webhook_of_the_api_lives_beside_those_of_the_workspace_file(
    office: Office, program: httpx.Client
) -> None:
    crm = {"id": "crm", "url": "http://127.0.0.1:9/hook", "events": ["replied"]}
    added = program.post("/webhooks", json=crm)
    assert added.status_code == 201, added.text
    assert added.json()["secret"].startswith("whsec_")
    assert program.post("/webhooks", json=crm).status_code == 409
    office.desk.apply()
    (listed,) = program.get("/webhooks").json()["webhooks"]
    assert (listed["id"], listed["events"], listed["state"]) == ("crm", ["replied"], "active")
    assert "secret" not in listed
    rotated = program.post("/webhooks/crm/secret").json()
    assert rotated["secret"] != added.json()["secret"]
    off = program.post("/webhooks/crm/disable", json={"reason": "moved"}).json()
    assert (off["state"], off["reason"]) == ("disabled", "disabled by token admin: moved")
    assert program.post("/webhooks/crm/disable", json={}).status_code == 409
    assert program.post("/webhooks/crm/enable").json()["state"] == "active"
    assert program.delete("/webhooks/crm").status_code == 204
    assert program.delete("/webhooks/crm").status_code == 404
    assert [action for _, action in _recorded(office, "crm")] == [
        "add webhook", "rotate secret", "disable webhook", "enable webhook", "remove webhook",
    ]  # fmt: skip
    plain = program.post("/webhooks", json={"id": "crm", "url": "http://crm.example.com/"})
    assert plain.status_code == 422
    assert "must begin with https://" in plain.json()["detail"]


def test_whoever_is_suppressed_gets_nothing_more(program: httpx.Client) -> None:
    program.post("/campaigns", json=_campaign("supp", _person("sue@supp.test")))
    _until(program, "/campaigns/supp/report", "messages", "sent", value=1)
    answer = program.post("/suppressions", json={"address": "@SUPP.test", "reason": "asked"})
    assert answer.json() == {
        "address": "@supp.test", "new": True, "sequences_ended": 1, "messages_stopped": 1,
    }  # fmt: skip
    _until(program, "/campaigns/supp", "state", value="completed")
    assert program.get("/people/sue@supp.test").json()["suppressed"] == "@supp.test"
    listed = program.get("/suppressions", params={"search": "supp"}).json()["suppressions"]
    assert [(one["address"], one["source"]) for one in listed] == [("@supp.test", "api")]
    assert program.delete("/suppressions/@supp.test").status_code == 204
    assert program.delete("/suppressions/@supp.test").status_code == 404


def test_a_channel_says_why_it_would_be_taken(program: httpx.Client) -> None:
    asked = {"from": "ana@acme.test", "to": "ada@x.test"}
    assert program.get("/channel-choice", params=asked).json()["channel"] == "ana-smtp"
    paused = program.post("/channels/ana-smtp/pause", json={"reason": "warming up"})
    assert paused.json()["reason"] == "paused by token admin: warming up"
    assert program.get("/channel-choice", params=asked).json()["channel"] is None
    assert program.post("/channels/ana-smtp/resume").json()["state"] == "active"
    assert program.get("/channels/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"audience": "/etc/passwd"}, "audience is not known here"),
        ({"steps": [{"id": "a", "subject": "s", "body": "/etc/passwd"}]}, "give its content"),
        ({"steps": [{"id": "a", "subject": "s", "body": "intro.md"}]}, "give its content"),
        (
            {"steps": [{"id": "a", "subject": "s", "html": "<img src='/etc/passwd'>"}]},
            "'/etc/passwd', which is not among the attachments",
        ),
        (
            {"steps": [{"id": "a", "subject": "s", "markdown": "![x](../../etc/passwd)"}]},
            "which is not among the attachments",
        ),
        ({"steps": [{"id": "a", "subject": "s", "text": "{{ person.secret }}"}]}, "person.secret"),
        (
            {"steps": [{"id": "a", "subject": "s", "text": "{{ ().__class__ }}"}]},
            "step a",
        ),
        ({"senders": ["eve@evil.test"]}, "no sender 'eve@evil.test'"),
        ({"people": [{"name": "Ada"}]}, "no column 'email'"),
        ({"people": [{"": "x", "email": "a@x.test"}]}, "has no name"),
        ({"wait": "\ud800"}, "not known here"),
    ],
)
def test_hostile_campaigns_are_refused_in_a_sentence(
    program: httpx.Client, change: dict[str, Any], words: str
) -> None:
    body = _campaign("evil", _person("ada@x.test")) | change
    answer = program.post(
        "/campaigns", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]
    assert "root:" not in answer.text
    assert program.get("/campaigns/evil").status_code == 404


@pytest.mark.parametrize(
    ("attachment", "pointer"),
    [
        ({"filename": "../../etc/cron.d/x", "content": "YQ=="}, "#/attachments/0/filename"),
        ({"filename": "a\r\nBcc: x", "content": "YQ=="}, "#/attachments/0/filename"),
        ({"filename": "a.txt", "content": "no base64"}, "#/attachments/0/content"),
        ({"path": "/etc/passwd"}, "#/attachments/0/filename"),
    ],
)
def test_files_are_named_but_never_looked_up(
    program: httpx.Client, attachment: dict[str, str], pointer: str
) -> None:
    mail = {"from": "ana@acme.test", "to": "ada@x.test", "subject": "s", "text": "t"}
    answer = program.post("/mails", json=mail | {"attachments": [attachment]})
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_two_files_of_one_name_are_refused(program: httpx.Client) -> None:
    twice = [{"filename": "a.txt", "content": content} for content in ("YQ==", "Yg==")]
    mail = {"from": "ana@acme.test", "to": "ada@x.test", "subject": "s", "text": "t"}
    answer = program.post("/mails", json=mail | {"attachments": twice})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "#/attachments: must have a filename each of their own"


def test_a_request_that_is_too_large_or_no_json_is_refused(program: httpx.Client) -> None:
    large = program.post("/mails", content=b" " * (33 * 1024 * 1024))
    assert large.status_code == 413
    for content in (b"{", b"[" * 100_000, b'{"a": 1, "a": NaN}', b"\xff"):
        answer = program.post(
            "/mails", content=content, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, content[:9]
    steps = [{"id": "a", "subject": "s\r\nBcc: x@x.test", "text": "t"}]
    injected = program.post("/campaigns", json=_campaign("evil", _person("a@x.test"), steps=steps))
    assert injected.status_code == 400
    assert injected.json()["errors"][0]["pointer"] == "#/steps/0/subject"
    people = [_person(f"p{number}@x.test") for number in range(1_001)]
    assert program.post("/campaigns/q4/people", json={"people": people}).status_code == 400
