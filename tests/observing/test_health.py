"""A worker says whether it can work, and doctor passes it on."""

import pytest

from tests.observing.conftest import Installation

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_worker_says_what_it_cannot_reach(
    installation: Installation,
) -> None:
    assert f"the one at {installation.address}/health/ready is ready" in (
        await installation.command("doctor")
    )
    await installation.stage.kill_temporal()
    await installation.answers("/health/ready", 503)
    await installation.answers("/health/live", 200)
    answer = await installation.asked("/health/ready")
    assert answer is not None
    assert answer.json() == {"ready": False, "temporal": False, "ledger": True}
    assert "cannot reach temporal" in await installation.command("doctor")
    await installation.stage.kill_worker()
    assert "none answers at" in await installation.command("doctor")
