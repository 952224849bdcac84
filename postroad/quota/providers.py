"""Limits that providers set over several mailboxes at once."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from postroad.quota.limits import Limit

GOOGLE_PROJECT = Limit(messages=12_000, per=timedelta(minutes=1))
"""developers.google.com/workspace/gmail/api/reference/quota: 1,200,000 units a minute and project,
of which a send costs 100."""

_A_DAY = timedelta(days=1)
_EXTERNAL_ON_TRIAL = 5_000


class Tenant(BaseModel):
    """What an organisation knows of its Exchange Online tenant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    licences: int | None = Field(default=None, ge=1)
    """Exchange Online licences; None counts the mailboxes that are connected."""
    trial: bool = False
    domains: list[str] = []
    """Its accepted domains beside those of the connected mailboxes: mail to them is internal."""
    limits: list[Limit] | None = None
    """On external recipients, in place of what the number of licences allows."""

    def external_limits(self, mailboxes: int) -> list[Limit]:
        """Return the limits on external recipients, over all of its mailboxes.

        The tenant external recipient rate limit (TERRL) of Exchange Online is
        500 x licences^0.7 + 9,500 in 24 hours, and 5,000 for a trial.

        Args:
            mailboxes: how many are connected.
        """
        if self.limits is not None:
            return self.limits
        if self.trial:
            return [Limit(messages=_EXTERNAL_ON_TRIAL, per=_A_DAY)]
        licences = self.licences or max(mailboxes, 1)
        return [Limit(messages=int(500 * licences**0.7 + 9_500), per=_A_DAY)]


def google_project(client_id: str) -> str:
    """Return the project that an OAuth client belongs to: the number that its id begins with."""
    return client_id.partition("-")[0]
