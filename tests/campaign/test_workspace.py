"""The workspace file: what it may say, and what people are told where it is wrong."""

import textwrap
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from postroad.quota.limits import Throttle
from postroad.workspace import SmtpChannel, Workspace, load_workspace
from postroad.yaml_file import FileError

WORKSPACE = """\
organisation: {name: Acme, legacy_account: false, throttle: {batch: 25, every: 45s}}
senders:
  - {email: Ana@Acme.test, name: Ana Ruiz, timezone: Europe/Madrid, default_channel: ana-smtp}
  - {email: bo@acme.test, name: Bo, timezone: America/New_York}
channels:
  - id: ana-smtp
    kind: smtp
    address: ana@acme.test
    host: 127.0.0.1
    port: ${PORT}
    tls: none
    username: ana
    password: "${ANA_PW}"
    limits: [{messages: 600, per: 1m}]
    throttle: inherit
  - {id: team-smtp, kind: smtp, shared: true, host: smtp.acme.test, throttle: {batch: 5, every: 1s}}
"""
ENVIRONMENT = {"PORT": "2525", "ANA_PW": "pa$$ ${word}"}


def _load(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> Workspace:
    path = tmp_path / "workspace.yaml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load_workspace(path, ENVIRONMENT if environment is None else environment)


def _problems(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(FileError) as refusal:
        _load(tmp_path, text, environment)
    return [
        problem.removeprefix(f"{tmp_path / 'workspace.yaml'}:")
        for problem in refusal.value.problems
    ]


def _smtp_channels(workspace: Workspace) -> list[SmtpChannel]:
    return [channel for channel in workspace.channels if isinstance(channel, SmtpChannel)]


def _with(line: str, other: str) -> str:
    assert line in WORKSPACE
    return WORKSPACE.replace(line, other)


def test_a_workspace_is_read_with_variables_from_the_environment(tmp_path: Path) -> None:
    workspace = _load(tmp_path, WORKSPACE)
    ana, team = _smtp_channels(workspace)
    assert workspace.organisation.name == "Acme"
    assert workspace.senders[0].email == "ana@acme.test"
    assert (ana.port, ana.throttle) == (2525, "inherit")
    assert ana.password == SecretStr("pa$$ ${word}"), "what a variable holds is not expanded again"
    assert str(ana.limits[0]) == "600 per 1m"
    assert (team.shared, team.address) == (True, None)
    assert isinstance(team.throttle, Throttle)


def test_a_public_url_may_be_plain_http_on_this_machine_only(tmp_path: Path) -> None:
    text = _with("organisation: {", "organisation: {public_url: http://127.0.0.1:8080/, ")
    assert _load(tmp_path, text).organisation.public_url == "http://127.0.0.1:8080"


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    workspace = _load(tmp_path, WORKSPACE)
    assert "pa$$" not in repr(workspace)
    assert "pa$$" not in workspace.model_dump_json()


def test_a_missing_variable_is_named_with_its_line_and_field(tmp_path: Path) -> None:
    assert _problems(tmp_path, WORKSPACE, {"PORT": "25"}) == [
        "13: channels[0].password: the environment has no variable ANA_PW; set it"
    ]


@pytest.mark.parametrize("wrong", ["${", "${}", "${A B}", "${A${B}}", "a ${1}"])
def test_only_whole_variables_are_expanded(tmp_path: Path, wrong: str) -> None:
    problems = _problems(tmp_path, _with("${ANA_PW}", wrong))
    assert any(p.startswith("13: channels[0].password: holds ${ without a name") for p in problems)


def test_two_dollars_write_one(tmp_path: Path) -> None:
    workspace = _load(tmp_path, _with("${ANA_PW}", "$${ANA_PW} $5 $$"))
    assert _smtp_channels(workspace)[0].password == SecretStr("${ANA_PW} $5 $$")


@pytest.mark.parametrize(
    ("line", "other", "problem"),
    [
        ("name: Acme,", "nam: Acme,", "1: organisation.nam: is not known here; did you mean"),
        ("every: 45s", "every: 45", "1: organisation.throttle.every: 45 is no duration"),
        ("every: 45s", "every: 0s", "1: organisation.throttle.every: must be between"),
        ("Europe/Madrid", "Madrid", "3: senders[0].timezone: 'Madrid' is no time zone"),
        ("Europe/Madrid", "../../etc/passwd", "3: senders[0].timezone: "),
        ("Ana@Acme.test", "Ana <ana@acme.test>", "3: senders[0].email: put the bare address"),
        ("name: Ana Ruiz", 'name: "Ana\\nBcc: x@y.test"', "3: senders[0].name: must be one line"),
        ("_channel: ana-smtp", "_channel: ana", "3: senders[0].default_channel: there is no"),
        ("_channel: ana-smtp", "_channel: team-smtq", "did you mean 'team-smtp'?"),
        ("id: team-smtp", "id: Team", "16: channels[1].id: must be lower-case letters"),
        ("id: team-smtp", "id: ana-smtp", "16: channels[1].id: ana-smtp stands here twice"),
        ("bo@acme.test", "ANA@acme.test", "4: senders[1].email: ana@acme.test stands here twice"),
        ("port: ${PORT}", "port: http", "10: channels[0].port: must be a whole number"),
        ("port: ${PORT}", "port: 70000", "10: channels[0].port: must be at most 65535"),
        ("port: ${PORT}", "prot: 25", "10: channels[0].prot: is not known here; did you"),
        ("throttle: inherit", "throttle: slow", "15: channels[0].throttle: must be 'inherit' or"),
        ("throttle: inherit", "throttle: {batch: 1}", "15: channels[0].throttle.every: is missing"),
        ("tls: none", "tls: [none]", "11: channels[0].tls: must be 'starttls', 'impl"),
        ("per: 1m", "per: 1 fortnight", "14: channels[0].limits[0].per: "),
        ("  - {email: bo", "  - {phone: 5, email: bo", "4: senders[1].phone: is not known here"),
        ("organisation: {", "organisation: {public_url: http://acme.test, ", "begin with https://"),
        ("organisation: {", "organisation: {public_url: ftp://localhost, ", "begin with https://"),
        ("organisation: {", "organisation: {public_url: acme.test, ", "must be an address such as"),
        ("organisation: {", "organisation: {limits: [{messages: 0, per: 1d}], ", "at least 1"),
        ("organisation: {", "organisation: {recipient_domains: {a b: []}, ", "1: organisation."),
    ],
)  # fmt: skip
def test_every_fault_is_one_sentence_with_line_and_field(
    tmp_path: Path, line: str, other: str, problem: str
) -> None:
    problems = _problems(tmp_path, _with(line, other))
    assert any(problem in found for found in problems), problems
    assert not any("\n" in found for found in problems)


@pytest.mark.parametrize("kind", ["gmail", "exchange", "exchange_online"])
def test_a_mailbox_has_an_address_and_is_never_shared(tmp_path: Path, kind: str) -> None:
    problems = _problems(tmp_path, _with("kind: smtp, shared", f"kind: {kind}, shared"))
    assert "16: channels[1].address: is missing" in problems
    assert "16: channels[1].shared: must be False" in problems


@pytest.mark.parametrize(
    "kind",
    ["marketo", "bulk", "Marketo_Bulk", "marketo_engage", "mkto", "marketing", "mass_mail"],
)
def test_bulk_servers_are_refused_with_the_reason(tmp_path: Path, kind: str) -> None:
    (problem,) = _problems(tmp_path, _with("kind: smtp, shared", f"kind: {kind}, shared"))
    assert "names a bulk server, and those are not integrated" in problem
    assert "use smtp with an SMTP relay" in problem


@pytest.mark.parametrize("kind", ["legacy_msc", "legacy_marketo_sales"])
def test_legacy_servers_are_for_legacy_accounts(tmp_path: Path, kind: str) -> None:
    text = _with("kind: smtp, shared", f"kind: {kind}, shared")
    (problem,) = _problems(tmp_path, text)
    assert problem.startswith(f"16: channels[1].kind: {kind} is for old accounts")
    allowed = _load(tmp_path, text.replace("legacy_account: false", "legacy_account: true"))
    assert allowed.channels[1].kind == kind


def test_an_unknown_kind_is_never_answered_with_a_legacy_one(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, _with("kind: smtp, shared", "kind: legacy, shared"))
    assert "legacy_" not in problem


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("smtp.gmail.com", "gmail"),
        ("SMTP-Relay.Gmail.com.", "gmail"),
        ("smtp.googlemail.com", "gmail"),
        ("aspmx.l.google.com", "gmail"),
        ("smtp.office365.com", "exchange_online"),
        ("outlook.office365.com", "exchange_online"),
        ("smtp-mail.outlook.com", "exchange_online"),
        ("acme-com.mail.protection.outlook.com", "exchange_online"),
    ],
)
def test_mailboxes_are_not_connected_by_smtp(tmp_path: Path, host: str, kind: str) -> None:
    (problem,) = _problems(tmp_path, _with("host: smtp.acme.test", f"host: {host}"))
    assert problem.startswith(f"16: channels[1].host: {host} serves mailboxes")
    assert problem.endswith(f"use kind: {kind}")


