"""The database keeps the promises: migrations make the tables, row security holds below the application, words are sealed."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from backend.kernel.database import Base, owner_engine, prepare, sqlalchemy_url
from backend.kernel.health import row_security_gaps
from backend.kernel.migrate import is_current, migrate
from backend.trust.bots import bot_key
from tests.guards.conftest import Guarded
from tests.intake.test_voice import spoken
from tests.support.application import acting_session
from tests.support.baishi import NANMEN, TAOHUA
from tests.support.people import PASSWORD, sign_in
from tests.support.postgres import cluster, create_database

# Tables that hold something of an incident without naming it in a column of this name, and those of the journal's
# kind: ids and codes only, read through what they belong to.
BESIDE_INCIDENTS = {"incident", "photo", "safe_code", "delivery_attempt", "aid_match", "aid_message"}
MARK = "Zinnober Laterne 47"
CHAT = "47110815"


@pytest.mark.parametrize("which", ["embedded", "debian"])
def test_migrations_from_nothing_make_the_tables_of_the_models(
    which: Literal["embedded", "debian"], tmp_path: Path
) -> None:
    with cluster(which, tmp_path / which) as dsn:
        engine = owner_engine(create_database(dsn, "guard"))
        first, again = migrate(engine), migrate(engine)
        with engine.connect() as connection:
            found = differences(connection), checks_missing(connection)
        current = is_current(engine)
        engine.dispose()
    assert (first, found, current) == (again, ([], []), True)


def differences(connection: Connection) -> list[object]:
    """What a new migration would have to change; the job engine's own tables are not ours to compare."""

    def is_ours(_: object, name: str | None, kind: str, is_reflected: bool, other: object) -> bool:
        return not (kind == "table" and is_reflected and other is None and str(name).startswith("procrastinate"))

    context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_ours})
    return list(compare_metadata(context, Base.metadata))


def checks_missing(connection: Connection) -> list[str]:
    """Check constraints of the models that the database lacks; comparing metadata does not look at these."""
    look = inspect(connection)
    return [
        f"{table.name}.{check.name}"
        for table in Base.metadata.tables.values()
        for check in table.constraints
        if check.__visit_name__ == "check_constraint"
        and check.name not in {one["name"] for one in look.get_check_constraints(table.name)}
    ]


@pytest.fixture(scope="module")
def owner(guarded: Guarded) -> Iterator[Engine]:
    """The database's owner, who looks behind row security."""
    engine = owner_engine(guarded.app.extensions["linli"].settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def linli(guarded: Guarded) -> Iterator[Engine]:
    """The application's role, which acts for nobody yet."""
    engine = create_engine(sqlalchemy_url(guarded.app.extensions["linli"].settings.database_url), pool_size=1)
    prepare(engine)
    yield engine
    engine.dispose()


def private_tables(connection: Connection) -> list[str]:
    """Tables that hold something of an incident."""
    named = connection.scalars(
        text(
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name IN ('incident_id', 'report_id')"
        )
    )
    return sorted({*named, *BESIDE_INCIDENTS})


def test_row_security_is_forced_on_every_table_about_an_incident(owner: Engine) -> None:
    with owner.connect() as connection:
        open_ = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relname = ANY(:names) AND relkind = 'r'"
                " AND NOT (relrowsecurity AND relforcerowsecurity)"
            ),
            {"names": private_tables(connection)},
        ).all()
        gaps = row_security_gaps(connection)
    assert (open_, gaps) == ([], [])


def test_the_application_works_in_a_role_that_row_security_binds(linli: Engine) -> None:
    with linli.connect() as connection:
        row = connection.execute(
            text("SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = current_user")
        ).one()
    assert tuple(row) == ("linli_app", False, False, False)


