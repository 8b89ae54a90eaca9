"""Refusals in the shape Stripe gives them."""

from __future__ import annotations

from typing import Any, Final

DOCUMENTATION: Final = "https://stripe.com/docs/error-codes/"
INVALID: Final = "invalid_request_error"


class Refused(Exception):
    """A request that is answered with an error object.

    ``began`` says whether carrying it out had begun, so that its answer is kept under its
    idempotency key; what fails validation is not.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = INVALID,
        code: str | None = None,
        param: str | None = None,
        began: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.began = began
        self._error = {"type": kind, "message": message, "code": code, "param": param}

    def body(self) -> dict[str, Any]:
        """Return the error object as it is answered."""
        error = {name: value for name, value in self._error.items() if value is not None}
        if code := error.get("code"):
            error["doc_url"] = DOCUMENTATION + str(code).replace("_", "-")
        return {"error": error}


def missing(param: str) -> Refused:
    """Return the refusal of a request that lacks ``param``."""
    return Refused(f"Missing required param: {param}.", code="parameter_missing", param=param)


def no_such(kind: str, object_id: str, param: str, hint: str = "") -> Refused:
    """Return the refusal of an id nobody has, for example of the other mode."""
    message = f"No such {kind}: '{object_id}'{hint}"
    return Refused(message, status=404, code="resource_missing", param=param, began=True)


def not_acted_on(param: str) -> Refused:
    """Return the refusal of what Stripe takes and the stand-in does nothing with."""
    return Refused(
        f"The stand-in does not act on {param}: teach it before it is sent.", param=param
    )