@pytest.mark.parametrize("host", ["gmail.com.acme.test", "notgmail.com", "smtp.sendgrid.net"])
def test_other_hosts_are_smtp(tmp_path: Path, host: str) -> None:
    assert _load(tmp_path, _with("host: smtp.acme.test", f"host: {host}"))


def test_identities_are_verified_except_on_this_machine(tmp_path: Path) -> None:
    local, remote = _smtp_channels(_load(tmp_path, WORKSPACE))
    assert (local.verify_identities, remote.verify_identities) == (False, True)
    text = _with("host: smtp.acme.test", "host: smtp.acme.test, verify_identities: false")
    assert not _smtp_channels(_load(tmp_path, text))[1].verify_identities


def test_an_unknown_kind_is_compared_with_the_known_ones(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, _with("kind: smtp, shared", "kind: smpt, shared"))
    assert problem == "16: channels[1].kind: there is no kind 'smpt'; did you mean 'smtp'?"


def test_a_sender_without_any_channel_is_told_what_to_add(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, _with("shared: true", "address: ana@acme.test"))
    assert problem == (
        "4: senders[1]: bo@acme.test has no channel; add one with address: bo@acme.test, "
        "or one with shared: true"
    )


def test_a_sender_with_several_channels_must_name_one(tmp_path: Path) -> None:
    second = "  - {id: more, kind: smtp, shared: true, host: smtp.acme.test}\n"
    (problem,) = _problems(tmp_path, WORKSPACE + second)
    assert problem == (
        "4: senders[1]: bo@acme.test may use team-smtp, more; name one of them as default_channel"
    )


