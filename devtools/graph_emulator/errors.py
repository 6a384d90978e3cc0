"""The errors of the emulated Graph, with the codes and the messages that were seen of the real one."""

import json
from typing import Any


class GraphError(Exception):
    """An answer that is no success: HTTP status, Graph's code and message, `Retry-After` in seconds."""

    def __init__(self, status: int, code: str, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def body(self, date: str, request_id: str, client_request_id: str) -> bytes:
        """The error's JSON: both request ids stand in `innerError`, as they stand in the headers."""
        inner = {"date": date, "request-id": request_id, "client-request-id": client_request_id}
        error: dict[str, Any] = {"code": self.code, "message": self.message, "innerError": inner}
        return json.dumps({"error": error}, separators=(",", ":")).encode()


def unknown_error() -> GraphError:
    """What Bookings says to most bad input: 500 and nothing else."""
    return GraphError(500, "UnknownError")


def bad_request(message: str) -> GraphError:
    """OData refused the request before Bookings saw it."""
    return GraphError(400, "BadRequest", message)


def no_such_segment(segment: str) -> GraphError:
    """The path does not exist in the service's model."""
    return bad_request(f"Resource not found for the segment '{segment}'.")


def item_not_found() -> GraphError:
    """No such entity in this booking business."""
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def irresolvable_conflict() -> GraphError:
    """Exchange touched the item itself since it was made; nothing was changed."""
    message = "The change key passed in the request does not match the current change key for the item."
    return GraphError(412, "ErrorIrresolvableConflict", message)


def malformed_id() -> GraphError:
    """The id is not of the form that this route takes."""
    return GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed.")


def no_such_mailbox() -> GraphError:
    """The business id is no mailbox of this tenant."""
    return GraphError(404, "ErrorNonExistentMailbox", "The SMTP address has no mailbox associated with it.")


def not_a_booking_mailbox() -> GraphError:
    """The mailbox exists, but has no booking calendar."""
    return GraphError(404, "ErrorFolderNotFound", "The specified folder could not be found in the store.")


def invalid_request() -> GraphError:
    """A required query parameter is missing or unreadable."""
    return GraphError(400, "ErrorInvalidRequest", "The request is invalid.")


def invalid_token(message: str) -> GraphError:
    """The bearer token is missing, forged, expired or meant for another service."""
    return GraphError(401, "InvalidAuthenticationToken", message)


def access_denied(status: int) -> GraphError:
    """The token is good, but lacks the app role that the operation needs."""
    return GraphError(status, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def throttled(retry_after: float | None) -> GraphError:
    """More requests at once for one app and mailbox than Graph allows."""
    return GraphError(
        429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.", retry_after
    )


def not_emulated(method: str, route: str) -> GraphError:
    """The real service may know this route; the emulator does not, and says so instead of guessing."""
    return GraphError(501, "NotImplemented", f"The emulator does not implement {method} {route}")
