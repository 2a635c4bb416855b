"""The commands about people of the desk: add, list, disable, and let somebody in again."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from bot.config import Settings, make_data_dir
from bot.terminal import database_option, fail, with_record
from handoff.desk import ROLES, Operator

if TYPE_CHECKING:
    from bot.storage.base import Storage
    from handoff.people import Person

password_option = click.option(
    "--password", metavar="WORD", help="Asked for when left out; from a pipe it is the first line."
)
one_time_option = click.option(
    "--one-time", is_flag=True, help="Make a password, print it, and have it changed at the first login."
)


@click.group()
def operator() -> None:
    """People of the desk (坐席)."""


@operator.command("add")
@click.argument("name")
@click.option("--display-name", metavar="NAME", help="What citizens and colleagues read (default: NAME).")
@password_option
@one_time_option
@click.option(
    "--role",
    type=click.Choice(ROLES),
    help="operator talks to citizens, editor keeps the knowledge base, supervisor does both and sees the numbers, "
    "admin also manages people (default: operator, or as it was).",
)
@database_option
def operator_add(
    name: str, display_name: str | None, password: str | None, one_time: bool, role: str | None, database: str | None
) -> None:
    """Add the account NAME, or give it a new password or role."""
    if not name.isascii() or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        fail(f"an account name is letters, digits, '-', '_' and '.', not {name!r}; --display-name may be Chinese")
    word, hashed = _password(password, one_time)
    _make_record(database)

    async def save(storage: "Storage") -> Operator:
        known = await storage.operator(name)
        account = Operator(
            name=name,
            display_name=display_name or (known.display_name if known else name),
            role=role or (known.role if known else ROLES[0]),
            password_hash=hashed,
            temporary=one_time,
            language=known.language if known else "",
        )
        await storage.save_operator(account)
        await _note(storage, "operator_saved", name)
        return account

    account = with_record(database, save)
    click.echo(f"{account.display_name} can log in at /desk as {name}.")
    _tell(word, one_time)


@operator.command("passwd")
@click.argument("name")
@password_option
@one_time_option
@database_option
def operator_passwd(name: str, password: str | None, one_time: bool, database: str | None) -> None:
    """Give NAME a new password; whoever is logged in with the old one is out at once."""
    word, hashed = _password(password, one_time)

    async def save(storage: "Storage") -> bool:
        known = await storage.operator(name)
        if known:
            await storage.save_operator(replace(known, password_hash=hashed, temporary=one_time))
            await _note(storage, "password_reset", name)
        return known is not None

    if not with_record(database, save):
        _unknown(name)
    click.echo(f"{name} has a new password.")
    _tell(word, one_time)


@operator.command("list")
@database_option
def operator_list(database: str | None) -> None:
    """Everybody who has an account."""

    async def look(storage: "Storage") -> "Sequence[Person]":
        return await storage.people()

    people = with_record(database, look)
    for person in people:
        one = person.operator
        marks = {"disabled": one.disabled, "one-time password": one.temporary, "second factor": person.second_factor}
        said = ", ".join(mark for mark, holds in marks.items() if holds)
        click.echo(f"{one.name:16} {one.role:10} {one.display_name}{f'  ({said})' if said else ''}")
    click.echo(f"{len(people)} accounts")


@operator.command("disable")
@click.argument("name")
@database_option
def operator_disable(name: str, database: str | None) -> None:
    """Let NAME in no more; his sessions end at once."""
    _switch(name, database, disabled=True)
    click.echo(f"{name} is disabled and logged out everywhere.")


@operator.command("enable")
@click.argument("name")
@database_option
def operator_enable(name: str, database: str | None) -> None:
    """Let NAME in again."""
    _switch(name, database, disabled=False)
    click.echo(f"{name} can log in again.")


@operator.command("reset-code")
@click.argument("name")
@database_option
def operator_reset_code(name: str, database: str | None) -> None:
    """Take NAME's second factor away, for who lost his phone and his recovery codes."""

    async def drop(storage: "Storage") -> bool:
        known = await storage.operator(name)
        if known:
            await storage.drop_second_factor(name)
            await _note(storage, "code_reset", name)
        return known is not None

    if not with_record(database, drop):
        _unknown(name)
    click.echo(f"{name} logs in with the password alone, until he switches it on again.")


def _switch(name: str, database: str | None, *, disabled: bool) -> None:
    async def save(storage: "Storage") -> bool:
        known = await storage.operator(name)
        if known:
            await storage.save_operator(replace(known, disabled=disabled))
            await _note(storage, "account_disabled" if disabled else "account_enabled", name)
        return known is not None

    if not with_record(database, save):
        _unknown(name)


async def _note(storage: "Storage", action: str, name: str) -> None:
    await storage.note("cli", action, name, datetime.now(UTC).timestamp())


def _unknown(name: str) -> None:
    fail(f"there is no account {name!r}; `suda operator list` shows them")


def _make_record(database: str | None) -> None:
    """Before the first start there is no record yet; a file is made at once."""
    from bot.storage.migrate import migrate

    settings = Settings.load(os.environ, flags={"database_url": database})
    if settings.database_url.startswith("sqlite"):
        make_data_dir(settings)
        migrate(settings.database_url)


def _password(given: str | None, one_time: bool) -> tuple[str, str]:
    """The password and its hash."""
    from handoff.console.auth import hash_password, one_time_password

    if given and one_time:
        fail("--one-time makes the password by itself; leave --password out")
    word = one_time_password() if one_time else given or _ask_password()
    if len(word) < 8:
        fail("a password needs at least 8 characters")
    return word, hash_password(word)


def _tell(word: str, one_time: bool) -> None:
    if one_time:
        click.echo(f"One-time password: {word}")


def _ask_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    word: str = click.prompt("Password (at least 8 characters)", hide_input=True, confirmation_prompt=True)
    return word
