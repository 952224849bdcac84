"""Recipients' networks are looked up before the transaction, in bounded time, or not at all."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest
from sqlalchemy import select
from temporalio.testing import ActivityEnvironment

import activities.channel_selection
from activities.channel_selection import ChannelSelectionActivities
from activities.clock import ServerClock
from postroad.contracts import ChannelsSelected, MessageState, SelectChannel
from postroad.instants import moment
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Message
from tests.ledger_rows import ANA, NOW, add_campaign, add_channel, add_person, add_sender


class Known:
    """Networks that are known at once."""

    def __init__(self, networks: Mapping[str, str] | None = None, pause: float = 0.0) -> None:
        self.asked: list[set[str]] = []
        self._networks = networks or {}
        self._pause = pause

    async def of_all(self, domains: Collection[str]) -> Mapping[str, str]:
        """Answer after a while."""
        self.asked.append(set(domains))
        await asyncio.sleep(self._pause)
        if not self._networks:
            raise OSError("no resolver answers")
        return self._networks


@pytest.fixture(autouse=True)
def _workspace(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection, default_channel=None)
        add_campaign(connection)
        add_channel(connection, "ana-gmail", kind="gmail")
        add_channel(connection, "ana-online", kind="exchange_online")
        add_person(connection, "ada@m.test", MessageState.PLANNED, channel=None)


async def _select(ledger: Ledger, networks: Known) -> ChannelsSelected:
    selecting = ChannelSelectionActivities(ledger, ServerClock(), networks)
    request = SelectChannel(campaign_id="q4", sender=ANA)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, started_time=moment(NOW))
    selected = await asyncio.to_thread(environment.run, selecting.select_channel, request)
    assert isinstance(selected, ChannelsSelected)
    return selected


async def test_a_recipient_gets_the_mailbox_in_their_network(ledger: Ledger) -> None:
    networks = Known({"m.test": "microsoft"})
    (selected,) = (await _select(ledger, networks)).channels
    assert (selected.channel, networks.asked) == ("ana-online", [{"m.test"}])
    assert "as the recipient is" in selected.why


async def test_nothing_is_looked_up_where_it_does_not_matter(ledger: Ledger) -> None:
    networks = Known({"m.test": "microsoft"})
    await _select(ledger, networks)
    await _select(ledger, networks)
    assert len(networks.asked) == 1, "what has its channel is not looked up again"


async def test_without_an_answer_mail_leaves_all_the_same(ledger: Ledger) -> None:
    (selected,) = (await _select(ledger, Known())).channels
    assert selected.channel == "ana-gmail"
    assert "the recipient's network is not known" in selected.why


async def test_nobody_waits_for_long(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities.channel_selection, "_LOOK_UP_SECONDS", 0.05)
    networks = Known({"m.test": "microsoft"}, pause=60)
    (selected,) = (await _select(ledger, networks)).channels
    assert selected.channel == "ana-gmail"
    with ledger.read() as connection:
        assert connection.scalars(select(Message.channel_id)).all() == ["ana-gmail"]
