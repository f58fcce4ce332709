"""Every way a call fails, by its stage and in the house's words."""

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from homarus.domain.errors import ConnectionFailedError, Stage
from homarus.domain.i18n import _


def failed(error: Exception, place: str, *, stage: Stage) -> ConnectionFailedError:
    """Say in the house's words how a call failed; `stage` is how far it had come when nothing else is known."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        sentence, hint = _("{place} has no address."), _("Check the spelling of the address and your network.")
        return _failure(Stage.RESOLVE, sentence, place, hint)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        sentence, hint = _("{place} did not answer the call in time."), _("Check that the machine is on and reachable.")
        return _failure(Stage.CONNECT, sentence, place, hint, is_timeout=True)
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError):
        sentence = _("{place} cannot prove who it is (TLS).")
        hint = _("Check its certificate; a certificate of your own is trusted through SSL_CERT_FILE.")
        return _failure(Stage.CONNECT, sentence, place, hint)
    if isinstance(error, aiohttp.ClientConnectorError):
        sentence, hint = _("Nothing answers at {place}."), _("Start the server there, or check address and port.")
        return _failure(Stage.CONNECT, sentence, place, hint)
    if isinstance(error, TimeoutError):
        sentence, hint = _("{place} was silent for too long."), _("It may be busy or stuck; try again or restart it.")
        return _failure(stage, sentence, place, hint, is_timeout=True)
    if isinstance(error, aiohttp.ClientResponseError | HttpProcessingError):
        sentence, hint = _("{place} answers something that is not HTTP."), _("Check that address and port are right.")
        return _failure(stage, sentence, place, hint)
    sentence, hint = _("{place} broke off."), _("Try again; look into the server's log when it happens again.")
    return _failure(stage, sentence, place, hint)


def _failure(stage: Stage, sentence: str, place: str, hint: str, *, is_timeout: bool = False) -> ConnectionFailedError:
    return ConnectionFailedError(stage, sentence.format(place=place), hint=hint, is_timeout=is_timeout)
