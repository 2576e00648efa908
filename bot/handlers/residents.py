"""Calls of residents: reports, photos and voice notes, and what their receipts open."""

import asyncio
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.api_client import Refused
from bot.effects import Forget, KeepPhoto, KeepVoice, LetWrite, ListReports, Locate, OpenReport, SendReport, Tell
from bot.handlers.context import Context, FileLost, carries, outcome, said_no
from bot.inputs import Said
from bot.wording import say, span, span_to

# What people write or hear for another character of a receipt (Crockford's base32).
HEARD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
SHOWN_MESSAGES = 4
SHOWN_CHARACTERS = 600
LISTED = 10


def normal_form(said: str) -> str:
    """A receipt in groups of four, however it was typed."""
    signs = unicodedata.normalize("NFKC", said).upper()
    code = "".join(sign for sign in signs if sign.isalnum()).translate(HEARD)
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


@carries(SendReport)
async def send_report(context: Context, effect: SendReport) -> Said:
    """Send it; once, however often it is sent, because the draft's id goes with it."""
    body = dict(effect.body)
    if effect.news:
        body["contact"] = {"telegram": str(context.chat), "consent": True}
    try:
        told = await context.api.call("POST", "reports", body, language=context.language)
    except Refused as refused:
        return said_no(refused)
    emergency = told.get("emergency") or {}
    return outcome(
        "report_sent",
        {
            "receipt": told["receipt"], "owner": told["owner"]["label"], "news": effect.news,
            "span": _due(told.get("next_update_by"), context),
            "number": emergency.get("number"), "advice": emergency.get("advice", ""),
        },
    )  # fmt: skip


def _due(moment: str | None, context: Context) -> str:
    return span_to(moment, context.now, context.language) if moment else span(0, context.language)


@carries(KeepPhoto)
async def keep_photo(context: Context, effect: KeepPhoto) -> Said:
    """From Telegram to the API, which takes time and place out of it."""
    return await _keep(context, effect.file_id, "photos", "photo", effect.caption)


@carries(KeepVoice)
async def keep_voice(context: Context, effect: KeepVoice) -> Said:
    """From Telegram to the API, as it is."""
    return await _keep(context, effect.file_id, "voice", "voice", effect.caption)


async def _keep(context: Context, file_id: str, path: str, name: str, caption: str) -> Said:
    try:
        raw = await context.files.fetch(file_id)
    except FileLost:
        return outcome("refused", {"code": "file-lost", "words": say(context.language, "file.lost")})
    try:
        told = await context.api.upload(path, name, raw, language=context.language, key=context.next_key())
    except Refused as refused:
        return said_no(refused)
    return outcome(f"{name}_kept", {"id": str(told["id"]), "caption": caption})


@carries(ListReports)
async def list_reports(context: Context, effect: ListReports) -> Said:
    """How each of them stands; one that the server no longer has leaves the list."""
    wanted = effect.receipts[:LISTED]
    found = await asyncio.gather(*(_look(context, receipt) for receipt in wanted))
    items = [
        {
            "receipt": receipt, "status": one["status_words"],
            "ago": span_to(one["received_at"], context.now, context.language),
        }
        for receipt, one in zip(wanted, found, strict=True)
        if one
    ]  # fmt: skip
    gone = [receipt for receipt, one in zip(wanted, found, strict=True) if one is None]
    return outcome("mine", {"items": items, "gone": gone})


async def _look(context: Context, receipt: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = await context.with_receipt("GET", "receipt", receipt)
    except Refused as refused:
        if refused.code == "wrong-receipt":
            return None
        raise
    return found


@carries(OpenReport)
async def open_report(context: Context, effect: OpenReport) -> Said:
    """One report, in words, and no more than is true."""
    receipt = normal_form(effect.receipt)
    try:
        found = await context.with_receipt("GET", "receipt", receipt)
    except Refused as refused:
        return said_no(refused)
    is_aid = str(found.get("kind", "")).startswith("aid_")
    allowed = [
        *(("neighbours",) if is_aid else ()),
        *found["allowed"],
        *(() if "telegram" in found["reached_by"] else ("write_here",)),
    ]
    words = _in_words(context, found)
    return outcome("report", {"receipt": receipt, "status": found["status"], "words": words, "allowed": allowed})


def _in_words(context: Context, found: Mapping[str, Any]) -> str:
    language, now = context.language, context.now
    lines = [
        say(language, "report.head", status=found["status_words"]),
        say(language, "report.owner", owner=found["owner"]["label"]),
        *(f"• {one['words']}" for one in found["deliveries"] if one["at"]),
    ]
    if due := found.get("next_update_by"):
        is_late = _is_past(due, context)
        lines.append(say(language, "report.late" if is_late else "report.due", span=span_to(due, now, language)))
    for one in found["messages"][-SHOWN_MESSAGES:]:
        words = one["words"] if isinstance(one["words"], str) and one["words"] else say(language, "report.no_words")
        key = "report.from_me" if one["from"] == "me" else "report.from_linli"
        ago = span_to(one["at"], now, language)
        lines.append(say(language, key, ago=ago, words=words[:SHOWN_CHARACTERS]))
    return "\n".join(lines)


def _is_past(moment: str, context: Context) -> bool:
    return datetime.fromisoformat(moment) < context.now


@carries(Tell)
async def tell(context: Context, effect: Tell) -> Said:
    """An act of the resident. One that was done before and whose answer was lost is done."""
    try:
        await context.with_receipt("POST", f"receipt/{effect.act}", effect.receipt, dict(effect.body))
    except Refused as refused:
        if refused.code != "already-done":
            return said_no(refused)
    return outcome("told", {"act": effect.act})


@carries(Locate)
async def locate(context: Context, effect: Locate) -> Said:
    """Where the resident is now."""
    try:
        await context.with_receipt("POST", "receipt/location", effect.receipt, effect.spot.as_place())
    except Refused as refused:
        if refused.code != "already-done":
            return said_no(refused, "not_placed")
    return outcome("placed", {"live": effect.live})


@carries(LetWrite)
async def let_write(context: Context, effect: LetWrite) -> Said:
    """From now on this chat may be written to about the report."""
    contact = {"telegram": str(context.chat), "consent": True}
    try:
        await context.with_receipt("PUT", "receipt/contact", effect.receipt, contact)
    except Refused as refused:
        return said_no(refused)
    return outcome("may_write")


@carries(Forget)
async def forget(context: Context, effect: Forget) -> Said:
    """Take this chat out of each report, and end its link; what is gone already is forgotten too."""
    for receipt in effect.receipts:
        try:
            await context.with_receipt("DELETE", "receipt/contact", receipt)
        except Refused as refused:
            if refused.code != "wrong-receipt":
                return said_no(refused)
    await end_link(context)
    return outcome("forgotten")


async def end_link(context: Context) -> None:
    """End the link of this chat, if it has one."""
    context.sessions.drop(context.chat)
    try:
        await context.api.as_bot("POST", "links/end", {"chat": str(context.chat)}, language=context.language)
    except Refused as refused:
        if refused.status != 404:
            raise
