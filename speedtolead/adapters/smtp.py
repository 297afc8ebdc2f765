"""The mail port on SMTP (RFC 5321), by aiosmtplib.

Owns: the message's form (RFC 5322), the way to the server, and what each refusal means. Must not know: attempts,
permits, rows. A mail is handed over once; where the server's last word never came, nobody can say whether it was
taken.

TLS: ``smtps://`` from the first byte, ``smtp://`` by STARTTLS where the server offers it. Source of the one-click
headers: RFC 8058.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from speedtolead.ports import Indeterminate, Permanent, PortError, Transient
from speedtolead.ports.messages import BAD_ADDRESS, OutboundMail

_SOON, _LATER = timedelta(minutes=1), timedelta(minutes=15)
_SECONDS = 20.0


class SmtpMailer:
    """Hands mails to one server; a connection for each."""

    def __init__(self, url: str, timeout: float = _SECONDS) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._timeout = timeout

    async def send_mail(self, mail: OutboundMail) -> str:
        message = composed(mail)
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._tls,
            username=self._user,
            password=self._password,
            timeout=self._timeout,
        )
        try:
            await client.connect()
        except (TimeoutError, aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            raise _not_reached(error) from error
        try:
            await client.send_message(message)
        except (TimeoutError, aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise _meaning(error) from error
        finally:
            client.close()
        return str(message["Message-ID"])


def composed(mail: OutboundMail) -> EmailMessage:
    """The mail as it goes out: text and HTML of the same words, and the headers by which it is ended."""
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = mail.receiver
    if mail.reply_to:
        message["Reply-To"] = mail.reply_to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{mail.message_id}@{parseaddr(mail.sender)[1].partition('@')[2] or 'localhost'}>"
    if mail.unsubscribe:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    if mail.calendar is not None:
        message.add_attachment(mail.calendar, subtype="calendar", filename="call.ics")
    return message


def _not_reached(error: Exception) -> PortError:
    """Before a byte of the mail has left: nothing happened."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Transient(f"the mail server refuses the user: {error.code}", retry_after=_LATER)
    return Transient(f"the mail server is not reached: {type(error).__name__}", retry_after=_SOON)


def _meaning(error: Exception) -> PortError:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refusal = error.recipients[0] if error.recipients else error
        return _meaning(refusal)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return _answered(error)
    if isinstance(error, ValueError | aiosmtplib.SMTPNotSupported):
        return Permanent(f"no mail can be made of it: {type(error).__name__}", code="unsendable")
    return Indeterminate(f"{type(error).__name__} while the mail was handed over")


def _answered(error: aiosmtplib.SMTPResponseException) -> PortError:
    """4xx: not now. 5xx: never, of this receiver where it was the receiver that was refused."""
    code = str(error.code)
    if error.code < 500:
        return Transient(f"the mail server says {code}", retry_after=_LATER, provider_code=code)
    if isinstance(error, aiosmtplib.SMTPRecipientRefused):
        return Permanent(f"the receiver is refused: {code}", code=BAD_ADDRESS, provider_code=code)
    return Permanent(f"the mail server says {code}", code="mail_refused", provider_code=code)
