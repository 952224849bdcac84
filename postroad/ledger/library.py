"""The shared library of texts: storing versions, and reading them back."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, func, select

from postroad.campaign.library_files import LibraryFile
from postroad.campaign.template import LibraryKind, LibraryVersion, StepTemplate
from postroad.instants import moment
from postroad.ledger.changes import Change
from postroad.ledger.content import store_attachments
from postroad.ledger.tables import LibraryText
from postroad.ledger.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Stored:
    """A text of the library's folder, and what became of it in the ledger."""

    version: LibraryVersion
    change: Change


class StoredText(BaseModel):
    """One version of a template or a snippet."""

    model_config = ConfigDict(frozen=True)

    kind: LibraryKind
    name: str
    version: int
    source: str
    template: StepTemplate
    stored_at: datetime
    stored_by: str

    @property
    def itself(self) -> LibraryVersion:
        """Which version it is."""
        return LibraryVersion(kind=self.kind, name=self.name, version=self.version)


class ListedText(BaseModel):
    """The latest version of a template or a snippet."""

    model_config = ConfigDict(frozen=True)

    kind: LibraryKind
    name: str
    version: int
    subject: str
    stored_at: datetime
    stored_by: str


def store_library_text(connection: Connection, file: LibraryFile, by: str, now: int) -> Stored:
    """Store a text as its next version; one that is as its latest version is not stored again."""
    store_attachments(connection, file.files)
    template = file.template.model_dump(mode="json")
    while True:
        latest = find_library_text(connection, file.kind, file.name)
        if latest is not None and (latest.source, latest.template) == (file.source, file.template):
            return Stored(latest.itself, Change.UNCHANGED)
        version = 1 if latest is None else latest.version + 1
        row = {
            "kind": file.kind,
            "name": file.name,
            "version": version,
            "source": file.source,
            "template": template,
            "stored_at": now,
            "stored_by": by,
        }
        if insert_new(connection, LibraryText, [row]):  # nobody else stored this version meanwhile
            stored = LibraryVersion(kind=file.kind, name=file.name, version=version)
            return Stored(stored, Change.ADDED if latest is None else Change.CHANGED)


def find_library_text(
    connection: Connection, kind: LibraryKind, name: str, version: int | None = None
) -> StoredText | None:
    """Return a version of a text, the latest where none is named."""
    rows = select(*LibraryText.__table__.columns).where(
        LibraryText.kind == kind, LibraryText.name == name
    )
    if version is not None:
        rows = rows.where(LibraryText.version == version)
    row = connection.execute(rows.order_by(LibraryText.version.desc()).limit(1)).first()
    return None if row is None else _stored(row)


def library_versions(connection: Connection, kind: LibraryKind, name: str) -> list[StoredText]:
    """Return every version of a text, the latest first."""
    rows = connection.execute(
        select(*LibraryText.__table__.columns)
        .where(LibraryText.kind == kind, LibraryText.name == name)
        .order_by(LibraryText.version.desc())
    )
    return [_stored(row) for row in rows]


def library_names(connection: Connection, kind: LibraryKind) -> list[str]:
    """Return the names of all templates, or of all snippets."""
    names = select(LibraryText.name).where(LibraryText.kind == kind, LibraryText.version == 1)
    return list(connection.scalars(names.order_by(LibraryText.name)))


def list_library(connection: Connection) -> list[ListedText]:
    """Return the latest version of every text, templates before snippets, by name."""
    latest = (
        select(LibraryText.kind, LibraryText.name, func.max(LibraryText.version).label("version"))
        .group_by(LibraryText.kind, LibraryText.name)
        .subquery()
    )
    rows = connection.execute(
        select(*LibraryText.__table__.columns)
        .join(
            latest,
            (LibraryText.kind == latest.c.kind)
            & (LibraryText.name == latest.c.name)
            & (LibraryText.version == latest.c.version),
        )
        .order_by(LibraryText.kind.desc(), LibraryText.name)
    )
    return [
        ListedText(
            kind=cast("LibraryKind", row.kind),
            name=row.name,
            version=row.version,
            subject=row.template["subject"],
            stored_at=moment(row.stored_at),
            stored_by=row.stored_by,
        )
        for row in rows
    ]


def _stored(row: Row[tuple[object, ...]]) -> StoredText:
    return StoredText(
        kind=row.kind,
        name=row.name,
        version=row.version,
        source=row.source,
        template=StepTemplate.model_validate(row.template),
        stored_at=moment(row.stored_at),
        stored_by=row.stored_by,
    )
