"""The commands that look after the record: audit, deliveries, dead letters, the WeChat menu."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.config import Settings
from bot.terminal import database_option, fail, json_option, with_record

if TYPE_CHECKING:
    from bot.storage.base import AuditReport, Storage
    from bot.storage.chain import ChainReport
    from bot.storage.erasure import Holdings
    from bot.turn import Correction


def add_record_commands(group: click.Group) -> None:
    """Hang these commands under `suda`."""
    for command in (audit, outbox, dead_letters, record, wechat):
        group.add_command(command)


@click.command("export-corrections", short_help="Print what operators corrected, to train on.")
@database_option
def export_corrections(database: str | None) -> None:
    """Print what operators corrected as JSON Lines, as `train` and `evaluate` read them; contact data is masked."""
    from bot.desk.corrections import as_row

    async def look(storage: "Storage") -> "Sequence[Correction]":
        return await storage.corrections()

    for correction in with_record(database, look):
        click.echo(json.dumps(as_row(correction), ensure_ascii=False))


@click.command(short_help="Prove that nothing is lost; list what is open.")
@database_option
@json_option
@click.option(
    "--head", metavar="N:HASH", help="A head of the audit log that an earlier run printed: is it still there?"
)
def audit(database: str | None, as_json: bool, head: str | None) -> None:
    """Prove over the record that every message has an outcome and every delivery a fate; list what is open.

    The desk's audit log is followed from its first line: whatever was changed, left out or cut off is named.
    Exit code 0: the promises hold; 1: one is broken.
    """
    from bot.storage.chain import Head

    anchor = Head.parse(head)
    if head is not None and anchor is None:
        fail(f"a head is a number and a hash, as in 12:3f…, not {head!r}")

    async def look(storage: "Storage") -> "tuple[AuditReport, ChainReport]":
        return await storage.audit(), await storage.follow_notes(anchor)

    report, chain = with_record(database, look)
    holds = _holds(report) and not chain.bad_row
    if as_json:
        log = {"lines": chain.head.number, "head": str(chain.head), "bad_row": chain.bad_row, "fault": chain.fault}
        click.echo(json.dumps({**asdict(report), "audit_log": log, "holds": holds}, ensure_ascii=False))
    else:
        _print_report(report)
        _print_chain(chain)
        click.echo("The promises hold." if holds else "A promise is broken.")
    sys.exit(0 if holds else 1)


def _print_chain(chain: "ChainReport") -> None:
    if chain.bad_row:
        click.echo(f"BROKEN: the desk's audit log was tampered with: line {chain.bad_row} is {chain.fault}")
    else:
        click.echo(f"audit log: {chain.head.number} lines, unbroken; keep this elsewhere: --head {chain.head}")


def _holds(report: "AuditReport") -> bool:
    return not (report.outcomeless or report.fateless or report.doubled_tickets or report.orphan_tickets)


def _print_report(report: "AuditReport") -> None:
    click.echo(f"messages {report.messages}: " + _counts(report.outcomes))
    click.echo("deliveries: " + _counts(report.deliveries))
    click.echo("tickets: " + _counts(report.tickets))
    click.echo("attachments: " + _counts(report.media))
    _print_list("waiting for a person", report.waiting)
    _print_list("not handled yet", report.unhandled)
    _print_list("open drafts", report.drafts)
    _print_list("put aside for a person", [f"{event}: {error}" for event, error in report.put_aside])
    _print_list("deliveries not sent", [f"{d} {fate} {error}".rstrip() for d, fate, error in report.open_deliveries])
    if report.dead_letters:
        click.echo(f"dead letters: {report.dead_letters} (suda dead-letters)")
    _print_list("BROKEN: handled without an outcome", report.outcomeless)
    _print_list("BROKEN: deliveries without a fate", report.fateless)
    _print_list("BROKEN: tickets twice", report.doubled_tickets)
    _print_list("BROKEN: tickets that never left", report.orphan_tickets)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _print_list(title: str, rows: "list[str] | tuple[str, ...]", most: int = 20) -> None:
    if rows:
        click.echo(f"{title}: {len(rows)}")
        for row in rows[:most]:
            click.echo(f"  {row}")
        if len(rows) > most:
            click.echo(f"  … and {len(rows) - most} more")


@click.group()
def outbox() -> None:
    """What leaves: list what did not arrive, send it again."""


@outbox.command("list")
@database_option
def outbox_list(database: str | None) -> None:
    """Deliveries that are held, refused, unknown or on their way."""
    from bot.turn import Delivery, Fate

    async def look(storage: "Storage") -> list[Delivery]:
        return list(await storage.deliveries((Fate.REFUSED, Fate.UNKNOWN, Fate.HELD, Fate.PENDING, Fate.SENDING)))

    rows = with_record(database, look)
    for row in rows:
        click.echo(f"{row.fate:8} {row.destination:11} {row.attempts:3} tries  {row.id}  {row.error}")
    click.echo(f"{len(rows)} not sent")


@outbox.command("replay")
@click.argument("delivery_id")
@database_option
def outbox_replay(delivery_id: str, database: str | None) -> None:
    """Send a refused or unknown delivery again."""

    async def again(storage: "Storage") -> bool:
        return await storage.replay(delivery_id, datetime.now(UTC).timestamp())

    if not with_record(database, again):
        fail(f"{delivery_id} is not a refused or unknown delivery; `suda outbox list` shows them")
    click.echo(f"{delivery_id} will be sent again by the running service.")


@click.command("dead-letters", short_help="Signed webhooks that could not be read.")
@database_option
@click.option("--show", metavar="ID", type=int, help="Print the body of one.")
def dead_letters(database: str | None, show: int | None) -> None:
    """List the webhooks that were rightly signed and yet could not be read; they are kept for a person."""
    from bot.storage.base import DeadLetter

    async def look(storage: "Storage") -> list[DeadLetter]:
        return list(await storage.dead_letters())

    letters = with_record(database, look)
    if show is not None:
        body = next((letter.body for letter in letters if letter.id == show), None)
        if body is None:
            fail(f"there is no dead letter {show}")
        sys.stdout.buffer.write(body + b"\n")
        return
    for letter in letters:
        at = datetime.fromtimestamp(letter.at, UTC).isoformat(timespec="seconds")
        click.echo(f"{letter.id:6} {at} {letter.channel}/{letter.account} {len(letter.body)} bytes: {letter.reason}")
    click.echo(f"{len(letters)} dead letters")


@click.group()
def record() -> None:
    """What is kept: erase a citizen at his request."""


@record.command("erase", short_help="Erase what one citizen said, at his request.")
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_option
def record_erase(address: str, yes: bool, database: str | None) -> None:
    """Erase what is kept of the citizen at ADDRESS, the conversation's number on the desk (web:main:3f…).

    His words, names, numbers, files and pins go, with what was answered and noted, the corrections that his words
    taught and the reasons why somebody looked. His tickets stay as numbers with their course. The audit log stays
    whole, and tells that this was done. It cannot be undone.
    """
    from bot.media import MediaShelf

    async def look(storage: "Storage") -> "Holdings | None":
        return await storage.holdings(address)

    held = with_record(database, look)
    if held is None:
        fail(f"nobody is known as {address}: an address is channel:account:user, as the desk shows it under 编号")
    click.echo(f"{address}: {_held(held)}")
    if held.hindrances:
        fail(f"not erased: {', '.join(held.hindrances)}. Let the service finish, see `suda audit`, and try again.")
    if not yes:
        click.confirm("Erase it? This cannot be undone", abort=True)
    shelf = MediaShelf(Settings.load(os.environ, flags={"database_url": database}).media_dir)

    async def erase(storage: "Storage") -> "tuple[Holdings | None, int]":
        # The files go first: should this end in between, the record still knows them and it can be done again.
        gone = sum([await shelf.drop(key) for key in held.keys])
        done = await storage.erase(address, "cli", datetime.now(UTC).timestamp())
        if done and not done.hindrances:
            gone += sum([await shelf.drop(key) for key in done.keys])
        return done, gone

    done, gone = with_record(database, erase)
    if done is None or done.hindrances:
        fail("not erased: he wrote, or somebody acted, in this moment. Files that were there are gone; try again.")
    click.echo(f"Erased: {_held(done)}; {gone} files deleted.")
    click.echo("Backups and the case system have copies of their own.")


def _held(held: "Holdings") -> str:
    counts = asdict(held)
    for name in ("keys", "hindrances"):
        counts.pop(name)
    return ", ".join(f"{name} {count}" for name, count in counts.items())


@click.group()
def wechat() -> None:
    """The WeChat Official Account: set its menu."""


@wechat.command("menu", short_help="Set the account's menu from a JSON file.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", default="main", metavar="NAME", help="Which account (default: main).")
def wechat_menu(file: Path, account: str) -> None:
    """Set the account's menu from FILE (JSON as WeChat documents it: {"button": [...]})."""
    from bot.wechat_menu import set_menu
    from channels.errors import ChannelError

    settings = Settings.load(os.environ)
    found = next((row for row in settings.wechat if row.account == account), None)
    if found is None:
        fail(f"no WeChat account {account!r} is configured; see docs/configuration.md")
    try:
        asyncio.run(set_menu(found, json.loads(file.read_text("utf-8"))))
    except (ValueError, ChannelError) as error:
        fail(f"the menu was not set: {error}")
    click.echo("The menu is set; WeChat shows it within 24 hours, at once to who follows anew.")
