"""A connection that can be spoken to ahead: statements are sent, the request goes on, answers are read when needed.

PostgreSQL works while Python does, and several statements cost one round trip (libpq's pipeline). Only the path of a
report is worth it (tests/bench/create.py). Everything else uses the connection as ever: whatever was sent ahead is
read first, so that its failure is raised before anything builds on it. COMMIT goes out behind what is still under way,
and stands only when all of that stands.
"""

import re
import select
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus, PipelineStatus, TransactionStatus
from psycopg.pq.abc import PGresult

# So many statements keep their plan on a connection; those beyond are planned each time.
PREPARED_MOST = 100
NOTHING_STANDS = "the transaction had failed before, and nothing of it was stored"
LOST = "the connection to the database was lost"
_IN_TRANSACTION = (TransactionStatus.INTRANS, TransactionStatus.INERROR)
_NAMED = re.compile(r"%\((\w+)\)s")

# Who wants to hear of each statement that is sent ahead: SQLAlchemy's own events do not.
HEARING: list[Callable[[str], None]] = []


class Sent:
    """A statement that is under way."""

    __slots__ = ("_line", "makes", "result")

    def __init__(self, line: "Line", makes: str = "") -> None:
        """``makes``: the statement that gets a name by it."""
        self._line, self.makes = line, makes
        self.result: PGresult | None = None

    def row(self) -> tuple[bytes | None, ...]:
        """The first row, as PostgreSQL writes it. Waits for it; raises whatever failed since the last look."""
        result = self.result or self._line.read_to(self)
        if result.status != ExecStatus.TUPLES_OK:
            raise errors.InFailedSqlTransaction("a statement before this one had failed")
        return tuple(result.get_value(0, at) for at in range(result.nfields))

    def read(self) -> None:
        """Wait until it is done; raises whatever failed since the last look."""
        if self.result is None:
            self._line.read_to(self)