def fill(guarded: Guarded) -> None:
    """A row in as many private tables as one report and its handling reach."""
    client = guarded.app.test_client()
    report: dict[str, Any] = {
        "kind": "distress",
        "category": "DS09",
        "text": MARK,
        "place": NANMEN | {"landmark": MARK},
    }
    report |= {"danger_now": True, "client_id": "00000000-0000-4000-8000-00000000aaaa", "codes": {"cancel": "1357"}}
    report |= {"contact": {"email": "zinnober@example.org", "phone": "+4747", "telegram": CHAT, "consent": True}}
    voice = client.post("/api/v1/voice", data={"voice": (io.BytesIO(spoken()), "a.ogg")}).get_json()["id"]
    report |= {"voice_ids": [voice]}
    key = {"Idempotency-Key": "once"}
    sent = client.post("/api/v1/reports", json=report, headers=key).get_json()
    receipt = key | {"Authorization": f"Receipt {sent['receipt']}"}
    assert client.post("/api/v1/receipt/messages", json={"text": MARK}, headers=receipt).status_code == 200
    li = {**guarded.headers["li"], **key}
    path = f"/api/v1/incidents/{sent['incident']['id']}"
    assert client.post(f"{path}/note", json={"text": MARK}, headers=li).status_code == 200
    assert client.post(f"{path}/message", json={"text": MARK}, headers=li).status_code == 200
    assert client.post(f"{path}/tasks", json={"text": MARK}, headers=li).status_code == 200
    dispute = {"kind": "lead", "position": MARK}
    assert client.post(f"{path}/dispute", json=dispute, headers=li).status_code == 200
    assert client.put(f"{path}/looking", headers=guarded.headers["li"]).status_code == 200
    view = {"name": MARK, "filters": {"late": True}}
    assert client.post("/api/v1/me/views", json=view, headers=guarded.headers["li"]).status_code == 201
    body = {"category": "DS09", "grade": 1, "emergency_attends": "attending", "reason": MARK}
    assert client.post(f"{path}/triage", json=body, headers=li).status_code == 200
    assert client.post("/api/v1/session", json={"login": "li", "password": PASSWORD}, headers=key).status_code == 201
    opened = {"incident_id": sent["incident"]["id"], "reason": MARK}
    tao = sign_in(client, "tao") | key
    assert client.post("/api/v1/break-glass", json=opened, headers=tao).status_code == 201
    code = client.post("/api/v1/me/chat-code", headers=guarded.headers["li"]).get_json()["code"]
    carried = guarded.app.extensions["linli"]
    bot = key | {"Authorization": f"Bot {bot_key(carried.settings, carried.keyring)}"}
    linked = client.post("/api/v1/bot/links", json={"code": code, "chat": CHAT}, headers=bot)
    assert linked.status_code == 201
    assert client.post("/api/v1/bot/sessions", json={"chat": CHAT}, headers=bot).status_code == 201


def fill_aid(guarded: Guarded) -> None:
    """Two neighbours who write to each other."""
    client, key = guarded.app.test_client(), {"Idempotency-Key": "once"}
    headers = []
    for number, kind in enumerate(("aid_request", "aid_offer")):
        said: dict[str, Any] = {"client_id": f"00000000-0000-4000-8000-00000000bbb{number}", "kind": kind}
        said |= {"category": "AID01", "text": MARK, "place": NANMEN | {"landmark": MARK}}
        said |= {"aid": {"on_board": number == 0}}
        sent = client.post("/api/v1/reports", json=said).get_json()
        headers.append(key | {"Authorization": f"Receipt {sent['receipt']}"})
    (listing,) = client.post("/api/v1/aid/listings/search", json={"near": NANMEN}).get_json()["items"]
    body = {"listing_id": listing["id"], "text": MARK}
    answered = client.post("/api/v1/receipt/aid/answers", json=body, headers=headers[1]).get_json()
    path = f"/api/v1/receipt/aid/matches/{answered['matches'][0]['id']}"
    assert client.post(f"{path}/accept", headers=headers[0]).status_code == 200
    assert client.post(f"{path}/messages", json={"text": MARK}, headers=headers[0]).status_code == 200
    assert client.post(f"{path}/worry", json={"text": MARK}, headers=headers[1]).status_code == 200


def fill_rights(guarded: Guarded) -> None:
    """A request, a hold and a share of one report; another that was erased, and whose time was over."""
    client, sent = guarded.app.test_client(), []
    for number in range(2):
        said: dict[str, Any] = {"client_id": f"00000000-0000-4000-8000-00000000ccc{number}", "kind": "concern"}
        said |= {"category": "CN01", "text": MARK, "place": NANMEN}
        sent.append(client.post("/api/v1/reports", json=said).get_json())
    headers = [{"Authorization": f"Receipt {one['receipt']}"} for one in sent]
    asked = {"kind": "correct", "words": MARK, "text": MARK}
    assert client.post("/api/v1/receipt/rights", json=asked, headers=headers[0]).status_code == 200
    path, li = f"/api/v1/incidents/{sent[0]['incident']['id']}", guarded.headers["li"]
    share = {"to_organisation_id": str(guarded.world.bodies["Baishi Fire"]), "decision": "shared", "fields": ["exists"]}
    share |= {"basis": "consent", "reason": MARK}
    assert client.post(f"{path}/shares", json=share, headers=li).status_code == 201
    assert client.put(f"{path}/legal-hold", json={"reason": "claim"}, headers=li).status_code == 200
    assert client.post("/api/v1/receipt/withdraw", json={}, headers=headers[1]).status_code == 200
    assert client.post("/api/v1/receipt/rights", json={"kind": "erase"}, headers=headers[1]).get_json()["erased_at"]
    with acting_session(guarded.app) as session:
        over = "INSERT INTO expired (incident_id, part, at) VALUES (:id, 'contact', now())"
        session.execute(text(over), {"id": sent[1]["incident"]["id"]})
        session.commit()


