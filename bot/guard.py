"""What stands before every answer over HTTP: whatever breaks inside never reaches the other side."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.log import get_logger

log = get_logger(__name__)


@web.middleware
async def guard(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Whatever breaks inside is logged with its trace; the other side gets a plain 500."""
    try:
        response = await handler(request)
    except web.HTTPException:
        raise
    except (ConnectionResetError, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("request failed", action="request_failed", route=request.path)
        raise web.HTTPInternalServerError(text="internal error") from None
    else:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