MAILBOX = (
    "  - {{id: {id}, kind: gmail, address: bo@acme.test, "
    "credentials: {{client_id: x, client_secret: y}}}}\n"
)


def test_a_sender_with_several_mailboxes_need_not_name_one(tmp_path: Path) -> None:
    two = WORKSPACE + MAILBOX.format(id="bo-one") + MAILBOX.format(id="bo-two")
    assert _load(tmp_path, two)
    (problem,) = _problems(
        tmp_path, two.replace("organisation: {", "organisation: {prefer_same_network: false, ")
    )
    assert problem.startswith("4: senders[1]: bo@acme.test may use bo-one, bo-two; name one")


IDENTITY = "identities: [{email: bo@acme-sales.test, channel: team-smtp}]"


def test_a_sender_may_have_further_identities(tmp_path: Path) -> None:
    workspace = _load(tmp_path, _with("America/New_York", f"America/New_York, {IDENTITY}"))
    (identity,) = workspace.senders[1].identities
    assert (identity.email, identity.channel) == ("bo@acme-sales.test", "team-smtp")


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("bo@acme-sales.test", "ana@acme.test", "].email: ana@acme.test stands here twice"),
        ("team-smtp}", "tema-smtp}", "].channel: there is no channel 'tema-smtp'; did you mean"),
        ("team-smtp}", "ana-smtp}", "].channel: ana-smtp belongs to ana@acme.test"),
    ],
)
def test_an_identity_is_checked(tmp_path: Path, before: str, after: str, problem: str) -> None:
    wrong = IDENTITY.replace(before, after)
    (found,) = _problems(tmp_path, _with("America/New_York", f"America/New_York, {wrong}"))
    assert f"senders[1].identities[0{problem}" in found


def test_nobody_sends_through_another_persons_channel(tmp_path: Path) -> None:
    (problem,) = _problems(
        tmp_path, _with("America/New_York", "America/New_York, default_channel: ana-smtp")
    )
    assert problem.startswith("4: senders[1].default_channel: ana-smtp belongs to ana@acme.test")


def test_a_channel_that_nobody_can_use_is_an_error(tmp_path: Path) -> None:
    extra = "  - {id: old, kind: smtp, address: cy@acme.test, host: smtp.acme.test}\n"
    (problem,) = _problems(tmp_path, WORKSPACE + extra)
    assert problem.startswith("17: channels[2]: nobody can send through old")


def test_the_first_problem_is_told_and_the_others_are_counted(tmp_path: Path) -> None:
    text = _with("port: ${PORT}", "port: x").replace("Europe/Madrid", "Mars")
    with pytest.raises(FileError) as refusal:
        _load(tmp_path, text)
    first, second = refusal.value.problems
    assert ":3: senders[0].timezone: 'Mars'" in first, "problems come in the order of the lines"
    assert ":10: channels[0].port:" in second
    assert str(refusal.value) == f"{first} (and 1 more)"


def test_a_secret_is_never_quoted_in_an_error(tmp_path: Path) -> None:
    for line in ('password: "${ANA_PW}"', "username: ana"):
        problems = _problems(
            tmp_path, _with(line, "passwort: ${ANA_PW}"), {"PORT": "x", "ANA_PW": "hunter2"}
        )
        assert "hunter2" not in " ".join(problems)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_damaged_workspace_is_read_or_refused_but_never_crashes(
    tmp_path: Path, data: st.DataObject
) -> None:
    lines = WORKSPACE.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    begin = data.draw(st.integers(0, len(lines[number])))
    end = data.draw(st.integers(begin, len(lines[number])))
    damage = data.draw(
        st.text(max_size=8)
        | st.sampled_from(
            ["[1]", "{a: 1}", "*x", "&x ", "!!set ", "? ", "- ", "null", "<<", "${X}"]
        )
    )
    lines[number] = lines[number][:begin] + damage + lines[number][end:]
    problems: tuple[str, ...] = ()
    try:
        _load(tmp_path, "\n".join(lines))
    except FileError as refusal:
        problems = refusal.problems
    assert all(p.startswith(str(tmp_path)) and "\n" not in p for p in problems)
