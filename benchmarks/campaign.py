"""The campaign that is measured: one personal mail of about a kilobyte."""

from pathlib import Path

SUBJECT = "{{ person.first_name }}, a question about {{ person.company }}"
TEXT = """Hello {{ person.first_name }},

I read that {{ person.company }} is opening a second warehouse this year. We help companies like \
yours to know where each delivery is, without calling anybody. Our customers tell us that this \
saves a dispatcher about an hour a day.

Two things may interest you:

- **one map** for your own vans and those of your carriers, which everybody can see
- **arrival times** that are right to within ten minutes, because they learn from the past

Would it make sense to show you, in fifteen minutes, how it would look with the routes of \
{{ person.company }}? I have time on Tuesday at ten or on Thursday at three. If somebody else \
looks after this, I would be glad to know whom to ask. If it is no subject for you at all, just \
say so, and you will not hear from me again.

Kind regards,
Ana Ruiz
"""
_WORKSPACE = """
organisation: {{name: Acme}}
senders:
  - {{email: ana@acme.test, name: Ana Ruiz, timezone: Europe/Madrid, default_channel: s}}
channels:
  - {{id: s, kind: smtp, address: ana@acme.test, host: 127.0.0.1, port: {port}, tls: none,
     connections: {connections}}}
"""
_CAMPAIGN = """
name: Measured
audience: people.csv
senders: [ana@acme.test]
steps:
  - {{id: intro, subject: "{subject}", body: intro.md}}
"""


def person(number: int) -> dict[str, str]:
    """Return one of the people."""
    return {
        "email": f"p{number}@x{number % 97}.test",
        "first_name": f"Person{number}",
        "company": f"Company {number % 1_000}",
    }


def write_campaign(directory: Path, people: int) -> Path:
    """Write campaign, body and audience; return the campaign's path."""
    with (directory / "people.csv").open("w") as audience:
        audience.write("email,first_name,company\n")
        audience.writelines(",".join(person(n).values()) + "\n" for n in range(people))
    (directory / "intro.md").write_text(TEXT)
    campaign = directory / "campaign.yaml"
    campaign.write_text(_CAMPAIGN.format(subject=SUBJECT))
    return campaign


def write_workspace(directory: Path, port: int, connections: int) -> Path:
    """Write the workspace; return its path."""
    workspace = directory / "workspace.yaml"
    workspace.write_text(_WORKSPACE.format(port=port, connections=connections))
    return workspace
