"""A PostgreSQL cluster of its own for one run of the tests: made in a temporary folder, gone afterwards.

It listens on 127.0.0.1 at a free port, keeps fsync on (it is the store that is tested, durability included) and
runs as the user `postgres` where the tests run as root, since PostgreSQL refuses to run as root.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support.ports import free_port

Process = subprocess.Popen[bytes]

OLDEST_VERSION = 15
START_S = 60
STOP_S = 30


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster: programs in *binaries*, one superuser `billfold` with *password*."""

    binaries: Path
    port: int
    password: str

    def url(self, database: str) -> str:
        """Return the address of *database* in this cluster."""
        return f"postgresql://billfold:{self.password}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, *, like: str = "template0") -> Iterator[str]:
        """Make a database, give its address, and drop it with whoever is still connected.

        Args:
            like: address or name of a database to copy, to which nobody is connected; the default is empty.
        """
        name = f"test_{secrets.token_hex(6)}"
        self._run("createdb", f"--template={like.rpartition('/')[2]}", name)
        try:
            yield self.url(name)
        finally:
            self._run("dropdb", "--force", name)

    def _run(self, program: str, *arguments: str) -> None:
        connection = ["--host=127.0.0.1", f"--port={self.port}", "--username=billfold", "--no-password"]
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": self.password}
        subprocess.run([self.binaries / program, *connection, *arguments], env=environment, check=True, timeout=60)


def find_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL of at least ``OLDEST_VERSION``, or nothing."""
    found = {version: folder for folder in _candidates() if (version := _version(folder)) >= OLDEST_VERSION}
    return found[max(found)] if found else None


@contextmanager
def running_cluster(binaries: Path) -> Iterator[Cluster]:
    """Make and start a cluster with the programs in *binaries*; end it and remove its folder afterwards."""
    with tempfile.TemporaryDirectory(prefix="billfold-postgresql-") as folder:
        owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        home, password = Path(folder), secrets.token_urlsafe(24)
        _initialise(binaries, home, password, owner)
        port = free_port()
        with (home / "log").open("wb") as log:
            server = _popen(owner, home, _server_command(binaries, home, port), log)
        try:
            _wait_until_ready(server, home)
            yield Cluster(binaries, port, password)
        finally:
            _stop(server)


def _candidates() -> Iterator[Path]:
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    on_path = shutil.which("postgres")
    if on_path is not None:
        yield Path(on_path).resolve().parent


def _version(binaries: Path) -> int:
    """Return the major version of the server in *binaries*, 0 where one of the programs is missing."""
    if not all((binaries / program).exists() for program in ("postgres", "initdb", "createdb", "dropdb")):
        return 0
    text = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    digits = text.split("(PostgreSQL)")[-1].split(".")[0].strip()  # "postgres (PostgreSQL) 15.18 (Debian …)"
    return int(digits) if digits.isdigit() else 0


def _popen(owner: pwd.struct_passwd | None, home: Path, command: list[str], log: IO[bytes]) -> Process:
    return subprocess.Popen(
        command,
        stdout=log,
        stderr=log,
        user=None if owner is None else owner.pw_uid,
        group=None if owner is None else owner.pw_gid,
        extra_groups=None if owner is None else [],
        cwd=home,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(home)},
    )


def _initialise(binaries: Path, home: Path, password: str, owner: pwd.struct_passwd | None) -> None:
    password_file = home / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if owner is not None:
        os.chown(password_file, owner.pw_uid, owner.pw_gid)
    command = [
        *(str(binaries / "initdb"), "--pgdata=data", "--username=billfold", f"--pwfile={password_file}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
    ]
    with (home / "log").open("wb") as log:
        if _popen(owner, home, command, log).wait(START_S) != 0:
            raise RuntimeError(f"initdb failed: {_tail(home)}")


def _tail(home: Path) -> str:
    return (home / "log").read_text()[-2000:]


def _server_command(binaries: Path, home: Path, port: int) -> list[str]:
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "jit": "off"}
    options = [f"--{name}={value}" for name, value in settings.items()]
    return [str(binaries / "postgres"), "-D", str(home / "data"), *options]


def _wait_until_ready(server: Process, home: Path) -> None:
    """Wait for the last line of postmaster.pid, where the server writes that it takes connections."""
    pid_file, deadline = home / "data" / "postmaster.pid", time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        if pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"):
            return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start: {_tail(home)}")


def _stop(server: Process) -> None:
    """Ask for a fast shutdown, which disconnects everybody; where that takes too long, for an immediate one."""
    for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is None:
            server.send_signal(request)
            try:
                server.wait(STOP_S)
            except subprocess.TimeoutExpired:
                continue
