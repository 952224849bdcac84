"""Legacy relays send as SMTP does, and say at every check what is wrong with them."""

from collections.abc import AsyncIterator

import pytest

from postroad.channels.build import build_channel
from postroad.channels.legacy import LegacyChannel
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import Sandbox, serve
from postroad.workspace import LegacyChannel as LegacySettings
from tests.channels.mails import mail


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """An SMTP server that stands for an old shared one."""
    async with await serve(SandboxConfig(providers=(ProviderConfig(name="old"),))) as sandbox:
        yield sandbox


def _settings(port: int) -> LegacySettings:
    return LegacySettings.model_validate(
        {"id": "old", "kind": "legacy_msc", "host": "127.0.0.1", "port": port, "tls": "none"}
    )


async def test_a_legacy_relay_sends(sandbox: Sandbox) -> None:
    channel = build_channel(_settings(sandbox.port("old")), None)
    assert isinstance(channel, LegacyChannel)
    async with channel.connection() as connection:
        await connection.send(mail())
    await channel.aclose()
    assert sandbox.accepted.messages == 1


async def test_checking_it_ends_with_the_warning(sandbox: Sandbox) -> None:
    channel = build_channel(_settings(sandbox.port("old")), None)
    found = await channel.verify()
    await channel.aclose()
    assert found.ok
    assert "is a legacy shared server without SPF or DKIM" in found.findings[-1]
    assert "an SMTP relay that signs for your domain" in found.findings[-1]


async def test_the_warning_is_there_even_where_the_server_is_not() -> None:
    found = await build_channel(_settings(1), None).verify()
    assert not found.ok
    assert "without SPF or DKIM" in found.findings[-1]
