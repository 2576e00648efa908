"""Sending: a worker claims a delivery, sends it, and records the outcome while its lease holds.

The claim is committed before anything leaves, so no transaction is open during a send. A worker that dies loses its
lease and another sends again, with the same message id; one that was only slow finds that the fence has moved and
records its try, but not the outcome.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from backend.dispatch.channels import Channel, ChannelFailed, Message, Outcome, open_channels, switched_on
from backend.dispatch.gateway import SEND, DispatchGateway, delivery_row, people_of
from backend.dispatch.models import OPEN_OFFER_STATES, Delivery, Webhook
from backend.dispatch.rules import (
    ABOUT_OPEN_OFFERS,
    IN_APP_ONLY,
    SENDING,
    TO_VOLUNTEERS,
    Audience,
    Contact,
    Envelope,
    Result,
    SafeContact,
    Settled,
    Verdict,
    contact_of,
    judge,
    next_channel,
    safe_contact_of,
    settle,
)
from backend.dispatch.wording import FOR_RESIDENTS, link_of, words_of
from backend.incidents.models import Incident, Report
from backend.kernel.clock import Clock
from backend.kernel.database import SYSTEM, act_as, connection_of, db, insert_all
from backend.kernel.jobs import ON_STOP, QUEUES, SWEEPS, TASKS, Sweep, defer_rows
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.logs import log, where_it_broke
from backend.kernel.outbox import Notice, announce, wire_gateway
from backend.kernel.sealed import Unreadable, seal_of
from backend.organisations.directory import TOP_DESK_ID
from backend.organisations.models import Desk, Person
from backend.settings import Settings

LEASE = timedelta(seconds=30)
# How often a worker that cannot record an outcome tries again, a second apart, before the lease decides.
RECORD_TRIES = 10
