"""Campaign and workspace files for tests of the commands."""

from pathlib import Path

from postroad.ledger.engine import Ledger
from postroad.settings import Settings
from starter.apply import apply_file

WORKSPACE = """
organisation: {name: Acme, postal_address: "1 Main St, Springfield"}
senders:
  - {email: ana@acme.test, name: Ana Ruiz, timezone: Europe/Madrid, default_channel: ana-smtp}
  - {email: bo@acme.test, name: Bo Berg, timezone: UTC}
channels:
  - {id: ana-smtp, kind: smtp, address: ana@acme.test, host: localhost, tls: none}
  - {id: team, kind: smtp, shared: true, host: localhost, tls: none,
     limits: [{messages: 2, per: 1h}]}
"""

CAMPAIGN = """
id: q4
name: Q4 launch
audience: people.csv
senders: [ana@acme.test]
steps:
  - {id: intro, subject: "Hello {{ person.first_name }}", body: intro.md}
  - {id: nudge, wait: 3 days, thread: reply, text: "Still there, {{ person.first_name }}?"}
"""

AUDIENCE = """email,first_name,company
ada@example.com,Ada,Analytical
grace@example.com,Grace,
not an address,Nobody,
blank@example.com,,
"""

INTRO = "Hello {{ person.first_name }},\n\n**good** morning.\n\n{{ sender.name }}\n"


class Desk:
    """A directory with files to launch, and the installation they are launched on."""

    def __init__(self, directory: Path, ledger: Ledger, temporal_address: str = "") -> None:
        self.directory = directory
        self.ledger = ledger
        self.settings = Settings.model_validate(
            {
                "data_dir": directory / "data",
                "ledger": {"url": ledger.url.render_as_string(hide_password=False)},
                "temporal": {"address": temporal_address},
                "secret_key": "a key for these tests",
            }
        )
        self.campaign = self.write("q4.yaml", CAMPAIGN)
        self.write("people.csv", AUDIENCE)
        self.write("intro.md", INTRO)
        self.workspace = self.write("workspace.yaml", WORKSPACE)

    def write(self, name: str, text: str) -> Path:
        """Write a file, or replace it."""
        path = self.directory / name
        path.write_text(text)
        return path

    def edit(self, name: str, before: str, after: str) -> None:
        """Change one place in a file."""
        text = (self.directory / name).read_text()
        assert before in text
        self.write(name, text.replace(before, after))

    def apply(self) -> None:
        """Store the workspace."""
        apply_file(self.settings, self.workspace)
