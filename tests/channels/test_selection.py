"""Which channel a message leaves by, and why: every rule, and all of them against an oracle."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroad.channels.options import ChannelOption, ChannelWish, stands_still
from postroad.channels.rules import Rule
from postroad.channels.selection import (
    Choice,
    Chosen,
    Impossible,
    NoChannel,
    choose_channel,
    consider,
)
from postroad.contracts import ChannelState
from postroad.plugins import Plugin

ANA, ALIAS, BO = "ana@acme.test", "ana@acme-sales.test", "bo@acme.test"


def _option(channel: str, kind: str = "smtp", address: str | None = ANA) -> ChannelOption:
    return ChannelOption(channel, kind, address, address is None, ChannelState.ACTIVE)


def _among(*options: ChannelOption) -> dict[str, ChannelOption]:
    return {option.id: option for option in options}


GMAIL = _option("ana-gmail", "gmail")
ONLINE = _option("ana-online", "exchange_online")
EWS = _option("ana-ews", "exchange")
OWN = _option("ana-smtp")
TEAM = _option("team", address=None)
OTHERS = _option("bo-gmail", "gmail", BO)
MSC = _option("old", "legacy_msc", None)


def _paused(option: ChannelOption) -> ChannelOption:
    return replace(option, state=ChannelState.PAUSED, state_reason="by bo")


def _chosen(wish: ChannelWish, *options: ChannelOption) -> str:
    choice = choose_channel(wish, _among(*options))
    assert isinstance(choice, Chosen), choice
    return choice.channel


def _why(wish: ChannelWish, *options: ChannelOption) -> str:
    return choose_channel(wish, _among(*options)).why


def _waits(wish: ChannelWish, *options: ChannelOption) -> str:
    choice = choose_channel(wish, _among(*options))
    assert isinstance(choice, NoChannel), choice
    return choice.why


def test_the_rules_are_asked_in_the_order_that_the_documentation_tells() -> None:
    findings = consider(ChannelWish(ANA), _among(TEAM)).findings
    assert [finding.rule for finding in findings] == list(Rule)


def test_a_step_goes_before_its_campaign_the_identity_and_the_default() -> None:
    names: dict[str, Any] = {
        "step_channel": "a",
        "campaign_channel": "b",
        "identity_channel": "c",
        "default_channel": "d",
    }
    options = [_option(name) for name in "abcd"]
    for field in list(names):
        assert _chosen(ChannelWish(ANA, **names), *options) == names.pop(field)


@pytest.mark.parametrize(
    ("wish", "options", "why"),
    [
        (ChannelWish(ANA, step_channel="team"), [OWN, TEAM], "the step names it"),
        (ChannelWish(ANA, campaign_channel="team"), [OWN, TEAM], "the campaign names it"),
        (
            ChannelWish(ALIAS, rep=ANA, identity_channel="team"),
            [OWN, TEAM],
            "the workspace file gives ana@acme-sales.test it",
        ),
        (ChannelWish(ANA, default_channel="team"), [OWN, TEAM], "it is the default of ana@acme"),
        (ChannelWish(ANA), [OWN, TEAM], "it is the only channel of ana@acme.test"),
        (ChannelWish(BO), [OWN, TEAM], "it is the team's shared channel"),
        (ChannelWish(BO, legacy=True), [OWN, MSC], "it is the legacy server"),
    ],
)
def test_every_choice_says_why(wish: ChannelWish, options: list[ChannelOption], why: str) -> None:
    assert _why(wish, *options).startswith(why)


def test_an_identity_without_mailboxes_uses_those_of_its_rep() -> None:
    alias = ChannelWish(ALIAS, rep=ANA)
    assert _chosen(alias, GMAIL, TEAM) == "ana-gmail"
    assert _chosen(alias, GMAIL, TEAM, _option("alias-smtp", address=ALIAS)) == "alias-smtp"
    assert _chosen(ChannelWish(ANA), GMAIL, _option("alias-smtp", address=ALIAS)) == "ana-gmail"


@pytest.mark.parametrize(
    ("plugin", "channel"), [(Plugin.OUTLOOK, "ana-online"), (Plugin.GMAIL, "ana-gmail")]
)
def test_a_mail_leaves_by_the_account_whose_plugin_it_was_written_in(
    plugin: Plugin, channel: str
) -> None:
    wish = ChannelWish(ANA, plugin=plugin, step_channel="ana-smtp", bulk=True)
    assert _chosen(wish, GMAIL, ONLINE, OWN, TEAM) == channel


def test_of_two_exchange_accounts_the_default_is_the_plugins() -> None:
    wish = ChannelWish(ANA, plugin=Plugin.OUTLOOK)
    assert _chosen(wish, EWS, ONLINE) == "ana-online"
    assert _chosen(replace(wish, default_channel="ana-ews"), EWS, ONLINE) == "ana-ews"


def test_a_plugin_without_its_account_is_an_error_and_never_another_channel() -> None:
    wish = ChannelWish(ANA, plugin=Plugin.OUTLOOK, default_channel="team", fallback=True)
    choice = choose_channel(wish, _among(GMAIL, OWN, TEAM, _option("bo-ews", "exchange", BO)))
    assert isinstance(choice, Impossible)
    assert "written in Outlook, and ana@acme.test has no Exchange channel" in choice.why


def test_a_plugins_account_that_stands_still_is_waited_for() -> None:
    wish = ChannelWish(ANA, plugin=Plugin.GMAIL, fallback=True)
    assert _waits(wish, _paused(GMAIL), TEAM) == "ana-gmail is paused (by bo)"


def test_bulk_mail_leaves_by_smtp_and_never_through_a_mailbox() -> None:
    wish = ChannelWish(ANA, bulk=True, campaign_channel="ana-gmail", default_channel="ana-gmail")
    assert _chosen(wish, GMAIL, TEAM) == "team"
    assert _chosen(wish, GMAIL, OWN, TEAM) == "ana-smtp"
    assert _why(wish, GMAIL, TEAM).startswith("bulk mail leaves by SMTP; ")
    assert "may use no SMTP channel" in _waits(wish, GMAIL, MSC)


@pytest.mark.parametrize(
    ("network", "channel", "words"),
    [
        ("google", "ana-gmail", "it is at Google, as the recipient is"),
        ("microsoft", "ana-online", "it is at Microsoft, as the recipient is"),
        ("other", "ana-ews", "the recipient's network is none of theirs"),
        ("unknown", "ana-ews", "the recipient's network is not known"),
    ],
)
def test_of_several_mailboxes_that_in_the_recipients_network_goes_first(
    network: str, channel: str, words: str
) -> None:
    wish = ChannelWish(ANA, network=network)
    assert _chosen(wish, GMAIL, ONLINE, EWS, OWN, TEAM) == channel
    assert words in _why(wish, GMAIL, ONLINE, EWS)


def test_the_network_matters_only_where_nothing_is_named() -> None:
    wish = ChannelWish(ANA, network="google", default_channel="ana-online")
    assert _chosen(wish, GMAIL, ONLINE) == "ana-online"
    off = ChannelWish(ANA, network="google", same_network=False)
    assert _waits(off, GMAIL, ONLINE) == "ana@acme.test has 2 channels and no default_channel"


def test_a_legacy_server_is_the_last_resort_and_always_carries_its_warning() -> None:
    wish = ChannelWish(ANA, legacy=True)
    assert _chosen(wish, TEAM, MSC) == "team"
    named = replace(wish, campaign_channel="old")
    for each in (wish, named):
        assert "old is a legacy shared server without SPF or DKIM" in _why(each, MSC)


def test_without_a_legacy_account_its_servers_are_not_there() -> None:
    assert "has no channel" in _waits(ChannelWish(ANA), MSC)
    named = ChannelWish(ANA, default_channel="old", fallback=True)
    assert "legacy_account is not true" in _waits(named, MSC)


def test_nobody_writes_through_another_persons_mailbox() -> None:
    wish = ChannelWish(ANA, step_channel="bo-gmail")
    assert _waits(wish, OTHERS, GMAIL) == "bo-gmail belongs to bo@acme.test"


def test_a_channel_that_does_not_exist_is_said() -> None:
    assert _waits(ChannelWish(ANA, step_channel="gone"), GMAIL) == (
        "the workspace has no channel gone"
    )


@pytest.mark.parametrize("state", [s for s in ChannelState if s is not ChannelState.ACTIVE])
def test_a_channel_that_stands_still_is_waited_for_unless_another_may_stand_in(
    state: ChannelState,
) -> None:
    still = replace(GMAIL, state=state, state_reason="why")
    wish = ChannelWish(ANA, default_channel="ana-gmail")
    assert _waits(wish, still, TEAM) == f"ana-gmail is {state} (why)" == stands_still(still)
    allowed = replace(wish, fallback=True)
    assert _chosen(allowed, still, TEAM) == "team"
    assert _why(allowed, still, TEAM).endswith(
        f"it stands in, as the campaign allows, because ana-gmail is {state} (why)"
    )


def test_a_full_channel_is_waited_for_unless_another_may_stand_in() -> None:
    full = replace(GMAIL, full="ana-gmail has as much to send as it may")
    wish = ChannelWish(ANA)
    assert _chosen(wish, full, TEAM) == "ana-gmail"
    assert _chosen(replace(wish, fallback=True), full, TEAM) == "team"
    every = [full, replace(TEAM, full="team has as much to send as it may")]
    assert _chosen(replace(wish, fallback=True), *every) == "ana-gmail", "it waits for its turn"


def test_a_follow_up_leaves_from_the_mailbox_of_its_first_message_whatever_else_is_said() -> None:
    wish = ChannelWish(
        ANA, conversation="ana-gmail", step_channel="team", network="microsoft", fallback=True
    )
    assert _chosen(wish, GMAIL, ONLINE, TEAM) == "ana-gmail"
    assert _waits(wish, _paused(GMAIL), ONLINE, TEAM) == "ana-gmail is paused (by bo)"


def test_an_unverified_address_is_held_with_the_command_that_verifies_it() -> None:
    strict = replace(TEAM, verifies=True)
    assert _waits(ChannelWish(ANA), strict) == (
        "ana@acme.test is not verified on team: "
        "`postroad identity verify ana@acme.test --channel team` mails a token"
    )
    for verified in (ANA, "@acme.test"):
        assert _chosen(ChannelWish(ANA), replace(strict, verified=frozenset({verified}))) == "team"
    assert _waits(ChannelWish(ANA), replace(strict, verified=frozenset({BO, "@test"})))


def test_what_was_skipped_is_told() -> None:
    wish = ChannelWish(ANA, step_channel="gone", default_channel="ana-gmail", fallback=True)
    reasoning = consider(wish, _among(_paused(GMAIL), TEAM))
    assert [(one.channel, one.why) for one in reasoning.skipped] == [
        ("gone", "the workspace has no channel gone"),
        ("ana-gmail", "ana-gmail is paused (by bo)"),
    ]


# --- all rules together ---------------------------------------------------------------------

_IDS = ["a", "b", "c", "d", "e", "f"]
_KINDS = ["gmail", "exchange", "exchange_online", "smtp", "legacy_msc", "legacy_marketo_sales"]
_name = st.none() | st.sampled_from([*_IDS, "gone"])


@st.composite
def _options(draw: st.DrawFn) -> dict[str, ChannelOption]:
    options = []
    for channel in draw(st.lists(st.sampled_from(_IDS), unique=True)):
        kind = draw(st.sampled_from(_KINDS))
        relay = kind not in ("gmail", "exchange", "exchange_online")
        options.append(
            ChannelOption(
                id=channel,
                kind=kind,
                address=draw(st.sampled_from([ANA, ANA, ALIAS, BO] + [None] * relay)),
                shared=relay and draw(st.booleans()),
                state=draw(st.sampled_from([ChannelState.ACTIVE] * 3 + list(ChannelState))),
                retired=draw(st.sampled_from([False, False, False, True])),
                verifies=relay and draw(st.booleans()),
                verified=frozenset(draw(st.sets(st.sampled_from([ANA, ALIAS, "@acme.test"])))),
                full=draw(st.sampled_from(["", "", "full"])),
            )
        )
    return _among(*options)


_wishes = st.builds(
    ChannelWish,
    sender=st.just(ANA),
    conversation=st.none() | st.none() | _name,
    plugin=st.none() | st.none() | st.sampled_from(Plugin),
    bulk=st.booleans(),
    step_channel=_name,
    campaign_channel=_name,
    identity_channel=_name,
    default_channel=_name,
    network=st.sampled_from(["google", "microsoft", "other", "unknown"]),
    same_network=st.booleans(),
    fallback=st.booleans(),
    legacy=st.booleans(),
) | st.builds(
    ChannelWish,
    sender=st.just(ALIAS),
    rep=st.just(ANA),
    bulk=st.booleans(),
    network=st.sampled_from(["google", "microsoft", "other", "unknown"]),
    fallback=st.booleans(),
    legacy=st.booleans(),
)


def _oracle(wish: ChannelWish, options: dict[str, ChannelOption]) -> str:
    """Return the channel's id, `waits` or `fails`: the rules once more, written out naively."""
    known = [options[name] for name in sorted(options) if not options[name].retired]
    plugin_kinds = {"outlook": ["exchange_online", "exchange"], "gmail": ["gmail"]}
    if wish.conversation:
        return wish.conversation if _can(wish, wish.conversation, options) else "waits"
    if wish.plugin:
        fitting = [
            o.id
            for kind in plugin_kinds[wish.plugin]
            for o in _mine(wish, [x for x in known if x.kind in plugin_kinds[wish.plugin]])
            if o.kind == kind
        ]
        if not fitting:
            return "fails"
        channel = wish.default_channel if wish.default_channel in fitting else fitting[0]
        return str(channel) if _can(wish, str(channel), options) else "waits"
    named = [
        wish.step_channel,
        wish.campaign_channel,
        wish.identity_channel,
        wish.default_channel,
    ]
    groups = [
        [name]
        for name in named
        if name and not (wish.bulk and name in options and options[name].kind != "smtp")
    ]
    if wish.bulk:
        known = [o for o in known if o.kind == "smtp"]
    mine = _mine(wish, known)
    boxes = [o for o in mine if o.kind in ("gmail", "exchange", "exchange_online")]
    if len(boxes) > 1 and wish.same_network:
        near = {"google": ["gmail"], "microsoft": ["exchange_online", "exchange"]}
        first = [o.id for kind in near.get(wish.network, []) for o in boxes if o.kind == kind]
        rest = [o.id for o in boxes if o.id not in first]
        groups += [[name] for name in first + rest]
        mine = [o for o in mine if o not in boxes]
    groups.append([o.id for o in mine])
    groups.append([o.id for o in known if o.shared and o.kind == "smtp"])
    if wish.legacy:
        groups.append([o.id for o in known if o.shared and o.kind.startswith("legacy")])
    groups = [group for group in groups if group]
    if not wish.fallback:
        if not groups or len(groups[0]) > 1:
            return "waits"
        return groups[0][0] if _can(wish, groups[0][0], options) else "waits"
    able = [name for group in groups for name in group if _can(wish, name, options)]
    with_room = [name for name in able if not options[name].full]
    return (with_room or able or ["waits"])[0]


