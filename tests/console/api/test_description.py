"""The API does what openapi.json says, whatever it is sent: schemathesis asks a running one.

Requests that fit the description may be refused in substance (404, 409, 422) but never as
malformed (400); those that do not fit are refused.
"""

from typing import Any, cast
from urllib.parse import unquote

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, assume, settings
from schemathesis.config import SchemathesisConfig

from console.api.application import PLACE, build
from console.installation import Installation
from tests.console.api.conftest import Office

_EXAMPLES = 6
_CONFIG = {
    "seed": 1,
    "generation": {"deterministic": True},
    "phases": {"stateful": {"enabled": False}},
    "dictionaries": {
        "campaigns": {"values": ["played-with", "nowhere"]},
        "channels": {"values": ["ana-smtp", "nowhere"]},
        "people": {"values": ["ada@x.test", "Nobody@x.test"]},
        "addresses": {"values": ["ada@x.test", "@rival.test"]},
    },
    "parameters": {
        "path.campaign": {"dictionary": "campaigns"},
        "path.channel": {"dictionary": "channels"},
        "path.email": {"dictionary": "people"},
        "path.address": {"dictionary": "addresses"},
        "query.from": {"dictionary": "people"},
        "query.to": {"dictionary": "people"},
    },
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", 404, 409, 413, 422]},
    },
}


_DESCRIPTION = build(cast("Installation", None)).openapi()  # says the same of every installation
schema = schemathesis.openapi.from_dict(_DESCRIPTION, config=SchemathesisConfig.from_dict(_CONFIG))


@pytest.fixture(scope="module")
def address(office: Office) -> str:
    """Where the API is, with a campaign to play with."""
    with office.program() as program:
        program.post(
            "/campaigns",
            json={
                "id": "played-with",
                "name": "Q4",
                "senders": ["ana@acme.test"],
                "steps": [
                    {"id": "intro", "subject": "Hello", "text": "Hi"},
                    {"id": "nudge", "wait": "3 days", "subject": "Hello", "text": "Hi"},
                ],
                "people": [{"email": "ada@x.test"}],
            },
        )
    return f"{office.address}{PLACE}"


@schema.parametrize()
@settings(
    max_examples=_EXAMPLES,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_endpoint_does_what_its_description_says(
    case: "schemathesis.Case[Any]", address: str, office: Office
) -> None:
    # Starlette's mounts take no line break: such an address is nobody's, and not the API's.
    assume(not any("\n" in unquote(str(part)) for part in case.path_parameters.values()))
    headers = {"Authorization": f"Bearer {office.token}"}
    case.call_and_validate(base_url=address, headers=headers)


def test_the_description_is_open_to_everybody_and_names_its_version(office: Office) -> None:
    document = httpx.get(f"{office.address}{PLACE}/openapi.json").json()
    assert document == _DESCRIPTION
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": PLACE}]
    for path in ("/docs", "/redoc"):
        assert httpx.get(f"{office.address}{PLACE}{path}").status_code == 404
