"""The limits in force: a channel's own, its throttle, the organisation's, the recipients'."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, select, true

from postroad.channels.kinds import MAILBOX_KINDS
from postroad.ledger.tables import Channel, Organisation
from postroad.quota.caps import NO_CAPS, Caps
from postroad.quota.keep_free import USUAL_SHARE
from postroad.quota.limits import Limit, Throttle
from postroad.quota.scope import tolerance_for
from postroad.quota.spacing import Spacing
from postroad.quota.warm_up import WarmUp

_LIMITS = TypeAdapter(list[Limit])
_CAP: TypeAdapter[Limit | None] = TypeAdapter(Limit | None)


@dataclass(frozen=True, slots=True)
class LimitsInForce:
    """Every limit that a message on one channel may fall under."""

    connections: int = 1
    """How many messages the channel carries at once."""
    channel: list[Limit] = field(default_factory=list[Limit])
    spacing: Spacing | None = None
    """The pauses between the channel's messages."""
    keep_free: float = USUAL_SHARE
    """Share of the channel's long limits that only single mails may use."""
    organisation: list[Limit] = field(default_factory=list[Limit])
    domains: dict[str, list[Limit]] = field(default_factory=dict[str, list[Limit]])
    caps: Caps = NO_CAPS
    """On what each person, recipient domain and company gets."""

    @property
    def tolerance(self) -> int:
        """How long after its slot a message may leave, in milliseconds."""
        return tolerance_for(
            [*self.channel, *self.organisation, *(x for d in self.domains.values() for x in d)]
        )


@dataclass(frozen=True, slots=True)
class Described:
    """What the workspace file says of a channel, and of the organisation around it."""

    kind: str
    settings: Mapping[str, Any]
    organisation: Mapping[str, Any]


def described(connection: Connection, channel: str) -> Described:
    """Read a channel's description, and the organisation's, at once: every wave asks for it."""
    row = connection.execute(
        select(Channel.kind, Channel.settings, Organisation.settings.label("organisation"))
        .select_from(Channel)
        .outerjoin(Organisation, true())
        .where(Channel.id == channel)
    ).one()
    return Described(row.kind, row.settings, row.organisation or {})


def limits_in_force(of: Described) -> LimitsInForce:
    """Return the limits for messages on a channel."""
    domains = of.organisation.get("recipient_domains") or {}
    spacing = _spacing(of)
    return LimitsInForce(
        connections=of.settings.get("connections") or 1,
        channel=_LIMITS.validate_python(of.settings.get("limits") or [])
        + _throttle(of.kind, of.settings.get("throttle"), of.organisation.get("throttle"))
        + ([] if spacing is None else [spacing.as_limit()])
        + _warm_up(of.settings.get("warm_up")),
        spacing=spacing,
        keep_free=_keep_free(of),
        organisation=_LIMITS.validate_python(of.organisation.get("limits") or []),
        domains={domain: _LIMITS.validate_python(limits) for domain, limits in domains.items()},
        caps=_caps(of.organisation),
    )


def caps_in_force(connection: Connection) -> Caps:
    """Return the organisation's caps."""
    return _caps(connection.scalar(select(Organisation.settings)) or {})


def _caps(organisation: Mapping[str, Any]) -> Caps:
    return Caps(
        person=_CAP.validate_python(organisation.get("per_person")),
        domain=_CAP.validate_python(organisation.get("per_recipient_domain")),
        company=_CAP.validate_python(organisation.get("per_company")),
        named=frozenset(organisation.get("recipient_domains") or ()),
    )


def _throttle(kind: str, own: Any, of_organisation: Any) -> list[Limit]:  # noqa: ANN401
    if own in (None, "inherit"):
        own = of_organisation if own == "inherit" or kind in MAILBOX_KINDS else None
    if own in (None, "none"):
        return []
    return [Throttle.model_validate(own).as_limit()]


def _warm_up(described: Any) -> list[Limit]:  # noqa: ANN401
    return [] if described is None else [WarmUp.model_validate(described).as_limit()]


def _keep_free(of: Described) -> float:
    own = of.settings.get("keep_free")
    if own is None:
        own = of.organisation.get("keep_free")
    return USUAL_SHARE if own is None else float(own)


def _spacing(of: Described) -> Spacing | None:
    own = of.settings.get("spacing")
    if own is None and of.kind in MAILBOX_KINDS:
        own = of.organisation.get("spacing")
    return None if own in (None, "none") else Spacing.model_validate(own)
