"""What a workspace file says is stored, changed, retired and read back; secrets stay secret."""

from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import select, text, update

from postroad.campaign.file import CampaignSettings
from postroad.channels.options import ChannelWish
from postroad.channels.selection import Chosen, choose_channel
from postroad.contracts import ChannelState, MessageState
from postroad.ledger.changes import Change
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.engine import Ledger
from postroad.ledger.organisation import load_organisation
from postroad.ledger.tables import Channel, Event
from postroad.ledger.workspace import (
    Applied,
    apply_workspace,
    channel_version,
    list_senders,
    load_channel,
    load_sender,
)
from postroad.secrets import SecretBox, SecretKeyError
from postroad.workspace import SmtpChannel, Workspace, load_workspace
from tests.ledger_rows import ANA, NOW, add_campaign, add_person

BOX = SecretBox("a key for these tests")
FILE = """
organisation: {name: Acme, throttle: {batch: 25, every: 45s}, public_url: https://mail.acme.test}
senders:
  - {email: ana@acme.test, name: Ana Ruiz, timezone: Europe/Madrid, default_channel: ana-smtp}
  - {email: bo@acme.test, name: Bo, timezone: UTC, signature: "Bo, Acme",
     holidays: DE-BY, away: [2026-12-24..2027-01-02]}
channels:
  - {id: ana-smtp, kind: smtp, address: ana@acme.test, host: smtp.acme.test,
     username: ana, password: "${PW}", limits: [{messages: 600, per: 1m}]}
  - {id: team, kind: smtp, shared: true, host: smtp.acme.test}
"""


def _described(tmp_path: Path, file: str = FILE, password: str = "hunter2") -> Workspace:
    path = tmp_path / "workspace.yaml"
    path.write_text(dedent(file))
    return load_workspace(path, {"PW": password})


def _apply(ledger: Ledger, described: Workspace, box: SecretBox = BOX, now: int = NOW) -> Applied:
    with ledger.write() as connection:
        return apply_workspace(connection, described, box, now)


def _changes(applied: Applied) -> dict[str, Change]:
    return {part.name: part.change for part in applied.parts}


def test_everything_is_added_to_an_empty_ledger(ledger: Ledger, tmp_path: Path) -> None:
    applied = _apply(ledger, _described(tmp_path))
    assert _changes(applied) == dict.fromkeys(
        ["Acme", "ana@acme.test", "bo@acme.test", "ana-smtp", "team"], Change.ADDED
    )


def test_what_was_stored_is_read_back(ledger: Ledger, tmp_path: Path) -> None:
    described = _described(tmp_path)
    _apply(ledger, described)
    with ledger.read() as connection:
        assert load_organisation(connection) == described.organisation
        assert list_senders(connection) == described.senders
        assert load_sender(connection, "bo@acme.test") == described.senders[1]
        assert load_channel(connection, "ana-smtp", BOX) == described.channels[0]
        assert load_channel(connection, "team", BOX) == described.channels[1]


def test_what_does_not_exist_is_none(ledger: Ledger) -> None:
    with ledger.read() as connection:
        assert load_organisation(connection) is None
        assert load_sender(connection, "bo@acme.test") is None
        assert load_channel(connection, "team", BOX) is None
        assert channel_version(connection, "team") is None


def test_no_secret_is_readable_in_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path))
    with ledger.read() as connection:
        rows = connection.execute(text("SELECT * FROM channel")).all()
    assert "hunter2" not in str(rows)


def test_another_key_reads_no_channel(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path))
    with ledger.read() as connection, pytest.raises(SecretKeyError):
        load_channel(connection, "ana-smtp", SecretBox("a key that came later"))


def test_applying_again_changes_nothing(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path))
    version = _version(ledger)
    applied = _apply(ledger, _described(tmp_path), now=NOW + 1)
    assert set(_changes(applied).values()) == {Change.UNCHANGED}
    assert _version(ledger) == version


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("messages: 600", "messages: 700", "ana-smtp"),
        ("shared: true", "shared: true, connections: 9", "team"),
        ("name: Bo,", "name: Bo Berg,", "bo@acme.test"),
        ("batch: 25", "batch: 26", "Acme"),
    ],
)
def test_only_what_was_edited_is_changed(
    ledger: Ledger, tmp_path: Path, before: str, after: str, changed: str
) -> None:
    _apply(ledger, _described(tmp_path))
    applied = _apply(ledger, _described(tmp_path, FILE.replace(before, after)))
    edited = [name for name, change in _changes(applied).items() if change is Change.CHANGED]
    assert edited == [changed]


