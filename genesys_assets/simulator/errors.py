"""Error answers as Genesys Cloud words them."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """An answer with an error status; ``parameters`` stand in braces in ``template``."""

    def __init__(
        self, status: int, code: str, template: str, headers: dict[str, str] | None = None, **parameters: object
    ) -> None:
        self.status = status
        self.code = code
        self.template = template
        self.headers = headers or {}
        self.parameters = {name: str(value) for name, value in parameters.items()}
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """The message with its parameters filled in."""
        text = self.template
        for name, value in self.parameters.items():
            text = text.replace("{" + name + "}", value)
        return text

    def body(self, context: str) -> dict[str, Any]:
        """The JSON body."""
        return {
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "messageWithParams": self.template,
            "messageParams": self.parameters,
            "contextId": context,
            "details": [],
            "errors": [],
        }


def bad_request(template: str, **parameters: object) -> ApiError:
    """400."""
    return ApiError(400, "bad.request", template, None, **parameters)


def not_found(what: str, identifier: str) -> ApiError:
    """404."""
    return ApiError(404, "not.found", "Unable to find {what} with the id {id}", what=what, id=identifier)
