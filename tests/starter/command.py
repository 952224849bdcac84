"""Running `postroad` in this process, as a test's hand on the keyboard."""

import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from postroad.ledger.engine import Ledger
from starter.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """What it printed, which must be JSON and nothing else."""
        return json.loads(self.stdout)


class Postroad:
    """The `postroad` command on one ledger."""

    def __init__(
        self, ledger: Ledger, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self._patch = patch
        self._capsys = capsys
        patch.setenv("POSTROAD_LEDGER_URL", ledger.url.render_as_string(hide_password=False))

    def __call__(self, *arguments: str) -> Ran:
        """Run the command to its end."""
        self._patch.setattr(sys, "argv", ["postroad", *arguments])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        return Ran(code, out, err)
