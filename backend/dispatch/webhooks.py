"""Where a body's own system is told: added by its administrators, signed with a secret that is shown once."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.models import Webhook
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, record
from backend.kernel.problems import NotFound, Refusal
from backend.kernel.sealed import Keyring, RecordKey, Seal
from backend.kernel.versions import bump
from backend.organisations.models import Organisation

SECRET_BYTES = 24  # Standard Webhooks: between 24 and 64 bytes


class UnusableTarget(Refusal):
    """The address is none that a webhook can be sent to."""

    code, status = "unusable-target", 422
    title = {"en": "A webhook needs an https address", "zh": "Webhook需要https地址"}
    advice = {
        "en": "Use an address of the public internet, without a user name in it.",
        "zh": "请使用公网地址，且不含用户名。",
    }


def add_webhook(
    session: Session, *, organisation_id: UUID, url: str, private_allowed: bool, ring: Keyring, now: datetime
) -> tuple[Webhook, str]:
    """Tell a body's system from now on; returns the webhook and its secret, which is shown this once."""
    if session.get(Organisation, organisation_id) is None:
        raise NotFound()
    parts = urlsplit(url)
    if (
        parts.scheme not in ({"https", "http"} if private_allowed else {"https"})
        or not parts.hostname
        or parts.username
    ):
        raise UnusableTarget()
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    seal = Seal.fresh(new_id())
    sealed_url, sealed_secret = seal.close("url", url), seal.close("secret", secret)
    assert sealed_url
    assert sealed_secret
    hook = Webhook(id=seal.record_id, org_id=organisation_id, url=sealed_url, secret=sealed_secret, created_at=now)
    session.add_all((RecordKey(**seal.row(ring, now)), hook))
    _changed(session, organisation_id, "WebhookAdded", hook.id, now=now)
    return hook, secret


def end_webhook(session: Session, webhook_id: UUID, *, now: datetime) -> None:
    """Tell a system no more. Raises NotFound."""
    hook = session.get(Webhook, webhook_id)
    if hook is None or hook.ended_at:
        raise NotFound()
    hook.ended_at = now
    _changed(session, hook.org_id, "WebhookEnded", hook.id, now=now)


def webhooks_of(session: Session, organisation_id: UUID) -> Sequence[Webhook]:
    """The webhooks of a body that are in force."""
    query = select(Webhook).where(Webhook.org_id == organisation_id, Webhook.ended_at.is_(None))
    return session.scalars(query.order_by(Webhook.created_at)).all()


def _changed(session: Session, organisation_id: UUID, fact: str, webhook_id: UUID, *, now: datetime) -> None:
    bump(session, "webhooks")
    record(session, f"organisation:{organisation_id}", [Fact(fact, {"webhook_id": webhook_id})], now=now)
