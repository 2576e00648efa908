"""Text messages, and some hundred other services, by Apprise.

People get text messages by the deployer's one service, whose address stands in the settings with ``{to}`` for the
number. A desk may have a service of its own (Slack, Matrix.org, Pushover): there its address is that of the service
alone. Apprise calls such an address itself, so none is taken that names a host: those are told by webhooks, whose
targets are checked and pinned. Redirects are not followed, and what Apprise logs, addresses among it, stays here.
"""

import logging
import re
import threading
from contextlib import suppress
from urllib.parse import quote

import apprise
from apprise import NotifyBase

from backend.dispatch.channels import SEND_WITHIN_S, Message, Outcome
from backend.dispatch.rules import Result

# Answers that say "not like this"; 401 and 403 are about our settings, and a later try succeeds.
NEVER = frozenset({400, 404, 405, 410, 413, 414, 415, 422})
CONNECT_S, READ_S = 2.5, SEND_WITHIN_S - 3.0
_CODE = re.compile(r"error[=:]\s*(\d{3})")
_UNREACHED = re.compile("connection error", re.IGNORECASE)
# These write to the machine itself, or run what is found on it.
LOCAL = frozenset({"dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows", "rsyslog"})


class ServiceRefused(ValueError):
    """The address is none that Apprise knows, or one of those that are not called."""


class _Heard(logging.Handler):
    """What Apprise says while it sends, kept for the thread that sends and for nobody else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.of = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        self.of.said = getattr(self.of, "said", "") + record.getMessage() + "\n"


_heard = _Heard()


def _listen() -> None:
    """Keep Apprise's log to ourselves: it quotes numbers and addresses."""
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [_heard], False
    logger.setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it writes every address that is called


def outcome_of(went: bool | None, said: str) -> Outcome:
    """The code table: that a service took a message says nothing of anybody having it.

    ``went`` None: Apprise had nobody to send it to. ``said`` is its log, where it quotes the status of the answer.
    """
    if went:
        return Outcome(Result.HANDED_OVER, "accepted")
    if went is None:
        return Outcome(Result.NEVER, "bad-address")
    if found := _CODE.search(said):
        status = int(found[1])
        return Outcome(Result.NEVER if status in NEVER else Result.RETRY, str(status))
    return Outcome(Result.RETRY, "unreachable" if _UNREACHED.search(said) else "refused")


def service_of(url: str, *, allow_hosts: bool) -> NotifyBase:
    """The service of an address, with short time limits and without redirects. Raises ServiceRefused."""
    _listen()
    # Apprise takes the first of two values: ours stand before whatever the address says.
    address, _, asked = url.partition("?")
    found = apprise.Apprise.instantiate(
        f"{address}?cto={CONNECT_S}&rto={READ_S}&redirect=no" + (f"&{asked}" if asked else "")
    )
    if not isinstance(found, NotifyBase):
        raise ServiceRefused("unknown")
    found.socket_connect_timeout, found.socket_read_timeout, found.redirects = CONNECT_S, READ_S, False
    if url.partition("://")[0].lower() in LOCAL or (not allow_hosts and names_host(found)):
        raise ServiceRefused("names-a-host")
    return found


def names_host(service: NotifyBase) -> bool:
    """Whether such an address may say which machine is called."""
    templates: tuple[str, ...] = service.templates
    return any("{host" in template for template in templates)


def kind_of(service: NotifyBase) -> str:
    """The service's name, as it calls itself."""
    return str(service.service_name)


def _send(service: NotifyBase, *, title: str, body: str) -> Outcome:
    _heard.of.said = ""
    try:
        went = service.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
    except TypeError:  # what cannot be sent at all
        went = None
    return outcome_of(went, _heard.of.said)


class Sms:
    """The deployer's service for text messages; each goes to the number of one person."""

    def __init__(self, url: str) -> None:
        self._url = url
        with suppress(ServiceRefused):  # Apprise reads what it knows at the first address, which takes its time
            service_of(url, allow_hosts=True)

    def send(self, message: Message) -> Outcome:
        """Hand one text message over: the subject and where to read on, because such a message is short."""
        try:
            service = service_of(self._url.replace("{to}", quote(message.address, safe="")), allow_hosts=True)
        except ServiceRefused:
            return Outcome(Result.NEVER, "bad-address")
        link = str(message.payload.get("data", {}).get("url", ""))
        return _send(service, title="", body=f"{message.subject}\n{link}".strip())


class Service:
    """Services of desks. ``allow_hosts`` lets tests call this machine."""

    def __init__(self, *, allow_hosts: bool = False) -> None:
        self._allow_hosts = allow_hosts

    def send(self, message: Message) -> Outcome:
        """Hand one message over."""
        try:
            service = service_of(message.address, allow_hosts=self._allow_hosts)
        except ServiceRefused as refused:
            return Outcome(Result.NEVER, str(refused))
        return _send(service, title=message.subject, body=message.body)
