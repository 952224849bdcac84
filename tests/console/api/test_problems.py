"""How the API tells of what it cannot do."""

import httpx
import pytest
from structlog.testing import capture_logs

from console.installation import Installation
from postroad.ledger.users import Role
from postroad.setting_tables import TemporalSettings
from tests.console.api.conftest import CallAs

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)


async def test_what_does_not_exist_is_a_problem_in_json(call_as: CallAs) -> None:
    program = call_as(Role.ADMIN)
    answer: httpx.Response = await program.get("/nothing/here")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")
    answer = await program.put("/campaigns", json={})
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_a_failure_is_logged_without_what_may_tell_of_a_person(
    call_as: CallAs, installation: Installation
) -> None:
    installation.settings.temporal = TemporalSettings(address="127.0.0.1:9")
    program = call_as(Role.ADMIN)
    with capture_logs() as logs:
        failed = await program.delete("/campaigns/q4/people/ada@x.test")
    assert failed.status_code == 503
    assert [(one["event"], one["asked"]) for one in logs] == [("api_failed", "people_remove")]
