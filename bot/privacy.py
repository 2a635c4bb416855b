"""The page that tells citizens what is kept of them and why, in the name of their city."""

from collections.abc import Iterable
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.city import City

_STATIC = Path(__file__).parent / "static"
_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors *"


def privacy_routes(city: City) -> Iterable[web.AbstractRouteDef]:
    """GET /privacy, and its style."""
    templates = Environment(loader=FileSystemLoader(_STATIC), autoescape=True, undefined=StrictUndefined)
    page = templates.get_template("privacy.html").render(city=city)
    style = (_STATIC / "privacy.css").read_text("utf-8")

    async def show_page(_: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": _POLICY})

    async def show_style(_: web.Request) -> web.Response:
        return web.Response(text=style, content_type="text/css")

    return [web.get("/privacy", show_page), web.get("/privacy.css", show_style)]
