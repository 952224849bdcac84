"""The sandbox's Exchange Web Services, asked by hand: what clients of ours do not ask for."""

import base64
from collections.abc import AsyncIterator

import httpx
import pytest
from lxml import etree

from postroad.sandbox.ews_soap import Element
from postroad.sandbox.mailboxes import StoredMail
from tests.channels.exchange_stage import BO, PASSWORD, PROVIDER, USER, Stage, exchange, mail
from tests.channels.mails import eventually

PREFIXES = {
    "s": "http://schemas.xmlsoap.org/soap/envelope/",
    "m": "http://schemas.microsoft.com/exchange/services/2006/messages",
    "t": "http://schemas.microsoft.com/exchange/services/2006/types",
    "e": "http://schemas.microsoft.com/exchange/services/2006/errors",
}
ENVELOPE = (
    "<s:Envelope "
    + " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
    + "><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
)
SENT = '<t:DistinguishedFolderId Id="sentitems"/>'


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with exchange() as found:
        yield found


async def post(stage: Stage, content: str, **headers: str) -> httpx.Response:
    address = f"http://127.0.0.1:{stage.sandbox.port(PROVIDER)}/EWS/Exchange.asmx"
    signed = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.post(
            address, content=content, headers={"Authorization": f"Basic {signed}", **headers}
        )


async def ask(stage: Stage, body: str, header: str = "") -> Element:
    answer = await post(stage, ENVELOPE.format(header=header, body=body))
    assert answer.headers["Content-Type"].startswith("text/xml")
    return etree.fromstring(answer.content)


def code(answer: Element) -> str:
    found = answer.find(".//m:ResponseCode", PREFIXES)
    if found is None:
        found = answer.find(".//e:ResponseCode", PREFIXES)
    return str(found.text)


def find_items(restriction: str = "", order: str = "", view: str = "") -> str:
    wanted = "<t:BaseShape>IdOnly</t:BaseShape><t:AdditionalProperties>"
    subject = '<t:FieldURI FieldURI="item:Subject"/></t:AdditionalProperties>'
    return (
        f'<m:FindItem Traversal="Shallow"><m:ItemShape>{wanted}{subject}</m:ItemShape>{view}'
        f"{restriction}{order}<m:ParentFolderIds>{SENT}</m:ParentFolderIds></m:FindItem>"
    )


def subjects(answer: Element) -> list[str]:
    return [str(one.text) for one in answer.findall(".//t:Subject", PREFIXES)]


def sent(stage: Stage, *names: str) -> list[StoredMail]:
    content = mail().content
    return [
        stage.mailbox.add("sent", content.replace(b"Subject: Hello", b"Subject: " + name.encode()))
        for name in names
    ]


async def test_nobody_comes_in_without_signing_in(stage: Stage) -> None:
    answer = await post(stage, ENVELOPE.format(header="", body=find_items()), Authorization="")
    assert answer.status_code == 401
    assert {"NTLM", "Bearer", 'Basic realm="sandbox"'} == set(
        answer.headers.get_list("WWW-Authenticate")
    )


@pytest.mark.parametrize(
    "shown",
    ["Basic", "Basic ?", "Basic bm8=", "NTLM ?", "NTLM TlRMTVNTUAAD", "Bearer none", "Digest a=b"],
)
async def test_nonsense_is_no_way_in(stage: Stage, shown: str) -> None:
    answer = await post(stage, ENVELOPE.format(header="", body=find_items()), Authorization=shown)
    assert answer.status_code == 401


@pytest.mark.parametrize("content", ["", "no XML", "<a/>", ENVELOPE.format(header="", body="")])
async def test_what_is_no_soap_is_a_fault(stage: Stage, content: str) -> None:
    answer = await post(stage, content)
    assert answer.status_code == 500
    assert code(etree.fromstring(answer.content)) == "ErrorSchemaValidation"


async def test_entities_are_not_resolved(stage: Stage) -> None:
    secret = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    message = (
        '<m:CreateItem MessageDisposition="SendAndSaveCopy"><m:Items><t:Message>'
        "<t:Subject>&e;</t:Subject><t:ToRecipients><t:Mailbox><t:EmailAddress>bob@buyer.test"
        "</t:EmailAddress></t:Mailbox></t:ToRecipients></t:Message></m:Items></m:CreateItem>"
    )
    await post(stage, secret + ENVELOPE.format(header="", body=message))
    assert [one.header("Subject") for one in stage.mailbox.in_folder("sent")] == [""]


async def test_an_operation_that_it_does_not_know_is_a_fault(stage: Stage) -> None:
    assert code(await ask(stage, "<m:GetUserAvailability/>")) == "ErrorInvalidRequest"


@pytest.mark.parametrize("body", ["<m:FindItem/>", "<m:SyncFolderItems/>", "<m:GetFolder/>"])
async def test_half_a_request_is_a_fault(stage: Stage, body: str) -> None:
    assert code(await ask(stage, body)) == "ErrorSchemaValidation"


async def test_a_draft_to_nobody_is_refused_and_stays(stage: Stage) -> None:
    item = "<t:Message><t:Subject>To nobody</t:Subject></t:Message>"
    create = f'<m:CreateItem MessageDisposition="SaveOnly"><m:Items>{item}</m:Items></m:CreateItem>'
    draft = (await ask(stage, create)).find(".//t:ItemId", PREFIXES)
    ids = f'<m:ItemIds><t:ItemId Id="{draft.get("Id")}"/></m:ItemIds>'
    answer = await ask(stage, f'<m:SendItem SaveItemToFolder="true">{ids}</m:SendItem>')
    assert code(answer) == "ErrorInvalidRecipients"
    assert len(stage.mailbox.in_folder("drafts")) == 1


