"""What is written about the program is what the program does: errors, events, permissions, settings."""

from pathlib import Path

import pytest

from backend.documents import FOLDER, make_all, stale
from backend.documents.errors import all_refusals
from backend.documents.events import event_types, undocumented
from backend.kernel.problems import Refusal
from backend.settings import ALSO_READ, SettingRefused, Settings
from tests.guards.conftest import Guarded

REFUSALS = all_refusals()


def test_documents_that_are_made_from_the_code_are_not_stale(guarded: Guarded) -> None:
    assert stale(guarded.app) == [], "run python -m backend.documents"


def test_a_document_that_is_missing_or_changed_is_noticed(guarded: Guarded, tmp_path: Path) -> None:
    made = make_all(guarded.app)
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "errors.md").write_text(made["errors.md"] + "\n")
    (tmp_path / "events.md").unlink()
    assert stale(guarded.app, tmp_path) == ["errors.md", "events.md"]


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_a_refusal_can_be_understood_in_both_languages(kind: type[Refusal]) -> None:
    assert kind.title.keys() == kind.advice.keys() == {"en", "zh"}
    assert all(kind.title.values())
    assert bool(kind.advice["en"]) == bool(kind.advice["zh"])
    assert 400 <= kind.status < 600
    assert kind.code == kind.code.lower().replace("_", "-")
    assert kind.__doc__


def test_no_two_refusals_share_a_code() -> None:
    codes = [kind.code for kind in REFUSALS]
    assert sorted(set(codes)) == sorted(codes)


def test_every_refusal_stands_in_the_table_of_errors() -> None:
    text = (FOLDER / "errors.md").read_text()
    assert [kind.code for kind in REFUSALS if f"\n| `{kind.code}` | {kind.status} |" not in text] == []


def test_every_type_of_event_has_a_meaning_and_every_meaning_a_type() -> None:
    assert undocumented() == []
    assert len(event_types()) > 50


def test_every_setting_stands_in_the_table_of_settings() -> None:
    text = (FOLDER / "settings.md").read_text()
    names = [one.metadata["env"] for one in Settings.__dataclass_fields__.values()]
    assert [name for name in (*names, *ALSO_READ) if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize(
    "env",
    [
        {"LINLI_PROT": "8000"},
        {"PORT": "abc"},
        {"PORT": "0"},
        {"PORT": "70000"},
        {"DATABASE_URL": "mysql://localhost/x"},
        {"LINLI_MASTER_KEY": "short"},
        {"LINLI_MASTER_KEY": "AAAA"},
        {"LINLI_LANGUAGES": "en,fr"},
        {"LINLI_TIMEZONE": "Mars/Olympus"},
        {"LINLI_COUNTRY": "China"},
        {"LINLI_TRUSTED_PROXIES": "proxy.local"},
        {"LINLI_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.1/8"},
        {"LINLI_POOL_SIZE": "0"},
        {"LINLI_WEB_WORKERS": "-1"},
        {"LINLI_STREAM_PORT": "99999"},
        {"LINLI_SMTP_STARTTLS": "perhaps"},
        {"LINLI_TELEGRAM_TOKEN": "no token"},
        {"LINLI_TELEGRAM_API": "api.telegram.org"},
        {"LINLI_TELEGRAM_WEBHOOK": "http://bot.example.org/"},
        {"LINLI_TELEGRAM_SHARERS": "0"},
        {"LINLI_BOT_KEY": "short"},
        {"LINLI_BOT_PORT": "70000"},
        {"LINLI_API_URL": "localhost"},
        {"LINLI_LOG_LEVEL": "loud"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(env: dict[str, str]) -> None:
    with pytest.raises(SettingRefused, match=next(iter(env))):
        Settings.from_env(env)
