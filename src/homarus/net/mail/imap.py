"""A mailbox on an IMAP server: one connection for an account, used from a thread of its own, with a limit on each word.

Whoever waits can be cancelled at any time; the connection is hung up then, and the thread ends with it.
"""

import asyncio
import imaplib
import socket
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from homarus.domain.content import JsonObject
from homarus.domain.errors import HomarusError, NotFoundError
from homarus.domain.i18n import _
from homarus.domain.ports import Door
from homarus.net.dialling import tls_context
from homarus.net.mail import commands
from homarus.net.mail.changes import Changes, Watermark, changes_of
from homarus.net.mail.client import SocketClient, mailbox_over
from homarus.net.mail.failed import imap_failed
from homarus.net.mail.fetching import Mail, fetched
from homarus.net.mail.folders import Folder, chosen, folders_of
from homarus.net.mail.servers import MailServer, Security, check_privacy, need_extra
from homarus.net.mail.signing_in import sign_in

if TYPE_CHECKING:
    from imap_tools import BaseMailBox

T = TypeVar("T")
WHOLE_LIMIT_S = 600.0
"""The longest that one question to a server may take, answers included."""
IDLE_LIMIT_S = 25 * 60.0
"""RFC 2177: an IDLE is renewed before 29 minutes have passed."""
_POLL_S = 30.0


@dataclass(slots=True, kw_only=True)
class ImapSession:
    """A mailbox that is open; its methods run one after the other."""

    server: MailServer
    capabilities: frozenset[str]
    """In capitals, as they are after signing in."""
    _box: "BaseMailBox"
    _client: SocketClient
    _thread: ThreadPoolExecutor
    _folders: tuple[Folder, ...] = field(default=())

    async def folders(self) -> tuple[Folder, ...]:
        """Return the folders, with what each is for."""
        if not self._folders:
            self._folders = await self.run("LIST", folders_of)
        return self._folders

    async def special(self, use: str) -> str | None:
        """Return the folder for `drafts`, `sent`, `trash`, `junk`, `archive`: as the server says, else by its name."""
        return chosen(await self.folders(), use)

    async def changes(self, folder: str = "INBOX", *, since: JsonObject | None = None, whole: str = "ALL") -> Changes:
        """Return what is new, changed and gone since a watermark; what `whole` finds where there is none that holds.

        `whole` is an IMAP search: `ALL`, `SINCE 1-Nov-2026`.
        """
        mark = Watermark.read(since)
        return await self.run(f"SELECT {folder}", lambda _box: changes_of(self._client, folder, mark, whole=whole))

    async def fetch(
        self, uids: Iterable[int], *, most_bytes: int = 25 * 1024 * 1024, headers_only: bool = False
    ) -> tuple[Mail, ...]:
        """Return messages of the folder that `changes` or `search` opened, without marking them as read.

        Of a message that is longer than `most_bytes` the beginning comes, and `is_cut` says so.
        """
        wanted = tuple(uids)
        return await self.run(
            "FETCH", lambda _box: fetched(self._client, wanted, most_bytes=most_bytes, headers_only=headers_only)
        )

    async def search(self, criteria: str, *, folder: str = "INBOX") -> tuple[int, ...]:
        """Return the uids of what an IMAP search finds: `UNSEEN`, `HEADER Message-ID "<a@b>"`."""

        def find(_box: "BaseMailBox") -> tuple[int, ...]:
            commands.choose(self._client, folder, is_read_only=True)
            return commands.found(self._client, criteria)

        return await self.run(f"SEARCH {folder}", find)

    async def append(
        self, folder: str, raw: bytes, *, flags: Sequence[str] = (), at: datetime | None = None
    ) -> int | None:
        r"""Put a message into a folder, with flags such as `\Draft`; return its uid where the server tells it."""
        when = at or datetime.now(UTC)
        return await self.run(
            f"APPEND {folder}", lambda _box: commands.put(self._client, folder, raw, flags=flags, at=when)
        )

    async def flag(self, folder: str, uids: Iterable[int], flags: Sequence[str], *, is_set: bool = True) -> None:
        r"""Set or take away flags such as `\Seen` and `\Answered`."""
        wanted = ",".join(str(uid) for uid in uids)

        def mark(_box: "BaseMailBox") -> None:
            commands.choose(self._client, folder, is_read_only=False)
            commands.told(
                self._client, "STORE", wanted, "+FLAGS.SILENT" if is_set else "-FLAGS.SILENT", f"({' '.join(flags)})"
            )

        if wanted:
            await self.run(f"STORE {folder}", mark)

    async def move(self, folder: str, uids: Iterable[int], to: str) -> None:
        """Move messages; where the server cannot, they are copied and only these are taken away."""
        wanted = ",".join(str(uid) for uid in uids)

        def carry(_box: "BaseMailBox") -> None:
            commands.choose(self._client, folder, is_read_only=False)
            commands.carry(self._client, wanted, to)

        if wanted:
            await self.run(f"MOVE {folder}", carry)

    async def idle(self, folder: str = "INBOX", *, limit_s: float = IDLE_LIMIT_S) -> bool:
        """Wait until something happens in a folder; tell whether it did. Where the server has no IDLE it is asked."""
        if "IDLE" not in self.capabilities:
            await asyncio.sleep(min(limit_s, _POLL_S))
            return await self.run("NOOP", lambda _box: commands.has_news(self._client, folder))
        limit_s = min(limit_s, IDLE_LIMIT_S)

        def wait(_box: "BaseMailBox") -> bool:
            commands.choose(self._client, folder, is_read_only=True)
            return self._client.idle(limit_s)

        return await self.run("IDLE", wait, limit_s=limit_s + WHOLE_LIMIT_S)

    async def run(self, doing: str, work: "Callable[[BaseMailBox], T]", *, limit_s: float = WHOLE_LIMIT_S) -> T:
        """Do something with imap-tools' mailbox in the session's thread; `doing` names it in errors.

        Raises:
            HomarusError: in the words of the house; the session is of no use any more after a connection broke.
        """
        try:
            return await _in_thread(self.server, self._thread, self._client, doing, lambda: work(self._box), limit_s)
        except NotFoundError as error:
            names = ", ".join(folder.name for folder in self._folders if folder.can_be_opened)
            hint = _("It has: {names}.").format(names=names) if names else error.hint
            raise NotFoundError(error.message, hint=hint) from error


