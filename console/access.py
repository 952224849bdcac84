"""Who looks at a page, and what they may see and do."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.requests import HTTPConnection

from postroad.ledger.users import Role


class Permission(StrEnum):
    """What a page or an action asks for."""

    LOOK = "look"
    """Everybody who is signed in; reps see their own people only."""
    ACT = "act"
    """What is done for single people; reps do it for their own ones only."""
    STEER = "steer"
    """Campaigns and people of the whole team."""
    ADMINISTER = "administer"
    """Channels, suppressions, users, the audit log."""


_MAY = {
    Role.REP: {Permission.LOOK, Permission.ACT},
    Role.MANAGER: {Permission.LOOK, Permission.ACT, Permission.STEER},
    Role.ADMIN: set(Permission),
}


def may(role: Role, permission: str) -> bool:
    """Whether a role has a permission."""
    return permission in _MAY[role]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who is signed in."""

    email: str
    role: Role
    csrf_token: str
    """What their forms must carry."""

    def may(self, permission: str) -> bool:
        """Whether a page or an action is theirs to use."""
        return may(self.role, permission)

    @property
    def sender(self) -> str | None:
        """The only sender whose people they see; None for all."""
        return self.email if self.role is Role.REP else None


def viewer_of(connection: HTTPConnection) -> Viewer:
    """Return who is signed in; only routes behind the sign-in have somebody."""
    viewer: Viewer = connection.state.viewer
    return viewer
