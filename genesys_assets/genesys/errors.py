"""What can go wrong when talking to Genesys Cloud.

Every error says in ``transient`` whether trying the same again later can help. No text ever holds a
client secret, a token or the query of a pre-signed address.
"""

from __future__ import annotations

import re

_PERMISSION = re.compile(r"\b[A-Za-z]\w*:[A-Za-z*][\w*]*:[A-Za-z*]\w*")


class GenesysError(Exception):
    """Anything that went wrong between here and Genesys Cloud."""

    transient: bool = False


class SettingsError(GenesysError):
    """The settings are incomplete or contradictory; the message names the variable and the remedy."""


class SignInError(GenesysError):
    """Genesys Cloud refused the OAuth client: wrong id or secret, wrong region, or a disabled client."""


class ApiError(GenesysError):
    """An answer with an error status that a retry cannot mend.

    ``status`` is the HTTP status, ``path`` the request's path without query, ``message`` what the
    answer's body said, ``correlation_id`` the one to quote to Genesys support (``inin-correlation-id``).
    """

    def __init__(self, status: int, method: str, path: str, message: str, correlation_id: str | None = None) -> None:
        self.status = status
        self.method = method
        self.path = path
        self.message = message
        self.correlation_id = correlation_id
        super().__init__(status, method, path, message, correlation_id)

    def __str__(self) -> str:
        suffix = f" (correlation id {self.correlation_id})" if self.correlation_id else ""
        return f"{self.method} {self.path} answered {self.status}: {self.message}{suffix}"


class PermissionDenied(ApiError):
    """A 403: the OAuth client's role lacks a permission, or its divisions do not reach far enough."""

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions that the answer named as missing; empty when it named none."""
        return tuple(dict.fromkeys(_PERMISSION.findall(self.message)))

    def __str__(self) -> str:
        missing = ", ".join(self.permissions)
        remedy = f"give the OAuth client a role with {missing}" if missing else "check the OAuth client's roles"
        return f"{super().__str__()}; {remedy}, in every division that is to be loaded"


class NotFound(ApiError):
    """A 404: there is no such thing, or the OAuth client may not see it."""


class TransientError(GenesysError):
    """The retries are used up: rate limit, a failing server or a connection that does not hold."""

    transient = True


class PagingError(GenesysError):
    """A listing that cannot be read to its true end, so that nothing of it may be taken for complete.

    ``transient`` where the answer itself was broken (not JSON, not an object); not where the listing
    runs in circles, ends at the offset ceiling, or has another shape than declared.
    """

    def __init__(self, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.transient = transient


class JobError(GenesysError):
    """An async job that gave no result.

    ``state`` is the last one Genesys told, in capitals (empty: it told none, or no longer knows the job),
    ``error_message`` its reason. Only a job that somebody
    cancelled is not ``transient``: a query that is wrong is refused when it is submitted.
    """

    def __init__(self, message: str, *, state: str, error_message: str | None = None, transient: bool = True) -> None:
        super().__init__(message)
        self.state = state
        self.error_message = error_message
        self.transient = transient


class Cancelled(GenesysError):
    """The caller's ``cancelled`` said so; nothing is wrong with Genesys Cloud."""
