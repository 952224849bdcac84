"""What a step attaches: files, folders, and how much of it a channel takes."""

from datetime import UTC, datetime

import pytest

from postroad.campaign.mail_size import encoded_size
from postroad.campaign.mime import Envelope, File, From, MessageComposer
from postroad.campaign.template import AttachmentRef, Rendered, StepTemplate
from postroad.channels.mail_sizes import MEGABYTE, largest_mail
from tests.starter.campaigns import Desk
from tests.starter.command import Postroad


def _attach(desk: Desk, written: str) -> None:
    desk.edit("q4.yaml", "body: intro.md", f"body: intro.md, attachments: {written}")


def test_a_folder_stands_for_its_files_by_name(desk: Desk, postroad: Postroad) -> None:
    (desk.directory / "files" / "more").mkdir(parents=True)
    for name in ("files/b.pdf", "files/a.pdf", "files/.hidden", "files/more/c.pdf", "last.pdf"):
        desk.write(name, name)
    _attach(desk, "[files/, last.pdf]")
    (intro, _) = postroad("launch", "q4.yaml", "--dry-run", "--json").json["sample"]["mails"]
    assert intro["attachments"] == ["a.pdf", "b.pdf", "last.pdf"]


def test_what_cannot_be_attached_is_refused(desk: Desk, postroad: Postroad) -> None:
    (desk.directory / "empty").mkdir()
    campaign = desk.campaign.read_text()
    refused = {
        "[empty/]": "the folder 'empty/' holds no file",
        "[none/]": "there is no file 'none'",
        "[3]": "attachments[0]: ",
        "files": "attachments: must be a list",
    }
    for written, words in refused.items():
        desk.write("q4.yaml", campaign)
        _attach(desk, written)
        ran = postroad("launch", "q4.yaml", "--dry-run")
        assert (ran.code, words in ran.stderr) == (1, True), ran.stderr


def test_a_mail_that_its_channel_does_not_take_is_refused_before_anything_leaves(
    desk: Desk, postroad: Postroad
) -> None:
    (desk.directory / "offer.bin").write_bytes(bytes(MEGABYTE))
    _attach(desk, "[offer.bin]")
    assert postroad("launch", "q4.yaml", "--dry-run").code == 0
    desk.edit("workspace.yaml", "{id: ana-smtp, ", "{id: ana-smtp, largest_mail: 1, ")
    assert postroad("apply", "workspace.yaml").code == 0
    ran = postroad("launch", "q4.yaml", "--dry-run")
    assert (ran.code, ran.stdout) == (1, "")
    assert "step intro: the mail has 1.4 MB once it is encoded, and ana-smtp takes 1;" in ran.stderr
    desk.edit("q4.yaml", "{id: intro, ", "{id: intro, channel: team, ")
    assert postroad("launch", "q4.yaml", "--dry-run").code == 0


@pytest.mark.parametrize("size", [0, 1, 57, 58, 300_000])
def test_a_mail_has_about_the_size_that_was_reckoned(size: int) -> None:
    reference = AttachmentRef(
        filename="a.bin", content_type="application/octet-stream", sha256="0", size=size
    )
    template = StepTemplate(
        subject="Hi", text="Hello", html="<p>Hello</p>", attachments=(reference,)
    )
    composer = MessageComposer(From("ana@acme.test"), [File(reference, bytes(size))])
    envelope = Envelope("bo@x.test", "q4/intro/k", "<k@acme.test>", datetime.now(UTC))
    content = composer.compose(envelope, Rendered("Hi", "Hello", "<p>Hello</p>"))
    assert 0 <= encoded_size(template) - len(content) < 2_000


def test_each_kind_takes_what_its_provider_says_unless_its_settings_say_otherwise() -> None:
    kinds = ("gmail", "exchange_online", "exchange", "smtp", "legacy_msc")
    assert [largest_mail(kind, None) // MEGABYTE for kind in kinds] == [35, 35, 10, 20, 20]
    assert largest_mail("exchange", 50) == 50 * MEGABYTE