@asynccontextmanager
async def open_mailbox(server: MailServer, door: Door) -> AsyncGenerator[ImapSession]:
    """Connect, make it private, sign in; leaving signs out.

    Raises:
        ConfigError: when the extra is missing, or the password would travel in the clear.
        ConnectionFailedError: when nobody answers, or not who should.
        SignInError: when the server does not let the account in.
    """
    need_extra()
    check_privacy(server)
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="homarus-mail")
    try:
        async with door.dial(server.dial(is_tls=server.security is Security.TLS)) as line:
            connecting = _Connecting(server=server, line=line)
            session = await _in_thread(
                server, thread, connecting, "LOGIN", lambda: connecting.session(thread), server.timeout_s * 4
            )
            try:
                yield session
            finally:
                with suppress(HomarusError, asyncio.CancelledError):
                    await session.run("LOGOUT", lambda box: box.client.logout(), limit_s=2.0)
    finally:
        thread.shutdown(wait=False, cancel_futures=True)


@dataclass(slots=True, kw_only=True)
class _Connecting:
    server: MailServer
    line: socket.socket
    client: SocketClient | None = None

    def session(self, thread: ThreadPoolExecutor) -> ImapSession:
        """Greet, begin TLS where it is due, sign in. Runs in the thread."""
        box = mailbox_over(self._connect)
        assert self.client is not None
        if self.server.security is Security.STARTTLS:
            self.client.secure(tls_context())
        sign_in(self.client, self.server)
        return ImapSession(
            server=self.server,
            capabilities=self.client.extended(),
            _box=box,
            _client=self.client,
            _thread=thread,
        )

    def _connect(self) -> SocketClient:
        self.client = SocketClient(self.line, self.server.host)
        return self.client

    def hang_up(self) -> None:
        """Break the connection under whoever reads from it."""
        if self.client is not None:
            self.client.hang_up()
        else:
            with suppress(OSError):
                socket.socket.shutdown(self.line, socket.SHUT_RDWR)


async def _in_thread(
    server: MailServer,
    thread: ThreadPoolExecutor,
    line: "_Connecting | SocketClient",
    doing: str,
    work: Callable[[], T],
    limit_s: float,
) -> T:
    from imap_tools import ImapToolsError

    try:
        async with asyncio.timeout(limit_s):
            return await asyncio.get_running_loop().run_in_executor(thread, work)
    except asyncio.CancelledError:
        line.hang_up()
        raise
    except (OSError, EOFError, imaplib.IMAP4.error, ImapToolsError) as error:
        if isinstance(error, TimeoutError | OSError | imaplib.IMAP4.abort):
            line.hang_up()
        raise imap_failed(server, error, doing=doing) from error
