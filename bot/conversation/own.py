"""What a person decides for this chat: language, privacy, forgetting, and the codes of an SOS."""

from dataclasses import replace

from bot.conversation.model import Codes, Conversation, On, Prompt, State, Step, Turn, going, plain, rows
from bot.conversation.sos import normal_form
from bot.effects import Button, Forget
from bot.inputs import Kind, Said
from bot.world import World

NAMES = {"en": "English", "zh": "中文"}
CODE_LEAST, CODE_MOST = 4, 40


def choose_language(conversation: Conversation, said: Said, _world: World) -> Turn:
    """From now on in this language; the keyboard too."""
    chosen = said.value.partition(":")[2]
    if chosen not in NAMES:
        return Turn(conversation)
    spoken = replace(conversation, language=chosen)
    return Turn(spoken.at(State.HOME), (spoken.say("language.chosen"),), menu=True)


def language_prompt(conversation: Conversation, world: World) -> Prompt:
    """Each language by its own name."""
    offered = [code for code in world.languages if code in NAMES]
    buttons = tuple((Button(NAMES[code], f"language:{code}"),) for code in offered)
    return Prompt(conversation.say("language.ask"), buttons)


def forget(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Erase this chat from everything."""
    return Turn(conversation, effects=(Forget(conversation.receipts),))


def forgotten(conversation: Conversation, _said: Said, _world: World) -> Turn:
    """Nothing is left but the language, for this one answer."""
    codes = "\n".join(conversation.receipts)
    line = conversation.say("forget.done", receipts=codes) if codes else conversation.say("forget.done_none")
    return Turn(Conversation(language=conversation.language), (line,), asks=False)


def set_code(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The code that ends an SOS."""
    code = normal_form(said.value)
    if not CODE_LEAST <= len(code) <= CODE_MOST:
        return Turn(conversation, (conversation.say("code.length", least=CODE_LEAST, most=CODE_MOST),), wipe=True)
    return Turn(conversation.at(State.DURESS, codes=Codes(code)), (conversation.say("code.kept"),), wipe=True)


def set_duress(conversation: Conversation, said: Said, _world: World) -> Turn:
    """The code that only seems to end it."""
    code = normal_form(said.value)
    held = conversation.codes
    if held is None or not CODE_LEAST <= len(code) <= CODE_MOST:
        return Turn(conversation, (conversation.say("code.length", least=CODE_LEAST, most=CODE_MOST),), wipe=True)
    if code == held.cancel:
        return Turn(conversation, (conversation.say("code.same"),), wipe=True)
    done = conversation.at(State.HOME, codes=replace(held, duress=code))
    return Turn(done, (conversation.say("code.done"),), wipe=True)


def code_prompt(conversation: Conversation, _world: World) -> Prompt:
    """What a code is for; and taking it away, where one is set."""
    names = ("code:off",) if conversation.codes else ()
    return Prompt(conversation.say("code.ask"), rows(conversation, *names))


STEPS = {
    State.LANGUAGE: Step(language_prompt, (On(Kind.BUTTON, choose_language, (State.HOME, State.LANGUAGE), "language:"),)),
    State.PRIVACY: Step(
        plain("privacy.text", "menu:forget", "menu:codes"),
        (),
    ),
    State.FORGET: Step(
        plain("forget.ask", "forget:yes"),
        (
            On(Kind.BUTTON, forget, (State.FORGET,), value="forget:yes"),
            On(Kind.OUTCOME, forgotten, (State.HOME,), value="forgotten"),
        ),
        back=State.PRIVACY,
    ),
    State.CODE: Step(
        code_prompt,
        (
            On(Kind.TEXT, set_code, (State.CODE, State.DURESS)),
            On(Kind.BUTTON, going(State.HOME, "code.off", codes=None), (State.HOME,), value="code:off"),
        ),
        back=State.PRIVACY,
    ),
    State.DURESS: Step(
        plain("duress.ask", "duress:none"),
        (
            On(Kind.TEXT, set_duress, (State.DURESS, State.HOME)),
            On(Kind.BUTTON, going(State.HOME, "code.done"), (State.HOME,), value="duress:none"),
        ),
        back=State.CODE,
    ),
}  # fmt: skip
