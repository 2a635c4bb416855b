"""What can go wrong on the way to a case system, named by what the caller can do about it.

HandoffError
├── CaseSystemUnavailable   try again later; the ticket number is the idempotency key
├── CaseSystemRefused       never again with this ticket or event: a dead letter for a person
├── ForgedCallback          do not believe it
├── MalformedCallback       believed, but not readable: keep it as a dead letter
└── StepRefused             the state table has no such step
"""


class HandoffError(Exception):
    """Anything that the way to the case system could not do."""


class CaseSystemUnavailable(HandoffError):
    """It did not answer, or said not now; `retry_after` is in seconds, None when it named none."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CaseSystemRefused(HandoffError):
    """It answered that it will never take this."""


class ForgedCallback(HandoffError):
    """A status callback whose signature or time is wrong."""


class MalformedCallback(HandoffError):
    """A status callback that is signed, but cannot be read."""


class StepRefused(HandoffError):
    """A status change that the state table does not allow."""
