"""Runs one node: the HTTP server around a `Service`, until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable

from aiohttp import web

from bot.app import Service
from bot.city import City
from bot.config import Settings
from bot.log import get_logger

log = get_logger(__name__)


async def run(settings: Settings, city: City, *, ready: Callable[[str], object]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told what to open once everything answers."""
    service = Service(settings, city)
    # auto_decompress off: a body is only what its channel reads; a broken Content-Encoding must not cut the line.
    runner = web.AppRunner(service.web_app(), auto_decompress=False, access_log=None, shutdown_timeout=5.0)
    await service.start()
    try:
        await runner.setup()
        await web.TCPSite(runner, settings.host, settings.port, backlog=512, reuse_address=True).start()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, service.reload)
        ready(_greeting(service, city))
        await _told_to_stop()
        log.info("stopping", action="stopping")
        await service.hang_up()
        await runner.cleanup()
    finally:
        await service.stop()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    await stop.wait()


def _greeting(service: Service, city: City) -> str:
    base = service.base_url
    lines = [f"suda 诉达 · {city.full_name} {city.hotline_name}", f"  市民聊天  {base}/chat"]
    lines.append(f"  坐席台    {base}/desk   （先添加坐席：suda operator add NAME）")
    if service.sandbox:
        lines.append(f"  办件沙盒  {base}/sandbox")
    return "\n".join(lines)
