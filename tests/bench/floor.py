"""The floor that reports are measured against: a bare Flask application that parses JSON and makes one INSERT.

``python -m tests.bench.floor PORT`` serves it by the same server with the same numbers of processes and threads as
``linli web``, on the same database (DATABASE_URL), with the same durability. ``POST /`` talks to psycopg directly over
one kept connection a thread: there is no plainer way. ``POST /ordinary`` is what a Flask application usually does: one
object through Flask-SQLAlchemy's session, then commit. ``GET /page/SCREEN`` is the floor of the phone page: as many
bytes as the built screen has, packed alike, but plain words that ask for nothing else.
"""

import gzip
import random
import re
import sys
import threading
from uuid import UUID, uuid4

import psycopg
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from backend.kernel.database import sqlalchemy_url
from backend.pages.phone import DIST
from backend.serving import listen, serve_web
from backend.settings import Settings

TABLE = "CREATE TABLE IF NOT EXISTS bench_floor (id uuid PRIMARY KEY, kind text NOT NULL, body text, lat float8, lon float8)"
INSERT = "INSERT INTO bench_floor (id, kind, body, lat, lon) VALUES (%s, %s, %s, %s, %s)"


class Base(DeclarativeBase):
    """Base of the one table."""


class Stored(Base):
    """A report as the floor stores it."""

    __tablename__ = "bench_floor"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    body: Mapped[str | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]


def make_app(settings: Settings) -> Flask:
    """The application: it stores what it gets and answers with its id."""
    app, kept = Flask(__name__), threading.local()
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings.database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"pool_size": settings.pool_size}
    db = SQLAlchemy(app, model_class=Base)

    @app.post("/")
    def bare() -> ResponseReturnValue:
        if not hasattr(kept, "connection"):
            kept.connection = psycopg.connect(settings.database_url)
        connection: psycopg.Connection = kept.connection
        sent, row_id = request.get_json(), uuid4()
        place = sent.get("place") or {}
        connection.execute(INSERT, (row_id, sent["kind"], sent.get("text"), place.get("lat"), place.get("lon")))
        connection.commit()
        return {"id": str(row_id)}, 201

    @app.post("/ordinary")
    def ordinary() -> ResponseReturnValue:
        sent, row_id = request.get_json(), uuid4()
        place = sent.get("place") or {}
        db.session.add(
            Stored(id=row_id, kind=sent["kind"], body=sent.get("text"), lat=place.get("lat"), lon=place.get("lon"))
        )
        db.session.commit()
        return {"id": str(row_id)}, 201

    @app.get("/page/<screen>")
    def page(screen: str) -> ResponseReturnValue:
        return Response(
            _bare_page(screen), content_type="text/html; charset=utf-8", headers={"Content-Encoding": "gzip"}
        )

    return app


def _bare_page(screen: str) -> bytes:
    """A built screen as plain words, made as large as it is once packed."""
    whole = (DIST / "pages" / f"{screen}.en.html").read_text(encoding="utf-8")
    words = re.sub(r"<(style|script|svg)\b.*?</\1>|<link[^>]*>|<[^>]*>", " ", whole.partition("<body>")[2], flags=re.S)
    head = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>Bare</title><p>"
    lacks = len(gzip.compress(whole.encode(), 6)) - len(gzip.compress((head + words).encode(), 6))
    # Digits chosen by lot in a comment: beside words they pack to some five eighths of a byte each.
    filling = "".join(random.Random(1).choices("0123456789abcdef", k=max(0, lacks * 8 // 5)))
    return gzip.compress(f"{head}{words}<!--{filling}-->".encode(), 6)


def main() -> None:
    """Serve until told to stop."""
    settings = Settings.from_env(port=int(sys.argv[1]))
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(TABLE)
    serve_web(make_app(settings), settings, listen(settings.host, settings.port))


if __name__ == "__main__":
    main()
