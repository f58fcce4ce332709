"""Sign in to an IMAP server: with a token or a password, in the way that the server takes."""

import imaplib
from dataclasses import dataclass

from homarus.net.mail.client import SocketClient
from homarus.net.mail.failed import sign_in_failed
from homarus.net.mail.servers import MailServer, Security


@dataclass(slots=True)
class _Token:
    """Answers a server's challenges with a token once; what it says after that is why it refuses."""

    user: str
    token: str
    challenge: str = ""
    is_said: bool = False

    def __call__(self, challenge: bytes) -> bytes:
        if self.is_said:
            self.challenge = challenge.decode("utf-8", "replace")
            return b""
        self.is_said = True
        return f"user={self.user}\x01auth=Bearer {self.token}\x01\x01".encode()


def sign_in(client: SocketClient, server: MailServer) -> None:
    """Sign in, unless the server knows the connection already or there is nobody to sign in.

    Raises:
        SignInError: when the server does not let this account in.
    """
    if client.state != "NONAUTH" or not server.user:
        return
    token = _Token(server.user, server.token)
    try:
        if server.token:
            client.authenticate("XOAUTH2", token)
        elif "AUTH=PLAIN" in client.extensions():
            secret = f"\0{server.user}\0{server.password}".encode()
            client.authenticate("PLAIN", lambda _challenge: secret)
        elif "LOGINDISABLED" in client.extensions() and server.security is Security.NONE:
            raise sign_in_failed(server, "LOGINDISABLED")
        else:
            client.login(server.user, server.password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise sign_in_failed(server, str(error), challenge=token.challenge) from error