@pytest.fixture(scope="module")
def filled(guarded: Guarded) -> None:
    fill(guarded)
    fill_rights(guarded)
    fill_aid(guarded)


SCOPES = {
    "nobody": "SELECT set_config('linli.scope', 'none', false)",
    "staff of another area": (
        "SELECT set_config('linli.scope', 'staff', false), set_config('linli.areas', '{:taohua}', false),"
        " set_config('linli.compartments', '{incident,aid}', false)"
    ),
    "staff of no compartment": (
        "SELECT set_config('linli.scope', 'staff', false), set_config('linli.areas', '{0}', false)"
    ),
    "staff of another body": (
        "SELECT set_config('linli.scope', 'staff', false), set_config('linli.compartments', '{incident,aid}', false),"
        " set_config('linli.organisations', '{00000000-0000-4000-8000-0000000000ff}', false)"
    ),
}


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("scope", SCOPES)
def test_who_acts_for_nobody_or_elsewhere_sees_no_row(
    guarded: Guarded, owner: Engine, linli: Engine, scope: str
) -> None:
    taohua = str(guarded.world.areas["taohua"])
    with owner.connect() as behind:
        tables = private_tables(behind)
        held = {name: behind.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables}
    with linli.connect() as connection:
        connection.execute(text(SCOPES[scope].replace(":taohua", taohua)))
        seen = {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables}
    assert TAOHUA != NANMEN
    assert {name: count for name, count in seen.items() if count} == {}
    # The guard would say little of empty tables.
    assert {name for name, count in held.items() if not count} <= {
        "link", "handover", "photo", "delivery_attempt", "escalation", "conflict_of_interest", "offer",
        "policy_simulation_result",
    }  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET type = 'Nothing'",
        "DELETE FROM event",
        "TRUNCATE event",
        "UPDATE alembic_version SET version_num = '0'",
        "ALTER TABLE incident NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE incident DISABLE ROW LEVEL SECURITY",
        "DROP POLICY incident_seen ON incident",
        "CREATE TABLE another (id int)",
        "CREATE ROLE another SUPERUSER",
    ],
)
def test_the_applications_role_may_not(linli: Engine, statement: str) -> None:
    with linli.connect() as connection:
        connection.execute(text("SELECT set_config('linli.scope', 'system', false)"))
        with pytest.raises(ProgrammingError) as refused:
            connection.execute(text(statement))
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


@pytest.mark.usefixtures("filled")
def test_no_word_of_a_person_lies_in_the_open(owner: Engine) -> None:
    marks = [MARK, CHAT, "Zinnober", "zinnober@example.org", "+4747", PASSWORD, "li@example.org"]
    with owner.connect() as connection:
        columns = connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
                " AND data_type IN ('text', 'jsonb', 'bytea', 'ARRAY', 'character varying')"
            )
        ).all()
        found = [
            (table, column, mark)
            for table, column in columns
            for mark in marks
            if connection.scalar(
                text(f'SELECT count(*) FROM {table} WHERE "{column}"::text LIKE :plain OR "{column}"::text LIKE :hex'),
                {"plain": f"%{mark}%", "hex": f"%{mark.encode().hex()}%"},
            )
        ]
    assert found == []


@pytest.mark.usefixtures("filled")
def test_no_receipt_and_no_token_lies_in_the_open(guarded: Guarded, owner: Engine) -> None:
    tokens = [str(headers["Authorization"]).split()[1] for headers in guarded.headers.values() if headers]
    with owner.connect() as connection:
        bodies = connection.scalars(text("SELECT body::text FROM answered")).all()
        stored = connection.scalars(text("SELECT row_to_json(s)::text FROM signed_in s")).all()
    assert bodies
    assert [token for token in tokens if any(token in row for row in (*bodies, *stored))] == []
    assert [body for body in bodies if body != "{}" and '"sealed"' not in body] == []
