"""Steering a sandbox that runs in another process, through its control port."""

import http.client
import json
from http import HTTPStatus
from typing import Any

from postroad.sandbox.acceptances import AcceptedMail
from postroad.sandbox.faults import Fault, Revocation

_HOST = "127.0.0.1"
_SECONDS = 10.0


class RemoteSandbox:
    """The sandbox behind a control port of this machine."""

    def __init__(self, control_port: int) -> None:
        self._port = control_port

    def counts(self) -> dict[str, Any]:
        """Return what was accepted and refused: see Sandbox.counts."""
        counts: dict[str, Any] = self._ask("GET", "/counts")
        return counts

    def accepted(self) -> list[AcceptedMail]:
        """Return every acceptance, oldest first."""
        return [AcceptedMail(**mail) for mail in self._ask("GET", "/accepted")]

    def add_fault(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        self._ask("POST", "/faults", fault.model_dump_json())

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._ask("DELETE", "/faults")

    def revoke(self, mailbox: str) -> None:
        """Void the tokens of a mailbox."""
        self._ask("POST", "/revocations", Revocation(mailbox=mailbox).model_dump_json())

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:  # noqa: ANN401
        connection = http.client.HTTPConnection(_HOST, self._port, timeout=_SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != HTTPStatus.OK:
            raise ValueError(f"the sandbox refused {method} {path}: {answer['error']}")
        return answer
