"""Who works for the same company, whom an answer may stop as well."""

import pytest
from sqlalchemy import select, update

from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.colleagues import colleagues_of
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import Enrollment
from tests.ledger_rows import add_campaign, add_channel, add_person, add_sender

COMPANIES = {
    "ada@granite.test": "granite foods",
    "bo@granite.example": "granite foods",
    "cai@gmail.com": "granite foods",
    "dee@granite.test": None,
    "eve@gmail.com": None,
    "fay@slate.test": "slate",
}


@pytest.fixture(autouse=True)
def _people(ledger: Ledger) -> None:
    with ledger.write() as connection:
        add_sender(connection)
        add_channel(connection)
        for campaign in ("q4", "q5"):
            add_campaign(connection, campaign)
        for address, company in COMPANIES.items():
            campaign = "q5" if address.startswith("cai") else "q4"
            add_person(connection, address, MessageState.PLANNED, campaign=campaign)
            same = update(Enrollment).where(Enrollment.address == address)
            connection.execute(same.values(company=company))


def _colleagues(ledger: Ledger, address: str, campaign: str | None = None) -> list[str]:
    with ledger.read() as connection:
        ids = [one for one, _, _ in colleagues_of(connection, address, campaign)]
        found = select(Enrollment.address).where(Enrollment.id.in_(ids)).order_by(Enrollment.id)
        return list(connection.scalars(found))


def test_colleagues_have_the_same_company_or_the_same_domain(ledger: Ledger) -> None:
    ada, bo, cai, dee, _, _ = COMPANIES
    assert _colleagues(ledger, ada) == [bo, cai, dee]
    assert _colleagues(ledger, ada, "q4") == [bo, dee]
    assert _colleagues(ledger, dee) == [ada]


def test_a_public_domain_makes_no_colleagues(ledger: Ledger) -> None:
    ada, bo, cai, _, eve, _ = COMPANIES
    assert _colleagues(ledger, cai) == [ada, bo]
    assert _colleagues(ledger, eve) == []


def test_who_is_written_to_no_more_is_no_colleague_to_stop(ledger: Ledger) -> None:
    ada, bo, cai, dee, _, _ = COMPANIES
    with ledger.write() as connection:
        ended = update(Enrollment).values(state=EnrollmentState.FINISHED)
        connection.execute(ended.where(Enrollment.address.in_([bo, cai])))
    assert _colleagues(ledger, ada) == [dee]
