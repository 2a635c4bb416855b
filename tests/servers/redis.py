"""A real Redis on a socket of its own."""

import shutil
import subprocess
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as NotThere


class RedisServer:
    """A redis-server that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert shutil.which("redis-server"), "the tests need redis-server; on Debian: apt-get install redis-server"
        quiet = ["--save", "", "--appendonly", "no", "--dir", str(self._socket.parent), "--loglevel", "warning"]
        command = ["redis-server", "--port", "0", "--unixsocket", str(self._socket), *quiet]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                    return
                except (NotThere, OSError):
                    assert self._process.poll() is None, "redis-server did not start"

    def stop(self) -> None:
        """Kill it, with all that it knew."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
