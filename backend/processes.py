"""Processes that one parent forks and keeps running: what ``linli up`` is made of.

The parent imports the application once and forks, so that the processes share its memory. It listens on the
ports itself and hands the sockets on: a port that is taken is known before anything starts, and a web process
that dies and returns loses no connection. The parent runs no threads, which a fork would lose.
"""

import ctypes
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from backend.kernel.logs import log, where_it_broke

STOP_WITHIN_S = 8.0  # then children are killed; the database takes what is left of ten seconds
LOOK_EVERY_S = 0.1
RESTART_S = (0.2, 5.0)  # first wait, longest wait
SETTLED_S = 10.0  # a process that lived so long is restarted at once
TRIES_AT_START = 3
PR_SET_PDEATHSIG = 1


class CannotServe(Exception):
    """A process of ours cannot be started; one line says why."""


def die_with_parent(parent: int, sig: int = signal.SIGTERM) -> None:
    """Have the kernel send ``sig`` to this process when ``parent``, which forked it, is gone (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(sig))
    if os.getppid() != parent:
        os._exit(1)


@dataclass(frozen=True, slots=True)
class Program:
    """Something that runs in a process of its own until SIGTERM. ``listeners`` are the sockets it keeps."""

    name: str
    run: Callable[[], None]
    listeners: tuple[socket.socket, ...] = ()


@dataclass(slots=True)
class _Child:
    """A program and its present process."""

    program: Program
    pid: int = 0
    started_at: float = 0.0
    failures: int = 0
    again_at: float = 0.0


@dataclass(eq=False)
class Supervisor:
    """Keeps programs running until it is told to stop.

    ``build`` makes the programs, again at each SIGUSR1 (new keys). ``look_after`` is called all the time.
    """

    build: Callable[[], Sequence[Program]]
    look_after: Callable[[], None] = lambda: None
    _children: list[_Child] = field(default_factory=list)
    _retiring: dict[int, float] = field(default_factory=dict)
    _stopping: bool = False
    _hurried: bool = False
    _reloading: bool = False

    def start(self) -> None:
        """Start every program."""
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(sig, self._on_signal)
        self._children = [_Child(program) for program in self.build()]
        gc.collect()
        gc.freeze()
        for child in self._children:
            self._fork(child)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGUSR1:
            self._reloading = True
        else:
            self._hurried = self._stopping
            self._stopping = True

    def wait_until(self, is_ready: Callable[[], bool]) -> bool:
        """Run until ``is_ready``; False if told to stop. Raises CannotServe when a program keeps dying."""
        while not self._stopping:
            self._tend()
            failing = next((c for c in self._children if c.failures >= TRIES_AT_START), None)
            if failing:
                raise CannotServe(f"{failing.program.name} does not start; its reason is above")
            if is_ready():
                return True
            time.sleep(LOOK_EVERY_S)
        return False

    def run(self, reloaded: Callable[[], None]) -> None:
        """Keep everything running until SIGTERM, SIGINT or SIGHUP; call ``reloaded`` after each SIGUSR1."""
        while not self._stopping:
            self._tend()
            if self._reloading:
                self._reloading = False
                self._renew(reloaded)
            time.sleep(LOOK_EVERY_S)

    def stop(self) -> None:
        """Ask all children to stop, then make them. A second signal hurries."""
        deadline = time.monotonic() + STOP_WITHIN_S
        for child in self._children:
            for listener in child.program.listeners:
                listener.close()
        living = {child.pid for child in self._children if child.pid} | set(self._retiring)
        for pid in living:
            _send(pid, signal.SIGTERM)
        while living := {pid for pid in living if not _ended(pid)}:
            if self._hurried or time.monotonic() > deadline:
                log.warning("killed what did not stop", count=len(living))
                for pid in living:
                    _send(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                return
            time.sleep(0.02)

    def _tend(self) -> None:
        self.look_after()
        now = time.monotonic()
        for child in self._children:
            if child.pid and _ended(child.pid):
                self._note_death(child, now)
            if not child.pid and now >= child.again_at:
                self._fork(child)
        for pid, deadline in list(self._retiring.items()):
            if _ended(pid):
                del self._retiring[pid]
            elif now > deadline:
                _send(pid, signal.SIGKILL)

    def _note_death(self, child: _Child, now: float) -> None:
        is_settled = now - child.started_at > SETTLED_S
        child.failures = 1 if is_settled else child.failures + 1
        first, longest = RESTART_S
        wait_s = 0.0 if is_settled else min(longest, first * 2 ** (child.failures - 1))
        child.pid, child.again_at = 0, now + wait_s
        log.warning("process ended, is started again", process=child.program.name, seconds=wait_s)

    def _renew(self, reloaded: Callable[[], None]) -> None:
        """Start everything anew beside the old, then let the old finish."""
        old = self._children
        self._children = [_Child(program) for program in self.build()]
        for child in self._children:
            self._fork(child)
        for child in old:
            if child.pid:
                _send(child.pid, signal.SIGTERM)
                self._retiring[child.pid] = time.monotonic() + STOP_WITHIN_S
        while self._retiring and not self._stopping:
            self._tend()
            time.sleep(LOOK_EVERY_S)
        reloaded()

    def _fork(self, child: _Child) -> None:
        parent = os.getpid()
        sys.stdout.flush()
        child.started_at = time.monotonic()
        child.pid = os.fork()
        if child.pid == 0:
            others = [s for c in self._children for s in c.program.listeners if s not in child.program.listeners]
            _be(child.program, parent, others)


def _be(program: Program, parent: int, others: Sequence[socket.socket]) -> None:
    """Run ``program`` in this freshly forked process, and end it."""
    code = 1
    try:
        os.setsid()  # a Ctrl-C in the terminal is for the parent alone, which stops us in order
        die_with_parent(parent)
        for sig in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(sig, signal.SIG_DFL)
        for listener in others:
            listener.close()
        program.run()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException as error:  # noqa: BLE001 - the last line of a process: it says why and ends
        log.error("process broke", process=program.name, error=type(error).__name__, where=where_it_broke(error))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _ended(pid: int) -> bool:
    with suppress(ChildProcessError):
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    return True


def _send(pid: int, sig: int) -> None:
    with suppress(ProcessLookupError):
        (os.killpg if sig == signal.SIGKILL else os.kill)(pid, sig)
