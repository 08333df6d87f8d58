"""Signing in: the OAuth client credentials grant, and a token that is renewed before it ends."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, cast

import httpx
import msgspec

from genesys_assets.genesys.errors import SignInError
from genesys_assets.genesys.retry import DROPPED, Failure, Failures, Retries, failure_of
from genesys_assets.genesys.settings import Settings

log = logging.getLogger(__name__)

TOKEN_PATH = "/oauth/token"
_MARGIN = 300.0


class SignIn:
    """Holds the access token of one OAuth client; several threads share one renewal.

    ``heard`` is given the headers of each answer. Source: ``POST {login_url}/oauth/token``. The token never
    leaves through ``repr``, logs or errors.
    """

    def __init__(
        self,
        settings: Settings,
        http: httpx.Client,
        retries: Retries,
        heard: Callable[[httpx.Headers], None] = lambda headers: None,
    ) -> None:
        self._settings = settings
        self._heard = heard
        self._http = http
        self._retries = retries
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0

    def token(self, pause: Callable[[float], None]) -> str:
        """A token that is good for a while yet; ``pause`` sleeps between attempts.

        Raises:
            SignInError: the OAuth client is refused, or the answer holds no token.
            TransientError: the sign-in cannot be reached.
        """
        with self._lock:
            if self._token is None or time.monotonic() >= self._renew_at:
                self._token = self._fetch(pause)
            return self._token

    def discard(self, token: str) -> None:
        """Forget ``token``, unless another thread has already renewed it."""
        with self._lock:
            if self._token == token:
                self._token = None

    def secrets(self) -> tuple[str, ...]:
        """The texts that must not show up anywhere."""
        token = self._token
        return (self._settings.client_secret, token) if token else (self._settings.client_secret,)

    def _fetch(self, pause: Callable[[float], None]) -> str:
        settings = self._settings
        failures = Failures(self._retries, f"sign-in at {settings.login_url}{TOKEN_PATH}")
        while True:
            asked = time.monotonic()
            try:
                response = self._http.post(
                    settings.login_url + TOKEN_PATH,
                    data={"grant_type": "client_credentials"},
                    auth=(settings.client_id, settings.client_secret),
                )
                self._heard(response.headers)
                failure = failure_of(response)
            except DROPPED as error:
                response, failure = None, Failure(type(error).__name__)
            if response is not None and failure is None:
                return self._accept(response, asked)
            assert failure is not None
            wait = failures.wait_after(failure)
            log.warning("sign-in failed (%s), next attempt in %.1f s", failure.reason, wait)
            pause(wait)

    def _accept(self, response: httpx.Response, asked: float) -> str:
        where = f"sign-in at {self._settings.login_url}{TOKEN_PATH}"
        if not response.is_success:
            raise SignInError(
                f"{where} answered {response.status_code}: OAuth client {self._settings.client_id} was refused; check "
                "its id, its secret, that it has the grant type client credentials, and the region"
            )
        try:
            answer = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = None
        values = cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
        token, lifetime = values.get("access_token"), values.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(lifetime, int | float):
            raise SignInError(f"{where} answered {response.status_code} without a token and its lifetime")
        self._renew_at = asked + lifetime - min(_MARGIN, lifetime / 10)
        log.info("signed in as OAuth client %s, the token lasts %.0f s", self._settings.client_id, lifetime)
        return token
