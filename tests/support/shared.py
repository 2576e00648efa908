"""The shared real data, for tests and benchmarks alone; tests that need it skip where it is absent."""

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def shared_data() -> Path | None:
    """The folder of the shared data, or None."""
    folder = Path(os.environ.get("LINLI_SHARED_DATA") or ROOT.parent / "shared" / "data")
    return folder if folder.is_dir() else None


def shared_file(name: str) -> Path:
    """One file of the shared data; skips the test with a reason where it is absent."""
    import pytest  # here, because the demo's simulated Telegram runs without it

    folder = shared_data()
    if folder is None or not (folder / name).exists():
        pytest.skip(f"the shared data {name} is not on this machine")
    return folder / name
