"""Every table, in one import: for migrations and for tests."""

import backend.aid.models
import backend.areas.models
import backend.console.models
import backend.conversations.models
import backend.dispatch.models
import backend.incidents.models
import backend.intake.models
import backend.kernel.idempotency
import backend.kernel.journal
import backend.kernel.pulse
import backend.kernel.sealed
import backend.kernel.versions
import backend.organisations.models
import backend.organisations.swap_model
import backend.policy.models
import backend.rights.models
import backend.sharing.models
import backend.trust.glass.models
import backend.trust.models
import backend.trust.throttle
from backend.kernel.database import Base

metadata = Base.metadata

__all__ = ["backend", "metadata"]
