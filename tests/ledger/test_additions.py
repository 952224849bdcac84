"""More people are staged beside those a running campaign has already."""

from pathlib import Path

from sqlalchemy import insert, select, update

from postroad.campaign.audience import read_audience, unpack_rows
from postroad.campaign.template import StepTemplate
from postroad.ledger.additions import current_steps, stage_addition
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import AudienceChunk, Rejection, Step, StepText
from tests.ledger_rows import add_campaign


def _csv(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "more.csv"
    file.write_text("\n".join(("email,first_name", *rows)))
    return file


def test_chunks_are_numbered_on_from_those_that_were_staged(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.write() as connection:
        add_campaign(connection)
        connection.execute(insert(AudienceChunk).values(campaign_id="q4", number=6, rows=None))
    file = _csv(tmp_path, *(f"p{number}@x.test,P" for number in range(1_001)))
    addition = stage_addition(ledger, "q4", read_audience(file))
    assert (addition.chunks, addition.people, addition.rejected) == ([7, 8], 1_001, 0)
    with ledger.read() as connection:
        rows = connection.scalars(
            select(AudienceChunk.rows)
            .where(AudienceChunk.number > 6)
            .order_by(AudienceChunk.number)
        ).all()
    assert [len(unpack_rows(row)) for row in rows if row is not None] == [1_000, 1]


def test_rows_that_name_nobody_are_rejected_with_their_row(ledger: Ledger, tmp_path: Path) -> None:
    with ledger.write() as connection:
        add_campaign(connection)
    addition = stage_addition(ledger, "q4", read_audience(_csv(tmp_path, "nobody,N")))
    assert (addition.chunks, addition.people, addition.rejected) == ([], 0, 1)
    with ledger.read() as connection:
        rejection = connection.execute(
            select(Rejection.campaign_id, Rejection.row, Rejection.address, Rejection.reason)
        ).one()
    assert tuple(rejection) == ("q4", 2, "nobody", "malformed")


def test_the_current_text_of_each_step_counts(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_campaign(connection, steps=("intro",))
        for version in (1, 2):
            template = StepTemplate(subject=f"Version {version}", text="Hello")
            connection.execute(
                insert(StepText).values(
                    campaign_id="q4",
                    position=0,
                    version=version,
                    template=template.model_dump(mode="json"),
                )
            )
        connection.execute(update(Step).values(version=2))
        [step] = current_steps(connection, "q4")
    assert (step.id, step.template.subject) == ("intro", "Version 2")