class Line(psycopg.Connection[Any]):
    """A connection of psycopg's with a way to send ahead."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is under way: statements, names that are made, and None where the server says that it is ready again.
        self._under_way: deque[Sent | None] = deque()
        self._names: dict[str, bytes] = {}
        self._named = 0
        self._failure: psycopg.Error | None = None
        # Whether something was sent whose answer the database keeps until it is asked.
        self._is_kept = False

    @property
    def is_lost(self) -> bool:
        """Whether the server has closed this connection, as far as this machine knows already; nobody is asked.

        While a connection rests there is nothing to read from it: what lies there is the server's farewell, or its end.
        """
        if self.pgconn.status != ConnStatus.OK:
            return True
        waiting = select.poll()
        waiting.register(self.pgconn.socket, select.POLLIN)
        return bool(waiting.poll(0))

    def send(self, statement: str, values: Sequence[bytes | None] = (), *, soon: bool = True) -> Sent:
        """Send a statement with its values as text (``$1``, ``$2``), in the present transaction or a new one.

        Without ``soon`` the database keeps its answer until something after it is waited for: one wake-up for all.
        """
        for hear in HEARING:
            hear(statement)
        pgconn = self.pgconn
        if not self._under_way:
            begun = pgconn.transaction_status != TransactionStatus.IDLE
            pgconn.enter_pipeline_mode()
            if not begun:
                self._queue("BEGIN", ())
        sent = self._queue(statement, values)
        if soon:
            self._ask_for_answers()
        else:
            pgconn.flush()
        return sent

    def _ask_for_answers(self) -> None:
        if self._is_kept:
            self.pgconn.pipeline_sync()
            self._under_way.append(None)
            self._is_kept = False

    def _queue(self, statement: str, values: Sequence[bytes | None]) -> Sent:
        pgconn, name = self.pgconn, self._names.get(statement)
        if name is None and len(self._names) < PREPARED_MOST:
            # Never the same name twice on a connection: the one before may not have been dropped yet.
            self._named += 1
            name = b"ahead_%d" % self._named
            pgconn.send_prepare(name, statement.encode())
            self._names[statement] = name
            self._under_way.append(Sent(self, makes=statement))
            self._is_kept = True
        if name is None:
            pgconn.send_query_params(statement.encode(), values or None)
        else:
            pgconn.send_query_prepared(name, values or None)
        sent = Sent(self)
        self._under_way.append(sent)
        self._is_kept = True
        return sent

    def read_to(self, sent: Sent) -> PGresult:
        """Read up to the answer of ``sent``."""
        self._ask_for_answers()
        while sent.result is None and self._under_way:
            self._read_next()
        self._look()
        if sent.result is None:
            raise psycopg.OperationalError(LOST)
        return sent.result

    def settle(self) -> None:
        """Read every answer that is under way, and raise the first failure."""
        self._ask_for_answers()
        while self._under_way:
            self._read_next()
        self._leave_pipeline()
        self._look()

    def _look(self) -> None:
        failure, self._failure = self._failure, None
        if failure is None:
            return
        while self._under_way:
            self._read_next()
        self._failure = None
        raise failure

    def _read_next(self) -> None:
        waited_for = self._under_way[0]
        try:
            result = self._result()
            if waited_for is not None and result is not None:
                while self._result() is not None:
                    pass
        except psycopg.Error as error:
            self._lose(error)
            return
        self._under_way.popleft()
        if result is None:
            self._lose(psycopg.OperationalError(LOST))
        elif waited_for is not None:
            self._note(waited_for, result)
        self._leave_pipeline()

    def _leave_pipeline(self) -> None:
        if not self._under_way and self.pgconn.pipeline_status != PipelineStatus.OFF:
            self.pgconn.exit_pipeline_mode()

    def _note(self, sent: Sent, result: PGresult) -> None:
        sent.result = result
        if sent.makes and result.status != ExecStatus.COMMAND_OK:
            self._names.pop(sent.makes, None)
        if result.status == ExecStatus.FATAL_ERROR and self._failure is None:
            self._failure = errors.error_from_result(result)

    def _lose(self, error: psycopg.Error) -> None:
        """Nothing more will come."""
        self._failure = self._failure or error
        self._under_way.clear()
        self._is_kept = False
        self.pgconn.finish()

    def _result(self) -> PGresult | None:
        pgconn = self.pgconn
        while pgconn.is_busy():
            # Psycopg's own calls are not blocking, so what is sent may still have to be written.
            waiting = select.poll()
            waiting.register(pgconn.socket, select.POLLIN | (select.POLLOUT if pgconn.flush() else 0))
            waiting.poll()
            pgconn.consume_input()
        return pgconn.get_result()

    def forget_plans(self) -> None:
        """Plan anew: psycopg has every prepared statement dropped after it went back to a savepoint."""
        self._names.clear()

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """A cursor as ever; what was sent ahead is read first."""
        if self._failure or self.pgconn.pipeline_status != PipelineStatus.OFF:
            self.settle()
        return super().cursor(*args, **kwargs)

    def commit(self) -> None:
        """Commit, together with what is under way. Raises its failure: then nothing of the transaction stands.

        The transaction is over in any case: whoever is lent this connection next must not find one that has failed.
        """
        try:
            self._commit()
        except psycopg.Error:
            if self.pgconn.status == ConnStatus.OK:
                self.rollback()
            raise

    def _commit(self) -> None:
        if not self._under_way and self._failure is None:
            # PostgreSQL answers a COMMIT after a failure with ROLLBACK, and psycopg takes that for well.
            if self.pgconn.transaction_status == TransactionStatus.INERROR:
                raise errors.InFailedSqlTransaction(NOTHING_STANDS)
            super().commit()
            return
        sent = self.send("COMMIT")
        self.settle()
        if sent.result is None or sent.result.command_status != b"COMMIT":
            raise errors.InFailedSqlTransaction(NOTHING_STANDS)

    def rollback(self) -> None:
        """Roll back and keep the prepared statements.

        Psycopg drops them all at its own rollback, because a table may have been made anew meanwhile. We make none, and
        every request that only reads ends by a rollback: planning anew costs each of its statements a millisecond.
        """
        if self.pgconn.status == ConnStatus.OK:
            self._ask_for_answers()
        while self._under_way:
            self._read_next()
        self._leave_pipeline()
        self._failure = None
        if self.pgconn.transaction_status in _IN_TRANSACTION:
            self.pgconn.exec_(b"ROLLBACK")
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            self.forget_plans()
            super().rollback()


@lru_cache(maxsize=512)
def numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """A statement with ``%(name)s`` in it as PostgreSQL takes it (``$1``), and the names in their order."""
    names = tuple(dict.fromkeys(_NAMED.findall(statement)))
    return _NAMED.sub(lambda found: f"${names.index(found.group(1)) + 1}", statement), names