async def test_impersonating_nobody_is_a_fault(stage: Stage) -> None:
    sid = "<t:ConnectingSID><t:SmtpAddress>who@else.test</t:SmtpAddress></t:ConnectingSID>"
    header = f"<t:ExchangeImpersonation>{sid}</t:ExchangeImpersonation>"
    assert code(await ask(stage, find_items(), header)) == "ErrorNonExistentMailbox"


def compared(name: str, uri: str, value: str) -> str:
    constant = f'<t:FieldURIOrConstant><t:Constant Value="{value}"/></t:FieldURIOrConstant>'
    return f'<t:{name}><t:FieldURI FieldURI="{uri}"/>{constant}</t:{name}>'


IS_B = compared("IsEqualTo", "item:Subject", "B")
HAS_A = (
    '<t:Contains ContainmentMode="Substring"><t:FieldURI FieldURI="item:Subject"/>'
    '<t:Constant Value="a"/></t:Contains>'
)
OLD = compared("IsLessThan", "item:DateTimeReceived", "2001-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("restriction", "found"),
    [
        (IS_B, ["B"]),
        (HAS_A, ["A"]),
        (f"<t:Or>{IS_B}{HAS_A}</t:Or>", ["B", "A"]),
        (f"<t:And>{IS_B}{HAS_A}</t:And>", []),
        (f"<t:Not>{IS_B}</t:Not>", ["C", "A"]),
        (OLD, []),
        ('<t:Exists><t:FieldURI FieldURI="message:References"/></t:Exists>', ["C", "B", "A"]),
        (compared("IsGreaterThanOrEqualTo", "item:Subject", "B"), ["C", "B"]),
    ],
)
async def test_restrictions_narrow_what_is_found(
    stage: Stage, restriction: str, found: list[str]
) -> None:
    sent(stage, "A", "B", "C")
    answer = await ask(stage, find_items(f"<m:Restriction>{restriction}</m:Restriction>"))
    assert subjects(answer) == found


async def test_items_are_sorted_and_paged(stage: Stage) -> None:
    sent(stage, "A", "C", "B")
    by_subject = '<t:FieldOrder Order="Ascending"><t:FieldURI FieldURI="item:Subject"/>'
    order = f"<m:SortOrder>{by_subject}</t:FieldOrder></m:SortOrder>"
    view = '<m:IndexedPageItemView MaxEntriesReturned="2" Offset="1" BasePoint="Beginning"/>'
    answer = await ask(stage, find_items(order=order, view=view))
    root = answer.find(".//m:RootFolder", PREFIXES)
    assert subjects(answer) == ["B", "C"]
    assert (root.get("TotalItemsInView"), root.get("IncludesLastItemInRange")) == ("3", "true")


async def test_an_unknown_restriction_is_refused_and_not_ignored(stage: Stage) -> None:
    sent(stage, "A")
    restriction = f"<m:Restriction>{compared('Excludes', 'item:Subject', 'B')}</m:Restriction>"
    assert code(await ask(stage, find_items(restriction))) == "ErrorUnsupportedPathForQuery"


async def test_a_draft_is_saved_sent_and_gone(stage: Stage) -> None:
    content = base64.b64encode(mail().content).decode()
    item = f"<t:Message><t:MimeContent>{content}</t:MimeContent></t:Message>"
    create = f'<m:CreateItem MessageDisposition="SaveOnly"><m:Items>{item}</m:Items></m:CreateItem>'
    draft = (await ask(stage, create)).find(".//t:ItemId", PREFIXES)
    assert stage.left() == 0
    ids = f'<m:ItemIds><t:ItemId Id="{draft.get("Id")}"/></m:ItemIds>'
    send = f'<m:SendItem SaveItemToFolder="true">{ids}</m:SendItem>'
    assert code(await ask(stage, send)) == "NoError"
    assert stage.left() == 1
    assert stage.mailbox.in_folder("drafts") == []
    assert code(await ask(stage, send)) == "ErrorItemNotFound"
    assert stage.left() == 1


async def test_what_is_above_the_rate_waits_in_the_outbox_and_leaves_in_order() -> None:
    async with exchange(limits=[{"messages": 2, "per": "1s"}]) as stage:
        for number in range(5):
            await stage.send(mail(f"q4/intro/{number}"))
        assert len(stage.mailbox.in_folder("outbox")) == 3
        await eventually(lambda: len(stage.sandbox.accepted.mails) == 5)
        assert stage.mailbox.in_folder("outbox") == []
        assert len(stage.mailbox.in_folder("sent")) == 5
    assert [one.key for one in stage.sandbox.accepted.mails] == [f"q4/intro/{n}" for n in range(5)]


async def test_a_waiting_mail_that_is_deleted_never_leaves() -> None:
    async with exchange(limits=[{"messages": 1, "per": "1s"}]) as stage:
        await stage.send(mail("q4/intro/0"))
        await stage.send(mail("q4/intro/1"))
        await stage.send(mail("q4/intro/2"))
        last, _ = stage.mailbox.in_folder("outbox")
        stage.mailbox.remove(min(last.id, *(one.id for one in stage.mailbox.in_folder("outbox"))))
        await eventually(lambda: stage.left("q4/intro/2") == 1)
    assert stage.left("q4/intro/1") == 0


async def test_a_mailbox_of_the_server_gets_what_another_sends_it() -> None:
    async with exchange(mailboxes=(BO, "ana@acme.test")) as stage:
        await stage.send(mail(to="ana@acme.test"))
        ana = stage.provider.mailbox("ana@acme.test")
        assert ana is not None
        await eventually(lambda: len(ana.in_folder("inbox")) == 1)
