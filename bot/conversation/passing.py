"""What is passed on to those who handle a report: of one that is open, and of an SOS that is on."""

from bot.effects import Effect, KeepPhoto, KeepVoice, Tell
from bot.inputs import Kind, Said


def passing_on(receipt: str, said: Said) -> tuple[Effect, ...]:
    """Words go at once; a photo or a voice note is kept first, and goes with what came of that."""
    effects: dict[Kind, Effect] = {
        Kind.TEXT: Tell(receipt, "messages", {"text": said.value}),
        Kind.PHOTO: KeepPhoto(said.value, said.words),
        Kind.VOICE: KeepVoice(said.value, said.words),
    }
    return (effects[said.kind],)


def passing_on_kept(receipt: str, said: Said) -> tuple[Effect, ...]:
    """A photo or voice note was kept: pass it on, with the words that came with it."""
    name = "photo_ids" if said.value == "photo_kept" else "voice_ids"
    body = {name: [said.data["id"]]} | ({"text": said.data["caption"]} if said.data.get("caption") else {})
    return (Tell(receipt, "messages", body),)