def test_a_new_password_is_a_change(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path))
    version = _version(ledger)
    applied = _apply(ledger, _described(tmp_path, password="hunter3"))
    assert _changes(applied)["ana-smtp"] is Change.CHANGED
    assert _version(ledger) != version


def test_a_new_secret_key_takes_over_what_the_old_one_encrypted(
    ledger: Ledger, tmp_path: Path
) -> None:
    _apply(ledger, _described(tmp_path))
    rotating = SecretBox("a key that came later,a key for these tests")
    applied = _apply(ledger, _described(tmp_path), rotating)
    assert _changes(applied)["ana-smtp"] is Change.UNCHANGED
    with ledger.read() as connection:
        stored = load_channel(connection, "ana-smtp", SecretBox("a key that came later"))
    assert isinstance(stored, SmtpChannel)
    assert stored.password is not None
    assert stored.password.get_secret_value() == "hunter2"


def test_credentials_of_a_lost_key_are_replaced(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path))
    fresh = SecretBox("a key that came later")
    applied = _apply(ledger, _described(tmp_path), fresh)
    assert _changes(applied)["ana-smtp"] is Change.CHANGED
    with ledger.read() as connection:
        assert load_channel(connection, "ana-smtp", fresh) is not None


@pytest.mark.parametrize("state", [ChannelState.UNAUTHORISED, ChannelState.MISCONFIGURED])
def test_a_repaired_channel_is_active_again_and_wakes_who_waits(
    ledger: Ledger, tmp_path: Path, state: ChannelState
) -> None:
    _apply(ledger, _described(tmp_path))
    _stop(ledger, state)
    with ledger.write() as connection:
        add_campaign(connection)
        add_person(connection, "ada@example.com", MessageState.PLANNED)
    applied = _apply(ledger, _described(tmp_path, password="hunter3"), now=NOW + 5)
    assert _state(ledger) == ("active", "")
    assert applied.wake == ["mailbox/ana-smtp", f"sequence/q4/{ANA}"]
    with ledger.read() as connection:
        assert "channel_resumed" in connection.scalars(select(Event.event)).all()


def test_a_channel_that_was_not_edited_stays_as_it_is(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path))
    _stop(ledger, ChannelState.UNAUTHORISED)
    _apply(ledger, _described(tmp_path))
    assert _state(ledger) == ("unauthorised", "535")


def test_a_paused_channel_stays_paused_when_it_is_edited(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path))
    _stop(ledger, ChannelState.PAUSED)
    _apply(ledger, _described(tmp_path, password="hunter3"))
    assert _state(ledger)[0] == "paused"


def test_what_is_not_in_the_file_is_removed_unless_mail_was_sent_with_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    _apply(ledger, _described(tmp_path))
    with ledger.write() as connection:
        add_campaign(connection)
        add_person(connection, "ada@example.com", MessageState.SENT)
    smaller = """
        organisation: {name: Acme}
        senders: [{email: cy@acme.test, name: Cy, timezone: UTC}]
        channels: [{id: relay, kind: smtp, shared: true, host: smtp.acme.test}]
    """
    applied = _apply(ledger, _described(tmp_path, smaller))
    assert _changes(applied) == {
        "Acme": Change.CHANGED,
        "cy@acme.test": Change.ADDED,
        "relay": Change.ADDED,
        "ana-smtp": Change.KEPT,
        "team": Change.REMOVED,
        "ana@acme.test": Change.KEPT,
        "bo@acme.test": Change.REMOVED,
    }
    with ledger.read() as connection:
        assert [sender.email for sender in list_senders(connection)] == [ANA, "cy@acme.test"]


IDENTITIES = FILE.replace(
    'signature: "Bo, Acme"',
    'signature: "Bo, Acme", identities: [{email: bo@acme-sales.test, channel: team}]',
)


