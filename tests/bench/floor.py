"""The floor that reports are measured against: a bare Flask application that parses JSON and makes one INSERT.

``python -m tests.bench.floor PORT`` serves it by the same server with the same numbers of processes and threads as
``linli web``, on the same database (DATABASE_URL), with the same durability. It talks to psycopg directly, over one
kept connection a thread: there is no plainer way to store a report that a reader of ours would still call a service.
"""

import sys
import threading
from uuid import uuid4

import psycopg
from flask import Flask, request
from flask.typing import ResponseReturnValue

from backend.serving import listen, serve_web
from backend.settings import Settings

TABLE = "CREATE TABLE IF NOT EXISTS bench_floor (id uuid PRIMARY KEY, kind text NOT NULL, body text, lat float8, lon float8)"
INSERT = "INSERT INTO bench_floor (id, kind, body, lat, lon) VALUES (%s, %s, %s, %s, %s)"


def make_app(database_url: str) -> Flask:
    """The application: ``POST /`` stores what it gets and answers with its id."""
    app, kept = Flask(__name__), threading.local()

    def connection() -> psycopg.Connection:
        if not hasattr(kept, "connection"):
            kept.connection = psycopg.connect(database_url)
        found: psycopg.Connection = kept.connection
        return found

    @app.post("/")
    def store() -> ResponseReturnValue:
        sent = request.get_json()
        row_id, place = uuid4(), sent.get("place") or {}
        database = connection()
        database.execute(INSERT, (row_id, sent["kind"], sent.get("text"), place.get("lat"), place.get("lon")))
        database.commit()
        return {"id": str(row_id)}, 201

    return app


def main() -> None:
    """Serve until told to stop."""
    settings = Settings.from_env(port=int(sys.argv[1]))
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(TABLE)
    serve_web(make_app(settings.database_url), settings, listen(settings.host, settings.port))


if __name__ == "__main__":
    main()
