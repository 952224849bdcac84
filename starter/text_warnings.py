"""Telling an author what is better changed in a text before it leaves."""

from operations.definition import Definition
from postroad.campaign.template import StepTemplate
from postroad.campaign.text_checks import Step, address_warnings, text_warnings
from postroad.ledger.engine import Ledger
from postroad.ledger.organisation import load_organisation
from postroad.ledger.staging import StagedStep
from postroad.tracking.text_checks import tracking_warnings
from starter.terminal import complain


def warn_about_texts(ledger: Ledger, definition: Definition) -> None:
    """Say on stderr what experienced senders would say about a campaign's texts."""
    with ledger.read() as connection:
        organisation = load_organisation(connection)
    unsubscribes = organisation is not None and organisation.public_url is not None
    links_at = None if organisation is None else organisation.links_at
    settings = definition.settings
    address = None if organisation is None else organisation.postal_address
    templates = [template for step in definition.mails for template in step.templates]
    for words in address_warnings(templates, settings.footer, address):
        complain(f"warning: {words}")
    for step in definition.mails:
        for name, template in _texts(step):
            written = Step(name, step.settings, template)
            purpose = definition.settings.purpose
            for words in text_warnings(written, purpose, unsubscribes=unsubscribes):
                complain(f"warning: {words}")
            for words in tracking_warnings(template, definition.settings.tracking, links_at):
                complain(f"warning: step {name}: {words}")


def _texts(step: StagedStep) -> list[tuple[str, StepTemplate]]:
    """Return each text of a step with the name that a warning gives it."""
    if not step.variants:
        return [(step.id, step.template)]
    return [(f"{step.id}, variant {one.id}", one.template) for one in step.variants]
