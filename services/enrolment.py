"""A new account with its first role, in one act."""

from __future__ import annotations

from datetime import date, datetime

from models.access import Actor, Role
from models.accounts import User
from models.orgs import OrgUnit
from services.accounts import create_user, grant_role
from services.passwords import one_time_password
from services.transaction import transaction


@transaction
def enrol(
    org: OrgUnit,
    *,
    username: str,
    name: str,
    role: Role,
    valid_from: date,
    actor: Actor,
    at: datetime,
    valid_to: date | None = None,
    totp_required: bool = False,
    oidc_subject: str = "",
) -> tuple[User, str]:
    """Create an account with a role in an organisation; return it with its one-time password.

    The password is shown once, to be told to its owner, who must change it at the first sign-in. Raises what
    create_user and grant_role raise.
    """
    password = one_time_password()
    user = create_user(
        org, username=username, name=name, password=password, must_change_password=True,
        totp_required=totp_required, oidc_subject=oidc_subject, actor=actor, at=at,
    )  # fmt: skip
    grant_role(user, org=org, role=role, valid_from=valid_from, valid_to=valid_to, actor=actor, at=at)
    return user, password
