"""The ledger's tables. Instants are milliseconds since the epoch, UTC.

The messages are the charges: a message's `charge_at` is the time at which it counts against
every limit it falls under, so that quota and outcome can never disagree.
"""

from postroad.ledger.tables.api import ApiToken, IdempotencyKey
from postroad.ledger.tables.base import Base
from postroad.ledger.tables.campaigns import (
    Attachment,
    AudienceChunk,
    Campaign,
    Rejection,
    Step,
    StepText,
    StepVariant,
)
from postroad.ledger.tables.channels import (
    Channel,
    ConnectionLease,
    DomainHealth,
    HandSent,
    Mailbox,
    SenderIdentity,
)
from postroad.ledger.tables.console import (
    AuditEntry,
    ConsoleSession,
    ConsoleUser,
    SignInAttempt,
)
from postroad.ledger.tables.library import LibraryText
from postroad.ledger.tables.messages import Event, Message, Outcome, ReturnedTry
from postroad.ledger.tables.organisation import Organisation, Sender, Suppression
from postroad.ledger.tables.people import Enrollment, Pause, Sequence
from postroad.ledger.tables.quota import QuotaScope, QuotaShare, QuotaTurn
from postroad.ledger.tables.tasks import OwnText, Task
from postroad.ledger.tables.visits import Visit
from postroad.ledger.tables.webhooks import Webhook

__all__ = [
    "ApiToken",
    "Attachment",
    "AudienceChunk",
    "AuditEntry",
    "Base",
    "Campaign",
    "Channel",
    "ConnectionLease",
    "ConsoleSession",
    "ConsoleUser",
    "DomainHealth",
    "Enrollment",
    "Event",
    "HandSent",
    "IdempotencyKey",
    "LibraryText",
    "Mailbox",
    "Message",
    "Organisation",
    "Outcome",
    "OwnText",
    "Pause",
    "QuotaScope",
    "QuotaShare",
    "QuotaTurn",
    "Rejection",
    "ReturnedTry",
    "Sender",
    "SenderIdentity",
    "Sequence",
    "SignInAttempt",
    "Step",
    "StepText",
    "StepVariant",
    "Suppression",
    "Task",
    "Visit",
    "Webhook",
]