def test_identities_are_senders_of_their_own(ledger: Ledger, tmp_path: Path) -> None:
    applied = _apply(ledger, _described(tmp_path, IDENTITIES))
    assert ("identity", "bo@acme-sales.test", Change.ADDED) in [
        (part.part, part.name, part.change) for part in applied.parts
    ]
    with ledger.read() as connection:
        alias = load_sender(connection, "bo@acme-sales.test")
        wish = load_wish(connection, "bo@acme-sales.test", CampaignSettings())
    assert alias is not None
    assert (alias.name, alias.timezone, alias.signature) == ("Bo", "UTC", "Bo, Acme")
    assert (wish.rep, wish.identity_channel) == ("bo@acme.test", "team")


def test_an_identity_follows_its_file(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path, IDENTITIES))
    unchanged = _apply(ledger, _described(tmp_path, IDENTITIES))
    assert set(_changes(unchanged).values()) == {Change.UNCHANGED}
    elsewhere = IDENTITIES.replace("test, channel: team", "test")
    changed = _changes(_apply(ledger, _described(tmp_path, elsewhere)))
    assert changed["bo@acme-sales.test"] is Change.CHANGED
    removed = _changes(_apply(ledger, _described(tmp_path)))
    assert removed["bo@acme-sales.test"] is Change.REMOVED


def test_an_identity_that_wrote_to_people_stays(ledger: Ledger, tmp_path: Path) -> None:
    _apply(ledger, _described(tmp_path, IDENTITIES))
    with ledger.write() as connection:
        add_campaign(connection)
        add_person(
            connection, "ada@x.test", MessageState.SENT, sender="bo@acme-sales.test", channel="team"
        )
    changed = _changes(_apply(ledger, _described(tmp_path)))
    assert changed["bo@acme-sales.test"] is Change.KEPT


def test_a_channel_that_left_the_file_carries_on_what_it_began_and_nothing_else(
    ledger: Ledger, tmp_path: Path
) -> None:
    _apply(ledger, _described(tmp_path))
    with ledger.write() as connection:
        add_campaign(connection)
        add_person(connection, "ada@x.test", MessageState.SENT, channel="team")
        before = load_channel(connection, "team", BOX)
    _apply(ledger, _described(tmp_path, FILE.replace("id: team", "id: relay")))
    with ledger.read() as connection:
        options = load_options(connection)
        assert load_channel(connection, "team", BOX) == before
    strict = {name: replace(one, verifies=False) for name, one in options.items()}
    anew = ChannelWish("bo@acme.test")
    assert choose_channel(anew, strict) == Chosen("relay", "it is the team's shared channel")
    begun = choose_channel(replace(anew, conversation="team"), strict)
    assert isinstance(begun, Chosen)
    _apply(ledger, _described(tmp_path))
    with ledger.read() as connection:
        assert not load_options(connection)["team"].retired


def test_applying_warns_of_addresses_that_are_not_verified(ledger: Ledger, tmp_path: Path) -> None:
    warnings = _apply(ledger, _described(tmp_path)).warnings
    assert [warning.partition(":")[0] for warning in warnings] == [
        "ana@acme.test is not verified on ana-smtp",
        "bo@acme.test is not verified on team",
    ]
    vouched = FILE.replace("smtp.acme.test", "smtp.acme.test, verified_domains: [acme.test]")
    assert _apply(ledger, _described(tmp_path, vouched)).warnings == []


def test_applying_warns_of_legacy_servers(ledger: Ledger, tmp_path: Path) -> None:
    file = FILE.replace("name: Acme,", "name: Acme, legacy_account: true,")
    file += "  - {id: old, kind: legacy_msc, host: old.acme.test, verify_identities: false}\n"
    described = _described(tmp_path, file)
    warnings = _apply(ledger, described).warnings
    assert warnings[0].startswith("old is a legacy shared server without SPF or DKIM")
    with ledger.read() as connection:
        assert load_channel(connection, "old", BOX) == described.channels[2]


def _version(ledger: Ledger) -> str | None:
    with ledger.read() as connection:
        return channel_version(connection, "ana-smtp")


def _stop(ledger: Ledger, state: ChannelState) -> None:
    with ledger.write() as connection:
        connection.execute(
            update(Channel).where(Channel.id == "ana-smtp").values(state=state, state_reason="535")
        )


def _state(ledger: Ledger) -> tuple[str, str]:
    with ledger.read() as connection:
        row = connection.execute(
            select(Channel.state, Channel.state_reason).where(Channel.id == "ana-smtp")
        ).one()
    return row.state, row.state_reason
