"""What all commands share: settings and city, options that mean the same everywhere, figures and faults as text."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from bot.city import City
from bot.config import Settings

if TYPE_CHECKING:
    from bot.knowledge_base import KnowledgeBase
    from bot.storage.base import Storage

T = TypeVar("T")

city_option = click.option("--city", metavar="NAME", help="City pack, a folder of cities/ (default: anshan).")
database_option = click.option("--database", metavar="URL", help="The record, such as sqlite:///var/suda.db.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def fail(message: str) -> NoReturn:
    """One clear text on standard error, and the exit status of a fault."""
    click.echo(message, err=True)
    sys.exit(2)


def settings_with(**flags: object) -> Settings:
    """The settings, with what was said on the command line on top."""
    return Settings.load(os.environ, flags=flags)


def with_record(database: str | None, work: "Callable[[Storage], Awaitable[T]]") -> T:
    """Open the record, do the work, close it."""
    from bot.log import configure_logging
    from bot.storage.base import WrongRecord
    from bot.storage.sql import SqlStorage

    configure_logging("error")
    storage = SqlStorage(Settings.load(os.environ, flags={"database_url": database}).database_url)

    async def run() -> T:
        await storage.start()
        try:
            return await work(storage)
        finally:
            await storage.stop()

    try:
        return asyncio.run(run())
    except WrongRecord as error:
        fail(str(error))


def city_of(settings: Settings) -> City:
    """The pack that the settings name."""
    return City.find(settings.city, settings.cities)


def model_of(settings: Settings) -> Path:
    """The model folder in use."""
    from nlu.encoder import SHIPPED

    return settings.model or SHIPPED


def record_of(settings: Settings) -> str | None:
    """The record that the settings name, if it is there and of their city: `--city` may have named another."""
    url, kept_for = settings.database_url, settings_with().city
    if url.startswith("sqlite") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    if settings.city != kept_for:
        click.echo(f"{url} is the record of {kept_for}: what was changed there is left out", err=True)
        return None
    return url


async def take_changes(base: "KnowledgeBase", record: str | None) -> None:
    """Let the knowledge base say what its keepers changed on the desk."""
    from bot.knowledge_watch import KnowledgeWatch
    from bot.storage.base import WrongRecord
    from bot.storage.sql import SqlStorage

    if record is None:
        return
    storage = SqlStorage(record)
    try:
        await storage.start()
    except WrongRecord as error:
        fail(str(error))
    try:
        await KnowledgeWatch(storage, base).refresh()
    finally:
        await storage.stop()


def print_figures(figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Figures by name, a line each."""
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        click.echo(f"{name:28} {value:.4f}" if isinstance(value, float) else f"{name:28} {value}")
