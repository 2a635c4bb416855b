"""The `suda faq` commands: ask the knowledge base, bring tables in and out, measure it."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.terminal import (
    city_of,
    city_option,
    fail,
    json_option,
    model_of,
    print_figures,
    record_of,
    settings_with,
    take_changes,
)

if TYPE_CHECKING:
    from bot.mind import Mind
    from faq.entry import Entry

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_rules_option = click.option("--rules", is_flag=True, help="By words alone, without the model.")


@click.group()
def faq() -> None:
    """Common questions: ask, import, export, measure."""


@faq.command("ask")
@click.argument("text")
@city_option
@_rules_option
def faq_ask(text: str, city: str | None, rules: bool) -> None:
    """Show what the knowledge base says to TEXT, with what was changed on the desk."""
    from bot.log import configure_logging
    from bot.mind import Mind

    configure_logging("error")
    settings = settings_with(city=city)
    mind = Mind(city_of(settings), model=model_of(settings))
    asyncio.run(take_changes(mind.knowledge_base, record_of(settings)))
    if not rules:
        mind.warm()
    answer = mind.knowledge_base.ask(text)
    click.echo(f"decision: {answer.decision}")
    for match in answer.choices or answer.matches[:3]:
        click.echo(f"  {match.score:.2f}  {match.entry.id}  {match.entry.question}")
    if answer.best:
        click.echo(f"\n{_told(answer.best, text, mind)}\n（来源：{answer.best.source}）")


def _told(entry: Entry, text: str, mind: Mind) -> str:
    """The answer, or what would be asked back first and what follows in each case."""
    from bot.dialogue.conditions import told

    condition = entry.asks
    if condition is None:
        return entry.answer
    case = told(condition, text, mind.interpreter.parse(text))
    if case is not None or condition.spares(text):
        return f"{case.label}：\n{entry.answer_in(case)}" if case else entry.answer
    cases = "".join(f"\n\n[{case.label}]\n{entry.answer_in(case)}" for case in condition.cases)
    return f"asks back: {condition.ask}{cases}\n\n[不清楚]\n{entry.answer}"


@faq.command("import", short_help="Add entries to the city's knowledge base.")
@click.argument("file", type=_file)
@city_option
def faq_import(file: Path, city: str | None) -> None:
    """Add the entries of FILE (.jsonl, .csv or .xlsx) to the city's knowledge base; an id that is there already is
    replaced. Nothing is added when one row is wrong."""
    from faq.knowledge import Knowledge, KnowledgeError
    from faq.sheets import load_any

    pack = city_of(settings_with(city=city))
    target = pack.faq or pack.folder / "faq.jsonl"
    try:
        known = Knowledge.load(target) if target.exists() else Knowledge()
        merged = known.merged_with(load_any(file))
    except KnowledgeError as error:
        fail(f"{error}\nnothing was imported")
    merged.save(target)
    click.echo(f"{len(merged) - len(known)} new, {len(merged)} entries in {target}")


@faq.command("export", short_help="Write the city's knowledge base as a table.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@city_option
@click.option("--shared", is_flag=True, help="With the entries that all cities share.")
def faq_export(file: Path, city: str | None, shared: bool) -> None:
    """Write the city's entries to FILE: .jsonl, .csv or .xlsx."""
    from bot.mind import Mind
    from faq.knowledge import Knowledge, KnowledgeError
    from faq.sheets import save_sheet

    pack = city_of(settings_with(city=city))
    try:
        own = Knowledge.load(pack.faq) if pack.faq else Knowledge()
        knowledge = Mind(pack).knowledge_base.knowledge if shared else own
    except KnowledgeError as error:
        fail(str(error))
    match file.suffix.lower():
        case ".jsonl":
            knowledge.save(file)
        case ".csv" | ".xlsx":
            save_sheet(knowledge, file)
        case other:
            fail(f"{file}: {other or 'no ending'}: must be .jsonl, .csv or .xlsx")
    click.echo(f"{len(knowledge)} entries in {file}")


@faq.command("encode", short_help="Precompute the meanings of the shared entries.")
def faq_encode() -> None:
    """Find the meanings of the entries that all cities share and write them beside those, so that no start has to.
    Needed after these entries or the shipped model changed."""
    from bot.knowledge_base import encoding
    from faq.knowledge import STARTER, STARTER_MEANINGS, Knowledge
    from faq.remembered import Remembered
    from nlu.encoder import SHIPPED, Encoder

    encoder = Encoder.load(SHIPPED)
    wordings = [text for entry in Knowledge.load(STARTER) for text in entry.wordings]
    STARTER_MEANINGS.unlink(missing_ok=True)
    Remembered(encoding(encoder), STARTER_MEANINGS, encoder.fingerprint)(wordings)
    click.echo(f"{len(wordings)} wordings in {STARTER_MEANINGS}")


@faq.command("evaluate")
@click.option("--kb", required=True, type=_file, help="Entries: {id, question, variants, answer} a line.")
@click.option("--questions", required=True, type=_file, help="Questions: {id, text, answer_id or null} a line.")
@click.option("--out", type=click.Path(path_type=Path), help="Write a prediction a line.")
@_rules_option
@json_option
def faq_evaluate(kb: Path, questions: Path, out: Path | None, rules: bool, as_json: bool) -> None:
    """Measure hits and wrong answers of a knowledge base on labelled questions."""
    from dataclasses import asdict

    from bot.knowledge_base import encoding
    from faq.evaluate import load_questions, measure, predict, write_predictions
    from faq.index import Index
    from faq.knowledge import KnowledgeError
    from faq.sheets import load_any
    from nlu.encoder import Encoder

    try:
        knowledge = load_any(kb)
        asked = load_questions(questions)
    except KnowledgeError as error:
        fail(str(error))
    encoder = None if rules else Encoder.load(model_of(settings_with()))
    index = Index(knowledge, encoding(encoder) if encoder else None)
    answers = predict(index, asked, date.today())  # noqa: DTZ011  # a file at hand is measured by the local day
    if out:
        write_predictions(out, asked, answers)
    print_figures(asdict(measure(asked, answers)), as_json=as_json)
