"""What can go wrong at a channel, named by what the caller can do about it.

ChannelError
├── ForgedRequest        do not believe it
├── MalformedRequest     believed, but not readable: keep it as a dead letter
├── ChannelUnavailable   nothing left this machine or the platform said no for now: try again later
├── OutcomeUnknown       it may have been delivered: never repeat it unmarked
├── WindowClosed         the platform lets us speak again only after the citizen does: hold it
└── ReplyRejected        never again with this reply
"""


class ChannelError(Exception):
    """Anything that a channel could not do."""


class ForgedRequest(ChannelError):
    """A webhook whose signature or secret is wrong."""


class MalformedRequest(ChannelError):
    """A webhook that is signed, but cannot be read."""


class ChannelUnavailable(ChannelError):
    """The platform did not take it for now; `retry_after` is in seconds, None when the platform named none."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OutcomeUnknown(ChannelError):
    """The request left, but no answer came: the citizen may have got it or not."""


class WindowClosed(ChannelError):
    """The platform's window or quota is used up until the citizen writes again (WeChat 45015, 45047)."""


class ReplyRejected(ChannelError):
    """The platform refuses this reply for good (blocked by the citizen, account gone, content refused)."""
