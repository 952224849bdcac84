"""Telling before mail leaves what makes receivers distrust its domain."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from operations.clock import now
from operations.definition import Definition
from operations.domain_checks import Looked, look_up, outside, troubles
from postroad.channels.selection import Chosen, consider
from postroad.instants import DAY
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.domain_health import Way, domain_of, load_health, load_routes
from postroad.ledger.engine import Ledger
from postroad.setting_tables import DnsSettings
from starter.terminal import complain

_LAUNCH_SECONDS = 4.0
_FRESH = DAY
"""What was found no longer ago needs no question."""


def warn_about_domains(ledger: Ledger, dns: DnsSettings, definition: Definition) -> None:
    """Say on stderr what SPF, DKIM and DMARC say against a campaign's mail; never takes long."""
    for warning in launch_warnings(ledger, dns, definition):
        complain(f"warning: {warning}")


def launch_warnings(ledger: Ledger, dns: DnsSettings, definition: Definition) -> list[str]:
    """Return a sentence for everything that makes receivers distrust a campaign's mail.

    What was found within a day is not asked again; DNS gets a few seconds for the rest, and what
    it cannot tell is no warning.

    Args:
        ledger: where the channels are, and what was found before.
        dns: whom to ask; nobody where look-ups are switched off.
        definition: the campaign.
    """
    if not dns.enabled:
        return []
    with ledger.read() as connection:
        ways = outside(list(dict.fromkeys(_ways(connection, definition))))
        stored = {
            way: found
            for way in ways
            if (found := load_health(connection, way.route.channel, way.domain)) is not None
        }
    stale = [way for way in ways if way not in stored or stored[way].checked_at < now() - _FRESH]
    looked = [Looked(way, health) for way, health in stored.items() if way not in stale]
    if stale:
        looked += asyncio.run(look_up(ledger, dns, stale, _LAUNCH_SECONDS))
    sentences = (sentence for one in looked for sentence in troubles(one))
    return list(dict.fromkeys(sentences))


def _ways(connection: Connection, definition: Definition) -> Iterator[Way]:
    """Yield each sender's domain with the channels that their steps would leave by."""
    options, routes = load_options(connection), load_routes(connection)
    for sender in definition.settings.senders:
        wish = load_wish(connection, sender, definition.settings)
        for step in definition.steps:
            choice = consider(replace(wish, step_channel=step.settings.channel), options).choice
            if isinstance(choice, Chosen) and choice.channel in routes:
                yield Way(domain_of(sender), routes[choice.channel])
