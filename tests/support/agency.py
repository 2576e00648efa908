"""An agency's own sign-in: a real provider of OpenID Connect in a process of its own, on this machine alone."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend.pages.phone import DIST
from tests.support.processes import eventually, free_port

PROGRAM = Path(__file__).with_name("provider.mjs")
PACKAGES = DIST.parent
CLIENT_ID, SECRET = "linli", "a secret of the tests alone"


@contextmanager
def provider(redirect_uri: str) -> Iterator[str]:
    """The issuer, while it runs; skips the test where the packages of the page are not installed."""
    if not (node := shutil.which("node")) or not (PACKAGES / "node_modules" / "oidc-provider").exists():
        pytest.skip("oidc-provider is not installed")
    port = free_port()
    command = [node, str(PROGRAM), str(port), CLIENT_ID, SECRET, redirect_uri]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={"PATH": os.environ["PATH"], "NODE_ROOT": str(PACKAGES)},
    ) as process:  # fmt: skip
        try:
            assert process.stdout
            assert eventually(lambda: "ready" in process.stdout.readline())  # type: ignore[union-attr]
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
