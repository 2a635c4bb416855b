"""Packages from npm that tests use: installed when they are missing, by one process at a time."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

PEERS = Path(__file__).parent
MODULES = PEERS / "node_modules"
_NEEDED = ("wechat-crypto", "@wecom/crypto", "axe-core")


def install() -> None:
    """All of `package-lock.json`; without npm the tests fail and say what to do."""
    with (PEERS / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all((MODULES / name).exists() for name in _NEEDED):
            return
        npm = shutil.which("npm")
        if npm is None:
            pytest.fail("Some tests need Node.js with npm: apt-get install nodejs npm")
        command = [npm, "ci", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=PEERS, capture_output=True, text=True, timeout=240, check=False)
        if done.returncode:
            pytest.fail(f"npm ci in tests/peers failed:\n{done.stdout}{done.stderr}")
