"""Real servers of databases and of blobs."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

import asyncpg

from tests.tools import skip_or_fail

S3_KEY = "sesame"


class Postgresql:
    """A server of PostgreSQL, in a folder of its own. It refuses to be root's."""

    def __init__(self) -> None:
        self._programs = _postgresql_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="stentor-pg-"))
        self.port = free_port()
        self._as: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(self._folder, "postgres")
            self._as = ["runuser", "-u", "postgres", "--"]
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "stentor", "-E", "UTF8",
                  "--locale", "C", "--no-sync")  # fmt: skip
        self.start()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def sockets(self) -> Path:
        """The folder of its Unix socket."""
        return self._folder

    def start(self) -> None:
        # The system keeps what was written when a process dies, so that test loses nothing without fsync.
        options = f"-k {self._folder} -h 127.0.0.1 -p {self.port} -c fsync=off -c max_connections=60"
        self._run(
            "pg_ctl", "-D", str(self._data), "-o", options, "-l", str(self._folder / "log"), "-w", "start"
        )

    def stop(self) -> None:
        """End it as a crash would."""
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "-w", "stop")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    async def create(self) -> str:
        """Make an empty database; returns its URL."""
        name = f"db_{uuid.uuid4().hex}"
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return self.url(name)

    def url(self, database: str) -> str:
        return f"postgresql://stentor@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> None:
        with (self._folder / "said").open("w+b") as said:  # not a pipe: the server would hold it open
            done = subprocess.run(
                [*self._as, str(self._programs / program), *arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                timeout=60,
                check=False,
            )
            said.seek(0)
            assert done.returncode == 0, f"{program}: {said.read().decode()}"


class S3:
    """A server with the S3 API."""

    def __init__(self) -> None:
        if importlib.util.find_spec("moto") is None:
            skip_or_fail("moto is not installed")
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 30
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=1):
                    return
            except OSError:
                assert self._server.poll() is None, "moto ended"
                assert time.monotonic() < until, "moto does not start"
                time.sleep(0.05)

    def stop(self) -> None:
        """End it; what it held is lost."""
        self._server.kill()
        self._server.wait()

    def bucket(self) -> str:
        """Make an empty bucket; returns its name."""
        name = f"bucket-{uuid.uuid4().hex}"
        request = urllib.request.Request(f"{self.url}/{name}", method="PUT")
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200
        return name


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _postgresql_programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    if not folders:
        skip_or_fail("PostgreSQL is not installed")
    return folders[0]