def _mine(wish: ChannelWish, known: Iterable[ChannelOption]) -> list[ChannelOption]:
    known = list(known)
    of_address = [o for o in known if o.address == wish.sender]
    of_rep = [o for o in known if wish.rep and o.address == wish.rep]
    return of_address or of_rep


def _can(wish: ChannelWish, name: str, options: dict[str, ChannelOption]) -> bool:
    if name not in options:
        return False
    o = options[name]
    allowed = o.shared or o.address is None or o.address in (wish.sender, wish.rep)
    known = (
        not o.verifies
        or wish.sender in o.verified
        or ("@acme.test" in o.verified and wish.sender == ANA)
    )
    return (
        allowed
        and known
        and o.state == "active"
        and (wish.legacy or not o.kind.startswith("legacy"))
    )


def _outcome(choice: Choice) -> str:
    match choice:
        case Chosen():
            return choice.channel
        case NoChannel():
            return "waits"
        case Impossible():
            return "fails"


@settings(max_examples=500)
@given(wish=_wishes, options=_options())
def test_choices_are_those_of_a_naive_oracle(
    wish: ChannelWish, options: dict[str, ChannelOption]
) -> None:
    assert _outcome(choose_channel(wish, options)) == _oracle(wish, options)


@given(wish=_wishes, options=_options(), data=st.data())
def test_the_order_in_which_channels_are_known_does_not_matter(
    wish: ChannelWish, options: dict[str, ChannelOption], data: st.DataObject
) -> None:
    shuffled = _among(*data.draw(st.permutations(list(options.values()))))
    assert choose_channel(wish, shuffled) == choose_channel(wish, options)


