"""Showing that a long command works: on a terminal only, so that logs and pipes hold results and errors."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import click


def note(words: str) -> None:
    """Say what takes a while."""
    if sys.stderr.isatty():
        click.echo(words, err=True)


def passing(label: str) -> Callable[[Sequence[str]], Iterator[str]]:
    """A function that shows progress while the items of a sequence pass through it."""

    def each(items: Sequence[str]) -> Iterator[str]:
        with click.progressbar(items, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            yield from bar

    return each


def counting(label: str, total: int) -> AbstractContextManager[Any]:
    """A progress bar, moved on by its ``update(number)``."""
    return click.progressbar(length=total, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())
