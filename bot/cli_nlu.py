"""The `suda nlu` commands: measure understanding, train it, and look at the corpus it is trained on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.city import City, packs
from bot.terminal import city_of, city_option, fail, json_option, model_of, print_figures, settings_with

if TYPE_CHECKING:
    from nlu.interpreter import Interpreter
    from nlu.taxonomy import Taxonomy

_ROOT = Path(__file__).parent.parent
_CORPUS = _ROOT / "nlu" / "corpus" / "training"
_PARAPHRASES = _ROOT / "faq" / "corpus" / "training"

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_any = click.Path(exists=True, path_type=Path)
_folder = click.Path(file_okay=False, path_type=Path)


@click.group()
def nlu() -> None:
    """Understanding: measure it, train it."""


def interpreter_of(city: str | None) -> "Interpreter":
    """The interpreter of a city, its encoder loaded."""
    from bot.log import configure_logging
    from nlu.encoder import Encoder
    from nlu.interpreter import Interpreter

    configure_logging("error")  # to standard error: on standard output stand rows and figures
    settings = settings_with(city=city)
    return Interpreter.load(city_of(settings).folder, Encoder.load(model_of(settings)))


def _interpreters(city: str | None) -> Callable[[str], "Interpreter"]:
    """The interpreters of all packs by name, loaded as they are asked for; the one of `city` for any other name."""
    from nlu.interpreter import Interpreter

    first = interpreter_of(city)
    settings = settings_with(city=city)
    loaded = {settings.city: first}
    known = packs(settings.cities)

    def interpreter_of_name(name: str) -> Interpreter:
        if name in known and name not in loaded:
            loaded[name] = Interpreter.load(City.find(name, settings.cities).folder, first.encoder)
        return loaded.get(name, first)

    return interpreter_of_name


@nlu.command("evaluate", short_help="Measure understanding on labelled rows.")
@click.argument("file", type=_file)
@city_option
@json_option
@click.option("--picture", type=click.Path(path_type=Path), help="Draw what was confused with what, as a PNG.")
@click.option("--worst", type=int, default=0, help="Show so many wrong answers, the surest first.")
def nlu_evaluate(file: Path, city: str | None, as_json: bool, picture: Path | None, worst: int) -> None:
    """Measure understanding on FILE: JSON Lines such as `understand` writes, with the right answers.

    A row is read with the city pack that its `city` names, or with that of --city where it names none that is there.
    """
    from nlu.evaluate import evaluate, understand
    from nlu.labels import LabelError, read_rows

    try:
        rows = read_rows(file)
    except LabelError as error:
        fail(str(error))
    measured = evaluate(rows, understand(rows, _interpreters(city)))
    print_figures(measured.as_json(), as_json=as_json)
    if picture:
        from nlu.confusion import PictureError, draw

        try:
            draw(measured.crossed, picture)
        except PictureError as error:
            fail(str(error))
        click.echo(f"picture: {picture}", err=as_json)
    if as_json:
        return
    for was, became, count in measured.confusions:
        click.echo(f"  {was} taken for {became}: {count}")
    for text, expected, got in measured.worst[:worst]:
        click.echo(f"\n  {text}\n    expected {expected}\n    got      {got}")


@nlu.command("corpus", short_help="Print a corpus of marked lines as JSON Lines.")
@click.argument("folder", type=_any, default=_CORPUS)
@click.option("--plain", is_flag=True, help="Print bare texts, the paraphrases too, as `pretrain` reads them.")
def nlu_corpus(folder: Path, plain: bool) -> None:
    """Print a corpus of marked lines as JSON Lines with offsets, as `evaluate` and `train` read them."""
    from nlu.training.corpus import CorpusError, read, read_groups

    try:
        files = sorted(folder.rglob("*.txt")) if folder.is_dir() else [folder]
        for example in read(files, _scheme()):
            click.echo(example.text if plain else json.dumps(example.as_json(), ensure_ascii=False))
        for group in read_groups(sorted(_PARAPHRASES.glob("*.txt"))) if plain else ():
            click.echo("\n".join(group.texts))
    except CorpusError as error:
        fail(str(error))


@nlu.command("pretrain", short_help="Learn Chinese from plain text.")
@click.option(
    "--text", "texts", type=_file, multiple=True, required=True, help=".txt, .jsonl or .jsonl.xz; repeatable."
)
@click.option("--out", type=_folder, required=True, help="Folder for the checkpoint and its alphabet.")
@click.option("--start", type=_file, help="A checkpoint to begin from, its alphabet beside it.")
@click.option("--steps", type=int, default=8000, show_default=True, help="Batches to learn from.")
@click.option("--batch", type=int, default=64, show_default=True, help="Windows in a batch; on a GPU 512 are as fast.")
@click.option("--length", type=int, default=64, show_default=True, help="Characters in a window.")
@click.option("--rate", type=float, default=1e-3, show_default=True, help="The highest learning rate.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--device", default="cpu", show_default=True, help="cpu, or cuda.")
def nlu_pretrain(
    texts: tuple[Path, ...],
    out: Path,
    start: Path | None,
    steps: int,
    batch: int,
    length: int,
    rate: float,
    seed: int,
    device: str,
) -> None:
    """Make the pre-trained checkpoint from plain text, without labels. An interrupted run goes on where it was."""
    _need_training()
    from nlu.alphabet import PAIRS_FILE, Alphabet
    from nlu.training.pretrain import (
        PretrainingPlan,
        TextError,
        build_alphabet,
        check,
        common_characters,
        extend_alphabet,
        pretrain,
        read_texts,
    )

    plan = PretrainingPlan(
        steps=steps,
        batch=batch,
        length=length,
        rate=rate,
        warmup=min(300, steps // 10),
        seed=seed,
        device=device,
    )
    try:
        read = list(read_texts(texts))
        check(read, plan)
        if (out / PAIRS_FILE).exists():
            alphabet = Alphabet.load(out)
        elif start:
            alphabet = extend_alphabet(Alphabet.load(start.parent), read, out)
        else:
            alphabet = build_alphabet(read, out, common_characters(_ROOT / "cities"))
    except TextError as error:
        fail(str(error))
    made = pretrain(read, out, plan, lambda line: click.echo(line, err=True), alphabet=alphabet, start=start)
    click.echo(str(made))


@nlu.command("train", short_help="Train a model folder from labelled rows.")
@click.option("--train", "rows", type=_any, required=True, help="JSON Lines, or a folder of marked lines.")
@click.option("--dev", type=_any, help="Rows to stop early by; by default every tenth is held back.")
@click.option("--out", type=_folder, required=True, help="The model folder to write.")
@click.option(
    "--start",
    type=_any,
    help="A model folder, a checkpoint, or a Hugging Face encoder folder (default: the shipped model).",
)
@city_option
@click.option("--groups", type=_folder, help="A folder of paraphrases, for the sentence vector.")
@click.option(
    "--hold-out", default="", metavar="WRITER", help="Measure with this writer's lines instead of training on them."
)
@click.option("--epochs", type=int, default=8, show_default=True)
@click.option("--batch", type=int, default=32, show_default=True, help="Rows in a batch.")
@click.option("--rate", type=float, default=5e-4, show_default=True, help="The highest learning rate.")
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--device", default="cpu", show_default=True, help="cpu, or cuda.")
def nlu_train(
    rows: Path,
    dev: Path | None,
    out: Path,
    start: Path | None,
    city: str | None,
    groups: Path | None,
    hold_out: str,
    epochs: int,
    batch: int,
    rate: float,
    seed: int,
    device: str,
) -> None:
    """Train on a city's own rows {"text", "category": [l1, l2, l3]} or {"text", "level1"}, with any other field of
    `understand`. Serve the result with SUDA_MODEL=DIR. An interrupted run goes on after its last whole epoch."""
    _need_training()
    from nlu.alphabet import AlphabetError
    from nlu.encoder import SHIPPED
    from nlu.labels import LabelError
    from nlu.model_folder import ModelError
    from nlu.training.corpus import CorpusError
    from nlu.training.pretrain import names_of
    from nlu.training.train import Task, train
    from nlu.training.trainer import TrainingPlan

    task = Task(
        train=rows,
        dev=dev,
        out=out,
        start=start or SHIPPED,
        taxonomy=_taxonomy(city),
        scheme=_scheme(),
        groups=sorted((groups or _PARAPHRASES).glob("*.txt")) if groups or rows.is_dir() else (),
        replay=_CORPUS if _CORPUS.exists() else None,
        names=names_of(_ROOT / "cities"),
        hold_out=hold_out,
        plan=TrainingPlan(epochs=epochs, batch=batch, rate=rate, seed=seed, device=device),
    )
    try:
        figures = train(task, lambda line: click.echo(line, err=True))
    except (LabelError, CorpusError, ModelError, AlphabetError) as error:
        fail(str(error))
    print_figures(figures, as_json=False)
    click.echo(f"\nserve it with SUDA_MODEL={out}")


def _taxonomy(city: str | None) -> "Taxonomy":
    from nlu.taxonomy import Taxonomy

    return Taxonomy.load(city_of(settings_with(city=city)).categories)


def _scheme() -> "list[tuple[str, str, str]]":
    """The national categories, which the corpus is written in."""
    from nlu.taxonomy import Taxonomy

    return [category.path for category in Taxonomy.load(_ROOT / "cities" / "generic" / "categories.csv")]


def _need_training() -> None:
    try:
        import torch  # noqa: F401  # only to see whether it is there
    except ModuleNotFoundError:
        fail("training needs the extra `train`: .venv/bin/pip install -e '.[train]' (about 1.2 GB)")