@given(wish=_wishes, options=_options())
def test_without_fallback_what_happens_to_other_channels_does_not_matter(
    wish: ChannelWish, options: dict[str, ChannelOption]
) -> None:
    wish = replace(wish, fallback=False)
    choice = choose_channel(wish, options)
    others = {
        name: option
        if isinstance(choice, Chosen) and name == choice.channel
        else replace(option, state=ChannelState.PAUSED, full="full")
        for name, option in options.items()
    }
    if isinstance(choice, Chosen):
        assert choose_channel(wish, others) == choice
    else:
        assert not isinstance(choose_channel(wish, others), Chosen)


@given(wish=_wishes, options=_options())
def test_what_is_chosen_may_always_carry_the_message(
    wish: ChannelWish, options: dict[str, ChannelOption]
) -> None:
    choice = choose_channel(wish, options)
    assert choice.why
    assert "\n" not in choice.why
    if not isinstance(choice, Chosen):
        return
    chosen = options[choice.channel]
    assert chosen.state is ChannelState.ACTIVE
    assert chosen.shared or chosen.address in (None, wish.sender, wish.rep)
    if wish.bulk and not wish.is_bound:
        assert chosen.kind == "smtp"
    if chosen.kind.startswith("legacy"):
        assert wish.legacy
        assert "without SPF or DKIM" in choice.why
