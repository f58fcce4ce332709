"""A Dovecot of the tests' own: Debian's programs, unpacked and not installed, on loopback, thrown away afterwards.

Its programs look for each other below /usr, so the process gets a /usr of its own (a mount namespace with an overlay);
nothing of this machine changes, and no mail server runs when the tests are done.
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from textwrap import dedent

import pytest

PASSWORD = "only-for-tests"
UNPACKED = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "homarus-tests" / "dovecot"
"""Where scripts/system_packages.py unpacks it."""
_PATIENCE_S = 30.0
_TOKEN_KEY = b"a key for the tests' own tokens, 32 bytes long or more"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailUser:
    """Somebody with a mailbox of their own, which is empty at first."""

    name: str
    password: str = PASSWORD

    @property
    def address(self) -> str:
        return f"{self.name}@example.org"


@dataclass(slots=True, kw_only=True)
class Dovecot:
    """A server with any number of mailboxes: every name is a user."""

    folder: Path
    imap_port: int
    """Plain, with STARTTLS."""
    imaps_port: int
    lmtp_port: int
    host: str = "localhost"
    """As its certificate names it; `certificate` makes it trusted (SSL_CERT_FILE)."""
    process: "subprocess.Popen[bytes] | None" = None
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def user(self) -> MailUser:
        """Return a user whom nobody had before."""
        return MailUser(name=f"user{next(self._names)}")

    def token(self, user: MailUser, *, valid_s: int = 3600) -> str:
        """Return an OAuth token that lets this user in; with a negative time it has expired."""
        now = int(time.time())
        head = {"alg": "HS256", "typ": "JWT", "kid": "tests"}
        body = {"sub": user.name, "iat": now - 7200, "nbf": now - 7200, "exp": now + valid_s, "azp": "homarus"}
        signed = b".".join(_b64(json.dumps(part).encode()) for part in (head, body))
        return b".".join((signed, _b64(hmac.digest(_TOKEN_KEY, signed, hashlib.sha256)))).decode()

    def deliver(self, user: MailUser, *messages: EmailMessage | bytes) -> None:
        """Let mail arrive, as a mail server hands it over (LMTP)."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            for message in messages:
                raw = message if isinstance(message, bytes) else message.as_bytes()
                lmtp.sendmail("sender@elsewhere.example", [user.name], raw, mail_options=["BODY=8BITMIME"])

    def doveadm(self, *words: str) -> str:
        """Run Dovecot's own tool: `doveadm("expunge", "-u", user.name, "mailbox", "INBOX", "all")`."""
        command = _inside(["doveadm", "-c", str(self.folder / "dovecot.conf"), *words])
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S).stdout

    def log(self) -> str:
        """Return what it wrote down."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Start it and wait until it greets."""
        command = ["setpriv", "--pdeathsig", "TERM", "dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(_inside(command), stdout=log, stderr=log, cwd=self.folder)
        until = time.monotonic() + _PATIENCE_S
        while not self._greets():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(_PATIENCE_S)
            self.process = None

    def _greets(self) -> bool:
        try:
            for port in (self.imap_port, self.lmtp_port):
                with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S) as probe:
                    if not probe.recv(64):
                        return False
        except OSError:
            return False
        return True


@contextmanager
def running() -> Generator[Dovecot]:
    """Run a server while inside; skips the test where Dovecot was not unpacked or cannot be given a /usr."""
    if not is_here():
        pytest.skip("Dovecot is not here (make dev unpacks it, as root on Debian)")
    folder = Path(tempfile.mkdtemp(prefix="hdc-", dir="/tmp"))  # short: a socket's path may have 107 bytes
    folder.chmod(0o755)
    ports = _free_ports(3)
    server = Dovecot(folder=folder, imap_port=ports[0], imaps_port=ports[1], lmtp_port=ports[2])
    try:
        _prepare(server)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def is_here() -> bool:
    """Say whether it can be run."""
    if shutil.which("dovecot") is not None:
        return True
    if os.geteuid() or not (UNPACKED / "usr/sbin/dovecot").exists():
        return False
    return subprocess.run(_inside(["true"]), capture_output=True, check=False).returncode == 0


def _inside(command: list[str]) -> list[str]:
    """Return a command that sees the unpacked programs below /usr."""
    if shutil.which("dovecot") is not None:
        return command
    script = f'mount -t overlay overlay -o "lowerdir={UNPACKED}/usr:/usr" /usr && exec "$@"'
    return ["unshare", "-m", "sh", "-c", script, "sh", *command]


def _prepare(server: Dovecot) -> None:
    folder = server.folder
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["-keyout", str(folder / "key.pem"), "-out", str(server.certificate), "-days", "2"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-x509"]
    subprocess.run(["openssl", "req", *curve, *made, *subject], check=True, capture_output=True)
    keys = folder / "keys" / "homarus" / "HS256"
    keys.mkdir(parents=True)
    (keys / "tests").write_bytes(base64.b64encode(_TOKEN_KEY))
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "mail", "mail")
    (folder / "oauth.conf").write_text(
        dedent(f"""\
            introspection_mode = local
            local_validation_key_dict = fs:posix:prefix={folder}/keys/
            username_attribute = sub
        """)
    )
    (folder / "dovecot.conf").write_text(_configuration(server))


def _configuration(server: Dovecot) -> str:
    folder = server.folder
    general = dedent(f"""\
        base_dir = {folder}/run
        log_path = {folder}/log
        listen = 127.0.0.1
        protocols = imap lmtp
        ssl = yes
        ssl_cert = <{server.certificate}
        ssl_key = <{folder}/key.pem
        disable_plaintext_auth = no
        auth_mechanisms = plain login xoauth2 oauthbearer
        default_internal_user = nobody
        default_internal_group = nogroup
        default_login_user = daemon
        first_valid_uid = 8
        mail_uid = mail
        mail_gid = mail
        mail_location = sdbox:{folder}/mail/%n
        mail_max_userip_connections = 50
        mailbox_list_index = yes
        auth_failure_delay = 0
        submission_host =
    """)
    return general + _people(folder) + _MAILBOXES + _services(server)


def _people(folder: Path) -> str:
    return dedent(f"""\
        passdb {{
          driver = oauth2
          mechanisms = xoauth2 oauthbearer
          args = {folder}/oauth.conf
        }}
        passdb {{
          driver = static
          mechanisms = plain login
          args = password={PASSWORD}
        }}
        userdb {{
          driver = static
          args = uid=mail gid=mail home={folder}/mail/%n allow_all_users=yes
        }}
    """)


_MAILBOXES = dedent("""\
    namespace inbox {
      inbox = yes
      separator = /
      mailbox Drafts {
        auto = create
        special_use = \\Drafts
      }
      mailbox Sent {
        auto = create
        special_use = \\Sent
      }
      mailbox Trash {
        auto = create
        special_use = \\Trash
      }
      mailbox Junk {
        auto = create
        special_use = \\Junk
      }
    }
""")


def _services(server: Dovecot) -> str:
    return dedent(f"""\
        service imap-login {{
          chroot =
          inet_listener imap {{
            port = {server.imap_port}
          }}
          inet_listener imaps {{
            port = {server.imaps_port}
            ssl = yes
          }}
        }}
        service lmtp {{
          inet_listener lmtp {{
            address = 127.0.0.1
            port = {server.lmtp_port}
          }}
        }}
        service anvil {{
          chroot =
          unix_listener anvil-auth-penalty {{
            mode = 0
          }}
        }}
    """)


def _b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _free_ports(number: int) -> list[int]:
    probes = [socket.socket() for _ in range(number)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
