"""The `suda` command."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from bot.city import City, CityError
from bot.config import ConfigError, Settings


def main() -> None:
    """Run the command; a fault is one clear text on standard error, not a traceback."""
    try:
        suda(prog_name="suda")
    except (ConfigError, CityError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)


def _settings(**changes: str | None) -> Settings:
    """The settings, with what was said on the command line on top."""
    environ = dict(os.environ)
    environ.update({key: value for key, value in changes.items() if value is not None})
    return Settings.load(environ, None)


def _city(settings: Settings) -> City:
    return City.find(settings.city, settings.cities)


city_option = click.option("--city", metavar="NAME", help="City pack to use, a folder in cities/ (default: anshan).")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def suda() -> None:
    """suda 诉达: hears citizens in the chat apps they use, answers, makes tickets, and brings the result back."""


@suda.command()
@city_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per turn.")
@click.option("--database", metavar="URL", help="Keep the conversation in this record instead of in memory.")
def chat(city: str | None, as_json: bool, database: str | None) -> None:
    """Talk to the service here: one line is one turn of the citizen.

    `[位置] 41.11,122.99 名称`, `[图片] FILE` and `[语音] TEXT` stand for a pin, a photo and a voice message.
    """
    from bot.chat import Chat
    from bot.log import configure_logging
    from bot.mind import Mind

    configure_logging("error")
    settings = _settings(SUDA_CITY=city, SUDA_DATABASE_URL=database)
    mind = Mind(_city(settings), privacy_url="/privacy")
    talk = Chat(mind, _record(settings.database_url) if database else _memory())

    async def converse() -> None:
        async with talk.running():
            while line := await asyncio.to_thread(sys.stdin.readline):
                if line.strip():
                    _print_turn(await talk.say(line.rstrip("\n")), as_json=as_json)

    asyncio.run(converse())


def _print_turn(turn: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(turn, ensure_ascii=False))
        return
    replies = turn["replies"]
    assert isinstance(replies, list)
    for reply in replies:
        click.echo("\n".join(f"│ {line}" for line in str(reply).splitlines()) + "\n")


def _memory():  # type: ignore[no-untyped-def]
    from bot.storage.memory import MemoryStorage

    return MemoryStorage()


def _record(url: str):  # type: ignore[no-untyped-def]
    from bot.storage.sql import SqlStorage

    return SqlStorage(url)


@suda.command()
@city_option
def understand(city: str | None) -> None:
    """Read JSON Lines {"id","text"}, write what was understood, in the same order."""
    from nlu.interpreter import Interpreter

    pack = _city(_settings(SUDA_CITY=city)).folder
    interpreter = Interpreter.load(pack)
    for line in sys.stdin:
        if line.strip():
            row = json.loads(line)
            print(json.dumps({"id": row["id"], **interpreter.parse(row["text"]).as_json()}, ensure_ascii=False))
