"""Telling trouble with one parent or item from an outage."""

from __future__ import annotations

from genesys_assets.genesys import GenesysError

MAX_CONSECUTIVE_FAILURES = 5
"""So many requests in a row that fail for want of an answer are an outage, not trouble with one of them."""


class Patience:
    """Bears failures of single requests, until too many of them follow each other."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def bear(self, error: GenesysError) -> None:
        """Take note of a failure.

        Raises:
            GenesysError: the failure itself, if it is one too many.
        """
        self._in_a_row = self._in_a_row + 1 if error.transient else 0
        if self._in_a_row >= MAX_CONSECUTIVE_FAILURES:
            raise error

    def renew(self) -> None:
        """Take note of an answer."""
        self._in_a_row = 0
