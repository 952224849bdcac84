"""Temporal's web UI reads encrypted payloads through the console, for whoever is signed in."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from console.installation import Installation
from operations.payload_codec import EncryptionCodec
from operations.temporal import RUNTIME_FILE
from postroad.ledger.users import Role
from tests.console.conftest import Visitor

_UI = "http://127.0.0.1:8233"
_PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"campaign_id": "q4"}')


@pytest.fixture(autouse=True)
def _running_ui(installation: Installation, tmp_path: Path) -> None:
    installation.settings.data_dir.mkdir(exist_ok=True)
    Path(tmp_path, RUNTIME_FILE).write_text(json.dumps({"web_ui": _UI}))


@pytest.fixture
async def sealed(installation: Installation) -> str:
    """What the web UI has of an encrypted payload."""
    payloads = await EncryptionCodec(installation.secrets).encode([_PLAIN])
    return json_format.MessageToJson(Payloads(payloads=payloads))


async def _ask(
    client: httpx.AsyncClient, content: str, origin: str = _UI, direction: str = "decode"
) -> httpx.Response:
    return await client.post(
        f"/codec/{direction}",
        content=content,
        headers={"origin": origin, "content-type": "application/json"},
    )


async def test_a_manager_reads_what_was_encrypted(
    visit: Callable[[Role], Visitor], sealed: str
) -> None:
    assert "q4" not in sealed
    answer = await _ask(visit(Role.MANAGER).client, sealed)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == _UI
    assert answer.headers["access-control-allow-credentials"] == "true"
    [payload] = json_format.Parse(answer.text, Payloads()).payloads
    assert payload == _PLAIN


async def test_what_is_encoded_is_decoded_again(visit: Callable[[Role], Visitor]) -> None:
    client = visit(Role.ADMIN).client
    plain = json_format.MessageToJson(Payloads(payloads=[_PLAIN]))
    encoded = await _ask(client, plain, direction="encode")
    assert (await _ask(client, encoded.text)).json() == json.loads(plain)


async def test_the_browser_may_ask_first(stranger: httpx.AsyncClient) -> None:
    answer = await stranger.options("/codec/decode", headers={"origin": _UI})
    assert answer.status_code == 204
    assert "x-namespace" in answer.headers["access-control-allow-headers"]


async def test_nobody_else_reads_anything(
    visit: Callable[[Role], Visitor], stranger: httpx.AsyncClient, sealed: str
) -> None:
    assert (await _ask(stranger, sealed)).status_code == 401
    assert (await _ask(visit(Role.REP).client, sealed)).status_code == 403
    elsewhere = await _ask(visit(Role.ADMIN).client, sealed, origin="https://evil.test")
    assert elsewhere.status_code == 403
    assert "access-control-allow-origin" not in elsewhere.headers


@pytest.mark.parametrize(
    ("content", "direction", "status"),
    [("no json", "decode", 400), ('{"payloads": 7}', "decode", 400), ("{}", "read", 404)],
)
async def test_what_is_no_request_is_refused(
    visit: Callable[[Role], Visitor], content: str, direction: str, status: int
) -> None:
    answer = await _ask(visit(Role.ADMIN).client, content, direction=direction)
    assert answer.status_code == status
