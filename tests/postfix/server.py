"""A real Postfix on loopback, with Dovecot for passwords and mailboxes; nothing ever leaves.

What it accepts is put on hold, so that a test can count it; what is for notices.test is delivered
to Dovecot's mailboxes. Every test listens on a port of its own: Postfix counts clients by port.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from postroad.sandbox.certificates import Authority

ANY_PASSWORD = "thëirs"
"""Opens every mailbox."""

REQUIRED = "POSTROAD_REQUIRE_POSTFIX"
"""Set it where the tests must run: then what is missing is a failure instead of a skip."""

_SBIN = "/usr/sbin:/sbin"
_SECONDS = 30.0
_OWNER = pwd.getpwnam("nobody")
"""Whom mails in mailboxes belong to."""

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/postfix.log
maillog_file_prefixes = {home}
myhostname = mx.relay.test
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = buyer.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
default_transport = error:nothing leaves this server
relay_transport = discard:nothing leaves this server
transport_maps = texthash:{home}/transport
virtual_mailbox_domains = notices.test
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = texthash:{home}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
recipient_delimiter = +
delay_warning_time = 1s
smtp_dns_support_level = disabled
smtpd_error_sleep_time = 0
smtpd_peername_lookup = no
smtpd_data_restrictions = check_client_access static:HOLD
header_checks = regexp:{{ {{/^X-Postroad-Message: spam/ REJECT This is spam}} }}
smtpd_client_event_limit_exceptions =
smtpd_tls_chain_files = {home}/server.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_sasl_auth_enable = yes
"""

_MASTER = """\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
discard unix - - n - - discard
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
smtp unix - - n - - smtp
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""

_DOVECOT = """\
base_dir = {home}/dovecot
state_dir = {home}/dovecot
log_path = {home}/dovecot.log
protocols = imap
mail_location = maildir:~/Maildir
ssl = yes
ssl_cert = <{home}/server.pem
ssl_key = <{home}/server.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {home}/passwords
}}
passdb {{
  driver = static
  args = password={any_password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%n
}}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap_port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps_port}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth_port}
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
"""Without the penalty for wrong passwords: it slows down whoever comes after."""


def missing() -> str:
    """Return what a test with Postfix lacks on this machine; empty where it lacks nothing."""
    if os.geteuid() != 0:
        return "Postfix starts as root only"
    absent = [name for name in ("postfix", "postconf", "dovecot") if not _program(name)]
    if not Path("/usr/lib/dovecot/imap").exists():
        absent.append("dovecot-imapd")
    return f"not installed: {', '.join(absent)}" if absent else ""


