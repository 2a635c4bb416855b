"""The `suda` command."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from bot.city import CityError
from bot.cli_faq import faq
from bot.cli_nlu import interpreter_of, nlu
from bot.cli_operator import operator
from bot.cli_record import add_record_commands, export_corrections
from bot.config import Settings, make_data_dir
from bot.config_reader import ConfigError
from bot.plugin import PluginFault
from bot.terminal import city_of, city_option, database_option, fail, model_of, record_of, settings_with, take_changes

# Each command imports what it needs: `suda --help` shall not wait for a web server.


def main() -> None:
    """Run the command; a fault is one clear text on standard error, not a traceback."""
    try:
        suda(prog_name="suda")
    except (ConfigError, CityError, PluginFault) as error:
        fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        # numpy and SQLAlchemy take long to import, so what stands upon them is known by its name
        if type(error).__name__ in ("ModelError", "WrongRecord"):
            fail(str(error))
        if type(error).__module__ != "sqlalchemy.exc":
            raise
        reason = str(getattr(error, "orig", None) or error)
        fail(f"the record cannot be used: {reason}; look at SUDA_DATABASE_URL, or begin with `suda migrate`")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="suda")
def suda() -> None:
    """suda 诉达: hears citizens in the chat apps they use, answers, makes tickets, and brings the result back."""


# the service


@suda.command(short_help="Serve the chat, the desk and the channels.")
@city_option
@click.option("--host", metavar="H", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", metavar="P", type=int, help="Port to listen on (default: 8080).")
def serve(city: str | None, host: str | None, port: int | None) -> None:
    """Serve the chat, the desk and the channels that are configured."""
    from bot.log import configure_logging
    from bot.server import run

    settings = settings_with(city=city, host=host, port=port)
    configure_logging(settings.log_level)
    pack = city_of(settings)
    _migrate_own_file(settings)
    try:
        asyncio.run(run(settings, pack, ready=click.echo))
    except OSError as error:
        fail(f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}; choose another --port")


def _migrate_own_file(settings: Settings) -> None:
    """A SQLite file is ours alone and migrated at the start; a shared database is migrated by `suda migrate`."""
    from bot.storage.migrate import migrate

    make_data_dir(settings)
    if settings.database_url.startswith("sqlite"):
        migrate(settings.database_url)


@suda.command()
@database_option
def migrate(database: str | None) -> None:
    """Bring the record to this version."""
    from bot.storage.migrate import current_version
    from bot.storage.migrate import migrate as bring_up

    settings = settings_with(database_url=database)
    make_data_dir(settings)
    bring_up(settings.database_url)
    click.echo(f"The record is at version {current_version(settings.database_url)}.")


@suda.command(short_help="Name what is wrong, and the way out.")
@city_option
def doctor(city: str | None) -> None:
    """Look at the configuration, the city pack and what they reach; name each fault and the way out."""
    from bot.doctor import examine, findings_of, is_well, told
    from bot.log import configure_logging

    configure_logging("error")
    try:
        findings = asyncio.run(examine(settings_with(city=city)))
    except ConfigError as error:
        findings = findings_of(error)
    for finding in findings:
        click.echo(told(finding))
    sys.exit(0 if is_well(findings) else 1)


# trying it out


@suda.command(short_help="Talk to the service here, a line a turn.")
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
    from bot.storage.memory import MemoryStorage
    from bot.storage.sql import SqlStorage

    configure_logging("error")
    settings = settings_with(city=city, database_url=database)
    if database:
        _migrate_own_file(settings)
    storage = SqlStorage(settings.database_url) if database else MemoryStorage()
    mind = Mind(city_of(settings), privacy_url="/privacy", model=model_of(settings))
    talk, record = Chat(mind, storage), record_of(settings)

    async def converse() -> None:
        await take_changes(mind.knowledge_base, record)
        async with talk.running():
            while line := await asyncio.to_thread(sys.stdin.readline):
                if line.strip():
                    _print_turn(await talk.say(line.rstrip("\n")), as_json=as_json)

    asyncio.run(converse())


def _print_turn(turn: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(turn, ensure_ascii=False))
        return
    for reply in turn["replies"]:
        click.echo("\n".join(f"│ {line}" for line in reply.splitlines()) + "\n")


@suda.command(short_help="Tell what texts mean: JSON Lines in and out.")
@city_option
def understand(city: str | None) -> None:
    """Read JSON Lines {"id","text"} from standard input; write what was understood, in the same order.

    A line that cannot be read is named on standard error and left out; the exit status is 2 then.
    """
    interpreter = interpreter_of(city)
    faults = 0
    # Bytes: the lines are UTF-8 whatever the terminal's own encoding is, and a bad one spoils no other.
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            row = _read_row(line)
        except _LineError as error:
            faults += 1
            click.echo(f"line {number}: {error}", err=True)
        else:
            click.echo(_write_row({"id": row["id"], **interpreter.parse(row["text"]).as_json()}))
    if faults:
        sys.exit(2)


class _LineError(ValueError):
    """A line is not what `understand` reads; the message says what it must be."""


def _read_row(line: bytes) -> Mapping[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _LineError("not UTF-8; save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise _LineError(f"not JSON ({error}); each line must be an object with id and text") from error
    if not isinstance(row, dict) or "id" not in row or not isinstance(row.get("text"), str):
        raise _LineError('must be an object such as {"id": "1", "text": "…"}')
    return row


def _write_row(row: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair has no UTF-8; JSON can still quote it.
        return json.dumps(row).encode()


suda.add_command(nlu)
nlu.add_command(export_corrections)
suda.add_command(faq)
add_record_commands(suda)
suda.add_command(operator)
