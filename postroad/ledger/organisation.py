"""Reading the organisation, as the workspace file describes it."""

from sqlalchemy import Connection, select

from postroad import workspace
from postroad.ledger.tables import Organisation


def load_organisation(connection: Connection) -> workspace.Organisation | None:
    """Return the organisation; None where no workspace was ever applied."""
    row = connection.execute(select(Organisation.name, Organisation.settings)).first()
    if row is None:
        return None
    return workspace.Organisation.model_validate({"name": row.name, **row.settings})
