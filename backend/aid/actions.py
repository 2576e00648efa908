"""Answering a listing, and what the two sides of a match do. None of it moves who answers for their incidents (INV-1).

Each act is noted in the journal of both incidents, whose rows are locked in one order, so that desks see it and two
neighbours who act at the same moment do not wait for each other forever.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from backend.aid import board, checking, relisting
from backend.aid.models import AidListing, AidMatch, AidMessage
from backend.aid.refusals import AnswerRefused, MatchRefused, NoSuchListing, NoSuchMatch, TooManyAnswers
from backend.aid.rules import (
    BOTH,
    MESSAGES_MOST,
    OPEN_ANSWERS_MOST,
    SIDE_OF_KIND,
    Barred,
    Moved,
    Said,
    Side,
    Standing,
    allowed,
    by_act,
    may_write,
    moved,
    unfit,
)
from backend.aid.states import OPEN, Act, State
from backend.incidents.models import Incident, Report
from backend.incidents.ownership import chain_of, first_receiver, locked
from backend.incidents.telling import tell_desks
from backend.intake import thread
from backend.intake.thread import Mine
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring, RecordKey, Seal

# What the journals of both incidents say of each act.
FACTS = {
    Act.ACCEPT: "AidMatchAccepted", Act.DECLINE: "AidAnswerDeclined", Act.BEGIN: "AidMatchBegan",
    Act.CONFIRM: "AidHelpConfirmed", Act.FINISH: "AidMatchDone", Act.FAIL: "AidMatchFailed",
    Act.CANCEL: "AidMatchCancelled", Act.LAPSE: "AidMatchLapsed", Act.WORRY: "AidMatchFrozen",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """A match with its two reports and their incidents, locked; ``side`` is whose receipt was shown."""

    match: AidMatch
    side: Side
    reports: dict[Side, Report]
    incidents: dict[Side, Incident]

    @property
    def standing(self) -> Standing:
        """Where the match stands."""
        return standing_of(self.match)


def standing_of(match: AidMatch) -> Standing:
    """A stored match as the rules see it."""
    accepted = {Side.REQUEST: match.request_accepted_at, Side.OFFER: match.offer_accepted_at}
    done = {Side.REQUEST: match.request_done_at, Side.OFFER: match.offer_done_at}
    shares = {Side.REQUEST: match.request_shares_at, Side.OFFER: match.offer_shares_at}
    went = {Side.REQUEST: match.request_went, Side.OFFER: match.offer_went}
    return Standing(
        State(match.state),
        *(frozenset(side for side, said in each.items() if said) for each in (accepted, done, shares, went)),
    )


def answer(session: Session, mine: Mine, listing_id: UUID, words: str | None, *, now: datetime) -> None:
    """Answer a listing with an own report: a match is proposed, and this side has said yes.

    ``words`` are sealed and shown to the other only when both have said yes. Raises NoSuchListing, AnswerRefused,
    TooManyAnswers.
    """
    found = session.get(AidListing, listing_id)
    if found is None:
        raise NoSuchListing()
    theirs = session.get_one(Report, found.report_id)
    incidents = _locked(session, (mine.report, theirs))
    listing = board.standing(session, listing_id, now=now)
    if listing is None:
        raise NoSuchListing()
    own = incidents[mine.report.incident_id]
    side = _side_to_answer(session, mine.report, own, listing, theirs)
    _check_limit(session, mine.report)
    both = {side: mine.report, side.other: theirs}
    match = AidMatch(
        id=new_id(), listing_id=listing.id, request_report_id=both[Side.REQUEST].id,
        offer_report_id=both[Side.OFFER].id, state=State.TENTATIVE, answered_by=side, answered_at=now, moved_at=now,
    )  # fmt: skip
    session.add(match)
    session.flush()
    pair = Pair(match, side, both, {one: incidents[report.incident_id] for one, report in both.items()})
    said = moved(pair.standing, Said.ACCEPT, side)
    assert isinstance(said, Moved)
    _move(session, pair, said, fact="AidAnswered", now=now)
    if words and words.strip():
        _keep(session, pair, words, ring=mine.ring, now=now)
    _tell(session, pair, "reporter_aid_answered", now=now)


def _side_to_answer(
    session: Session, report: Report, incident: Incident, listing: AidListing, theirs: Report
) -> Side:  # fmt: skip
    """The side from which ``report`` answers. Raises AnswerRefused."""
    if reason := unfit(board.fitness_of(session, report, incident)):
        raise AnswerRefused(reason)
    if session.scalar(select(Report.id).where(Report.id == report.id, board.doubted().exists())):
        raise AnswerRefused("with_a_person")
    side = SIDE_OF_KIND[report.kind]
    if report.id == theirs.id or (report.source is not None and report.source == theirs.source):
        raise AnswerRefused("own")
    if side == listing.direction:
        raise AnswerRefused("same_direction")
    if incident.category != listing.category:
        raise AnswerRefused("other_need")
    request, offer = (report, theirs) if side is Side.REQUEST else (theirs, report)
    before = select(AidMatch.id).where(AidMatch.request_report_id == request.id, AidMatch.offer_report_id == offer.id)
    if session.scalar(before):
        raise AnswerRefused("answered")
    return side


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:source, 0))")


def _check_limit(session: Session, report: Report) -> None:
    """At most so many open answers of one source. Whoever left no address is counted by the report."""
    whose = Report.source == report.source if report.source is not None else Report.id == report.id
    session.execute(_ONE_AT_A_TIME, {"source": (report.source or report.id.bytes).hex()})
    answering = or_(
        (AidMatch.answered_by == Side.REQUEST) & (AidMatch.request_report_id == Report.id),
        (AidMatch.answered_by == Side.OFFER) & (AidMatch.offer_report_id == Report.id),
    )
    query = select(func.count()).select_from(AidMatch).join(Report, answering)
    if (session.scalar(query.where(whose, AidMatch.state.in_(OPEN))) or 0) >= OPEN_ANSWERS_MOST:
        raise TooManyAnswers()


def pair_of(session: Session, mine: Mine, match_id: UUID) -> Pair:
    """A match of the own report, locked. Raises NoSuchMatch, also for one between others."""
    match = session.get(AidMatch, match_id)
    if match is None or mine.report.id not in {match.request_report_id, match.offer_report_id}:
        raise NoSuchMatch()
    side = Side.REQUEST if match.request_report_id == mine.report.id else Side.OFFER
    return locked_pair(session, match, side)


def locked_pair(session: Session, match: AidMatch, side: Side) -> Pair:
    """A match with both incidents, as they are once nobody else can move them."""
    reports = {
        Side.REQUEST: session.get_one(Report, match.request_report_id),
        Side.OFFER: session.get_one(Report, match.offer_report_id),
    }
    incidents = _locked(session, tuple(reports.values()))
    session.refresh(match, with_for_update=True)
    return Pair(match, side, reports, {one: incidents[report.incident_id] for one, report in reports.items()})


def _locked(session: Session, reports: tuple[Report, ...]) -> dict[UUID, Incident]:
    return {one: locked(session, one) for one in sorted({report.incident_id for report in reports})}


# What the other side is told of each act; of a first yes to a suggestion of ours nobody need be told yet.
TEMPLATES = {
    Act.DECLINE: "reporter_aid_over", Act.CONFIRM: "reporter_aid_done", Act.FINISH: "reporter_aid_done",
    Act.FAIL: "reporter_aid_over", Act.CANCEL: "reporter_aid_over", Act.LAPSE: "reporter_aid_over",
    Act.WORRY: "reporter_aid_paused",
}  # fmt: skip


def say(session: Session, mine: Mine, match_id: UUID, said: Said, *, now: datetime) -> None:
    """One side accepts, declines, cancels, or says that it is done or failed. Raises NoSuchMatch, MatchRefused."""
    pair = pair_of(session, mine, match_id)
    what = moved(pair.standing, said, pair.side)
    if isinstance(what, Barred):
        raise refused(pair, what)
    if what.act is Act.ACCEPT and (bar := checking.barred(session, pair.match, now=now)):
        raise refused(pair, bar)
    _move(session, pair, what, now=now)
    if what.act is Act.ACCEPT:
        is_both = what.standing.accepted == BOTH
        _tell(session, pair, "reporter_aid_accepted" if is_both else "reporter_aid_answered", now=now)
    else:
        _tell(session, pair, TEMPLATES[what.act], now=now)
    if what.act is Act.FINISH:
        # Both say so: that proposes the goals as met. A person looks at them and closes (R27).
        for incident in {one.id: one for one in pair.incidents.values()}.values():
            tell_desks(session, incident, "aid_done", [incident.owner_desk_id], now=now)


def worry(session: Session, mine: Mine, match_id: UUID, words: str | None, *, now: datetime) -> None:
    """Any worry freezes the match (R19). The desks are told; the words go to them alone. Raises as ``say``."""
    pair = pair_of(session, mine, match_id)
    what = moved(pair.standing, Said.WORRY, pair.side)
    if isinstance(what, Barred):
        raise refused(pair, what)
    pair.match.worried = pair.side
    _move(session, pair, what, now=now)
    _tell(session, pair, TEMPLATES[Act.WORRY], now=now)
    for incident in {one.id: one for one in pair.incidents.values()}.values():
        # Who answers, and the desk of the place beside it: an owner may be a person or a body far away.
        coordinator = first_receiver(session, chain_of(incident), now=now).desk_id
        tell_desks(session, incident, "aid_worry", [incident.owner_desk_id, coordinator], now=now)
    if words and words.strip():
        thread.add_message(session, mine, words, now=now)


def write(session: Session, mine: Mine, match_id: UUID, words: str, *, now: datetime) -> None:
    """Write to the other side, once both have said yes; the first message begins the work. Raises as ``say``."""
    pair = pair_of(session, mine, match_id)
    if not may_write(pair.standing):
        both_said_yes = Barred("not-both", "You can write once both have said yes.", "双方都同意后才能留言。")
        over = Barred("over", "Nothing more can be written here.", "这里不能再留言。")
        raise refused(pair, over if pair.standing.accepted == BOTH else both_said_yes)
    written = session.scalar(select(func.count()).select_from(AidMessage).where(AidMessage.match_id == match_id)) or 0
    if written >= MESSAGES_MOST:
        raise refused(pair, Barred("too-many", "There are too many messages here.", "这里的留言太多了。"))
    if pair.match.state == State.ACCEPTED:
        begun = by_act(pair.standing, Act.BEGIN)
        assert isinstance(begun, Moved)
        _move(session, pair, begun, now=now)
    _keep(session, pair, words, ring=mine.ring, now=now)
    pair.match.asked_at, pair.match.handed_at = None, None
    _tell(session, pair, "reporter_aid_message", now=now)


def lapse(session: Session, match: AidMatch, *, over: Side | None, now: datetime) -> None:
    """An open match ends. ``over``: whose report is over or off the board, so that the other is told; None: its time is."""
    pair = locked_pair(session, match, over or Side.REQUEST)
    what = by_act(pair.standing, Act.LAPSE)
    if isinstance(what, Moved):
        _move(session, pair, what, now=now)
        if over:
            _tell(session, pair, TEMPLATES[Act.LAPSE], now=now)
        else:
            tell_both(session, pair, TEMPLATES[Act.LAPSE], now=now)


def refused(pair: Pair, barred: Barred) -> MatchRefused:
    """Why an act on a match is refused, with what may be done instead."""
    standing = pair.standing
    return MatchRefused(barred, state=standing.state, allowed=allowed(standing, pair.side))


def _move(session: Session, pair: Pair, what: Moved, *, fact: str | None = None, now: datetime) -> None:
    match, before, after = pair.match, State(pair.match.state), what.standing
    match.state, match.moved_at, match.asked_at, match.handed_at = after.state, now, None, None
    if Side.REQUEST in after.accepted:
        match.request_accepted_at = match.request_accepted_at or now
    if Side.OFFER in after.accepted:
        match.offer_accepted_at = match.offer_accepted_at or now
    if Side.REQUEST in after.done:
        match.request_done_at = match.request_done_at or now
    if Side.OFFER in after.done:
        match.offer_done_at = match.offer_done_at or now
    said = Fact(fact or FACTS[what.act], {"match_id": match.id, "side": pair.side, "state": after.state})
    for incident_id in sorted({one.id for one in pair.incidents.values()}):
        record(session, incident_stream(incident_id), [said], now=now)
    session.flush()
    relisting.follow(session, match, before, now=now)


def _keep(session: Session, pair: Pair, words: str, *, ring: Keyring, now: datetime) -> None:
    seal = Seal.fresh(new_id())
    session.add(RecordKey(**seal.row(ring, now)))
    session.add(
        AidMessage(
            id=seal.record_id, match_id=pair.match.id, side=pair.side, at=now,
            body=seal.close("body", words.strip()),
        )
    )  # fmt: skip
    session.flush()


def _tell(session: Session, pair: Pair, template: str, *, now: datetime) -> None:
    is_dropped = template == "reporter_aid_over" and pair.side is Side.OFFER and pair.standing.accepted == BOTH
    tell_side(session, pair, pair.side.other, "reporter_aid_again" if is_dropped else template, now=now)


def tell_both(session: Session, pair: Pair, template: str, *, now: datetime) -> None:
    """Tell both sides."""
    for side in Side:
        tell_side(session, pair, side, template, now=now)


def tell_side(session: Session, pair: Pair, side: Side, template: str, *, now: datetime) -> None:
    """Tell one side, unless it has taken its report back."""
    report = pair.reports[side]
    if report.withdrawn_at is None:
        announce(session, [Notice(template, report.incident_id, report_id=report.id)], now=now)
