"""The worker: runs jobs, sweeps and periodic work until it is told to stop. Any number of them on any machines.

Jobs are Procrastinate's, in asyncio; our tasks are plain functions and run in threads inside the application's
context. A part that fails, for instance because the database restarts, is logged and started again: nothing that a
job or a sweep does can end the worker.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

import procrastinate
import psycopg
from flask import Flask
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

from backend.kernel.database import APP_ROLE, db
from backend.kernel.jobs import ON_STOP, PERIODIC, QUEUES, SWEEPS, TASKS, Periodic, Sweep
from backend.kernel.logs import log, where_it_broke
from backend.kernel.sweeps import STOPPING, SWEPT_AT
from backend.settings import SettingRefused, Settings

# Slots that only an SOS may take, so that slow sends of other lanes never hold one up.
SOS_SLOTS = 2
# How long a job keeps the next of its lane from beginning. A job may take along all that waits beside it
# (dispatch/batches.py), so in a crowd few that take many do more than many that take one each; while a channel is slow
# its jobs begin so soon one after the other.
TURN_S = 0.025
HEARTBEAT_S = 2.0
STALLED_S = 8.0
POLL_S = 0.5
# Running jobs get this long at the end; whoever supervises a worker kills it after 8 s.
FINISH_JOBS_S = 5.0
STOP_WITHIN_S = 6.5
LEAVE_WITHIN_S = 0.3
AGAIN_S = 1.0
FAILED_JOBS_KEPT_H = 7 * 24


class JobFailed(Exception):
    """A task raised; what it raised is in our log, without the values that a traceback may quote."""


def run_worker(app: Flask, settings: Settings) -> None:
    """Run a worker in this process until SIGTERM or SIGINT; the process may end with it, a moment later."""
    Worker(app, settings).run()
    if threading.current_thread() is threading.main_thread():
        _leave_sends_behind()


def _leave_sends_behind() -> None:
    """End the process when a send still runs: its lease was given back, and waiting for it helps nobody."""
    at_work = [one for one in threading.enumerate() if one.name.startswith(("job", "sweep", "names"))]
    until = time.monotonic() + LEAVE_WITHIN_S
    for thread in at_work:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in at_work):
        sys.stderr.flush()
        os._exit(0)


class Worker:
    """One worker. ``run`` blocks; ``stop`` may be called from any thread."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._threads = ThreadPoolExecutor(settings.worker_concurrency + SOS_SLOTS, "job")
        self._sweepers = ThreadPoolExecutor(max(1, len(SWEEPS)), "sweep")
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Finish what runs, then end."""
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)

    def run(self) -> None:
        """Work until told to stop."""
        with self._app.app_context():
            db.engine.dispose(close=False)  # connections of a parent that forked us are its own
        _hear_procrastinate()
        STOPPING.clear()
        self._loop.set_default_executor(self._threads)
        try:
            self._loop.run_until_complete(self._work())
        finally:
            self._sweepers.shutdown(wait=False, cancel_futures=True)
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._loop.close()
        log.info("worker stopped", pid=os.getpid())

    async def _work(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(number, self._stopping.set)
        parts = [asyncio.create_task(self._repeat(one)) for one in (self._serve, *map(self._sweeping, SWEEPS))]
        log.info("worker started", pid=os.getpid(), count=self._settings.worker_concurrency + SOS_SLOTS)
        await self._stopping.wait()
        STOPPING.set()
        _, unfinished = await asyncio.wait(parts, timeout=STOP_WITHIN_S)
        for part in unfinished:
            part.cancel()
        for name, give_back in ON_STOP.items():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._in_thread(name, give_back), 1)

    async def _repeat(self, part: Callable[[], Awaitable[None]]) -> None:
        """Run a part again whenever it ends before the worker does."""
        while not self._stopping.is_set():
            try:
                await part()
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens to a part of it
                log.error("part of the worker broke", error=type(error).__name__, where=where_it_broke(error))
            await self._pause(AGAIN_S)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _sweeping(self, name: str) -> Callable[[], Coroutine[Any, Any, None]]:
        sweep: Sweep = SWEEPS[name]

        async def go_on() -> None:
            while not self._stopping.is_set():
                await self._in_thread(name, sweep.look)
                await self._pause(sweep.every_s)

        return go_on

    async def _in_thread(self, name: str, look: Callable[[Flask], object]) -> None:
        def inside() -> None:
            with self._app.app_context():
                look(self._app)
            SWEPT_AT[name] = self._app.extensions["linli"].clock.now()

        try:
            await self._loop.run_in_executor(self._sweepers, inside)
        except Exception as error:  # noqa: BLE001 - logged loudly, and tried again with the next turn
            log.error("sweep failed", task=name, error=type(error).__name__, where=where_it_broke(error))

    async def _serve(self) -> None:
        """Run jobs until the database is lost or the worker stops."""
        jobs = procrastinate_app(self._app, self._settings)
        async with jobs.open_async():
            chosen: dict[str, Any] = {
                "fetch_job_polling_interval": POLL_S, "update_heartbeat_interval": HEARTBEAT_S,
                "stalled_worker_timeout": STALLED_S, "shutdown_graceful_timeout": FINISH_JOBS_S,
                "install_signal_handlers": False, "delete_jobs": "successful",
            }  # fmt: skip
            workers = [
                jobs.run_worker_async(name="sos", queues=["sos"], concurrency=SOS_SLOTS, **chosen),
                jobs.run_worker_async(
                    name="all", queues=list(QUEUES), concurrency=self._settings.worker_concurrency, **chosen
                ),
                self._retry_stalled(jobs),
            ]
            running = [asyncio.create_task(one) for one in workers]
            stopping = asyncio.create_task(self._stopping.wait())
            await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
            for one in (*running, stopping):
                one.cancel()
            ended = await asyncio.gather(*running, return_exceptions=True)
        if not self._stopping.is_set():
            causes = {type(one.__cause__ or one).__name__ for one in ended if isinstance(one, Exception)}
            log.warning("jobs are started again", error=", ".join(sorted(causes)) or "ended")

    async def _retry_stalled(self, jobs: procrastinate.App) -> None:
        """Give back the jobs of workers that died: their heartbeat is older than STALLED_S."""
        while True:
            for job in await jobs.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
                await _again(jobs, job)
            await asyncio.sleep(HEARTBEAT_S)


async def _again(jobs: procrastinate.App, job: Job) -> None:
    log.warning("job of a dead worker is run again", task=job.task_name, lane=job.queue, job_id=job.id)
    assert job.id is not None
    try:
        await jobs.job_manager.retry_job(job)
    except UniqueViolation:  # a sweep has given its row a new job meanwhile
        await jobs.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
    except ConnectorException as error:
        # Another worker was quicker, or the job ended after all.
        log.info("job was not run again", job_id=job.id, error=type(error.__cause__ or error).__name__)


def procrastinate_app(app: Flask, settings: Settings) -> procrastinate.App:
    """Procrastinate with our tasks and periodic work, on connections of its own."""
    connector = procrastinate.PsycopgConnector(
        conninfo=settings.database_url, min_size=1, max_size=4, timeout=5.0, configure=_as_app_role
    )
    jobs = procrastinate.App(connector=connector)
    turns = {lane: asyncio.Lock() for lane in QUEUES}
    for name, work in TASKS.items():
        jobs.task(name=name, pass_context=True)(_task(app, name, work, turns))
    for name, periodic in PERIODIC.items():
        jobs.periodic(cron=periodic.cron)(jobs.task(name=name, queue="upkeep")(_periodic(app, name, periodic)))

    @jobs.periodic(cron="41 3 * * *")
    @jobs.task(name="delete_old_jobs", queue="upkeep")
    async def delete_old_jobs(timestamp: int) -> None:
        await jobs.job_manager.delete_old_jobs(
            nb_hours=FAILED_JOBS_KEPT_H, include_failed=True, include_cancelled=True, include_aborted=True
        )

    return jobs


async def _as_app_role(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)  # each of Procrastinate's calls is one statement
    await connection.execute(f"SET ROLE {APP_ROLE}")


def _task(
    app: Flask, name: str, work: Callable[[Flask, UUID], None], turns: Mapping[str, asyncio.Lock]
) -> Callable[[procrastinate.JobContext, str], Awaitable[None]]:
    async def look_at(context: procrastinate.JobContext, row_id: str) -> None:
        loop, look = asyncio.get_running_loop(), partial(work, app, UUID(row_id))
        async with turns[context.job.queue]:
            looking = loop.run_in_executor(None, _inside, app, name, look)
            await asyncio.wait([looking], timeout=TURN_S)
        await looking

    return look_at


def _periodic(app: Flask, name: str, periodic: Periodic) -> Callable[[int], None]:
    def at_its_time(timestamp: int) -> None:
        _inside(app, name, partial(periodic.work, app))

    return at_its_time


def _inside(app: Flask, name: str, act: Callable[[], None]) -> None:
    """Run ``act`` in the application's context. Raises JobFailed, which says nothing of what was at hand."""
    try:
        with app.app_context():
            act()
    except Exception as error:  # noqa: BLE001 - whatever a task raises, only its name may reach other logs
        log.error("job failed", task=name, error=type(error).__name__, where=where_it_broke(error))
        raise JobFailed(name) from None


class _Forward(logging.Handler):
    """Procrastinate's warnings in our log: what happened and to which action, without arguments or tracebacks."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            log.warning("procrastinate", code=str(getattr(record, "action", record.name)))


def _hear_procrastinate() -> None:
    logger = logging.getLogger("procrastinate")
    logger.handlers, logger.propagate = [_Forward()], False


def main() -> None:
    """``python -m backend.worker``: one worker on the database of DATABASE_URL."""
    from backend.app import create_app

    try:
        settings = Settings.from_env()
        if not settings.database_url:
            raise SettingRefused("DATABASE_URL: a worker of its own needs the database that it works on")
    except SettingRefused as refused:
        sys.exit(str(refused))
    run_worker(create_app(settings), settings)


if __name__ == "__main__":
    main()