class Postfix:
    """One server in a temporary directory, with as many ports as wanted."""

    def __init__(self, users: Mapping[str, str], authority: Authority) -> None:
        """Write its configuration.

        Args:
            users: passwords by user name.
            authority: signs its certificate.
        """
        self._home = Path(tempfile.mkdtemp(prefix="postroad-postfix-"))
        self._home.chmod(0o755)  # its daemons run as other accounts
        self._config = self._home / "config"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._auth_port = _free_port()
        self.imap_port, self.imaps_port = _free_port(), _free_port()
        for name in ("config", "queue", "data", "dovecot", "mail"):
            (self._home / name).mkdir()
        shutil.chown(self._home / "data", "postfix")
        shutil.chown(self._home / "mail", _OWNER.pw_uid, _OWNER.pw_gid)
        places = {
            "home": self._home,
            "auth_port": self._auth_port,
            "imap_port": self.imap_port,
            "imaps_port": self.imaps_port,
            "uid": _OWNER.pw_uid,
            "gid": _OWNER.pw_gid,
            "any_password": ANY_PASSWORD,
        }
        (self._config / "main.cf").write_text(_MAIN.format_map(places))
        (self._config / "master.cf").write_text(_MASTER)
        (self._home / "dovecot.conf").write_text(_DOVECOT.format_map(places))
        self._routes = self._home / "transport"
        self._routes.touch()
        self._mailboxes = self._home / "mailboxes"
        self._mailboxes.touch()
        pem = self._home / "server.pem"
        pem.touch(mode=0o600)
        pem.write_bytes(authority.server_pem())
        lines = (f"{user}:{{PLAIN}}{password}\n" for user, password in users.items())
        (self._home / "passwords").write_text("".join(lines))

    def start(self) -> None:
        """Start both servers, and wait until passwords can be checked."""
        self._run("postfix", "-c", str(self._config), "check")
        daemons = self._run("postconf", "-c", str(self._config), "-h", "daemon_directory")
        self._spawn(_program("dovecot"), "-F", "-c", str(self._home / "dovecot.conf"))
        self._spawn(f"{daemons.decode().strip()}/master", "-c", str(self._config), "-d")
        self._wait_for(self._auth_port)
        self._wait_for(self.imap_port)

    def stop(self) -> None:
        """End what was started, by its process id, and remove everything it wrote."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(_SECONDS)
        shutil.rmtree(self._home)

    def listen(self, **options: str) -> int:
        """Listen on one port more, with options of its own; return the port."""
        port = _free_port()
        written = "".join(f"  -o {{ {name} = {value} }}\n" for name, value in options.items())
        with (self._config / "master.cf").open("a") as file:
            file.write(f"127.0.0.1:{port} inet n - n - - smtpd\n{written}")
        self._processes[-1].send_signal(signal.SIGHUP)  # master reads its files again
        self._wait_for(port)
        return port

    def route(self, domain: str, port: int) -> None:
        """Hand what is for a domain and not on hold to a port of this machine, from `listen` on."""
        self.transport(domain, f"smtp:[127.0.0.1]:{port}")

    def transport(self, domain: str, transport: str) -> None:
        """Have what is for a domain and not on hold delivered some way (transport(5))."""
        with self._routes.open("a") as file:
            file.write(f"{domain} {transport}\n")

    def deliver_to(self, mailbox: str) -> None:
        """Deliver what is for a mailbox at notices.test, and its subaddresses, from `listen` on."""
        with self._mailboxes.open("a") as file:
            file.write(f"{mailbox}@notices.test {mailbox}/Maildir/\n")

    def doveadm(self, *command: str) -> str:
        """Steer mailboxes as their administrator does."""
        return self._run("doveadm", "-c", str(self._home / "dovecot.conf"), *command).decode()

    def held(self, word: bytes) -> list[bytes]:
        """Return the messages on hold that contain a word, as they would be handed on."""
        found = [path for path in self._on_hold() if word in path.read_bytes()]
        return [self._run("postcat", "-c", str(self._config), "-bh", str(one)) for one in found]

    def accepted(self, key: str) -> int:
        """Return how many messages it took whose X-Postroad-Message begins with a key."""
        name = f"X-Postroad-Message: {key}".encode()
        return sum(name in path.read_bytes() for path in self._on_hold())

    def _on_hold(self) -> Iterator[Path]:
        return (path for path in (self._home / "queue/hold").rglob("*") if path.is_file())

    def _run(self, program: str, *arguments: str) -> bytes:
        done = subprocess.run(
            [_program(program), *arguments], check=True, capture_output=True, timeout=_SECONDS
        )
        return done.stdout

    def _spawn(self, *command: str) -> None:
        with (self._home / "output.log").open("ab") as output:
            self._processes.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
            )

    def _wait_for(self, port: int) -> None:
        deadline = time.monotonic() + _SECONDS
        while not _answers(port):
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing answers on port {port}: {self._log()}")
            time.sleep(0.02)

    def _log(self) -> str:
        logs = (self._home / name for name in ("postfix.log", "dovecot.log", "output.log"))
        return "\n".join(log.read_text() for log in logs if log.exists())


def _program(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SBIN}") or ""


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
