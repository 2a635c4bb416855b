"""A picture of what was taken for what."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

_FONTS = ["WenQuanYi Zen Hei", "Noto Sans CJK SC", "Source Han Sans SC", "SimHei", "PingFang SC", "DejaVu Sans"]


class PictureError(RuntimeError):
    """The picture cannot be drawn here; the message says what is missing."""


def draw(crossed: Sequence[tuple[str, str]], file: Path) -> None:
    """Write a PNG: a row for what was expected, a column for what was understood, each row adding up to one."""
    try:
        import matplotlib as mpl
        from sklearn.metrics import ConfusionMatrixDisplay
    except ModuleNotFoundError as missing:
        raise PictureError(f"a picture needs {missing.name}: .venv/bin/pip install -e '.[train]'") from missing
    if not crossed:
        raise PictureError("no row of the file speaks of a category, so there is nothing to draw")
    mpl.use("agg")
    mpl.rcParams["font.sans-serif"] = _FONTS
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # it warns of each font that is not here
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where no font has Chinese, and where a class was expected nowhere
        picture = ConfusionMatrixDisplay.from_predictions(
            [expected for expected, _ in crossed],
            [understood for _, understood in crossed],
            normalize="true",
            values_format=".2f",
            cmap="Blues",
            xticks_rotation="vertical",
            colorbar=False,
        )
        picture.figure_.set_size_inches(11, 10)
        picture.ax_.set_xlabel("understood")
        picture.ax_.set_ylabel("expected")
        picture.figure_.tight_layout()
        try:
            picture.figure_.savefig(file, dpi=110, format="png")
        except OSError as wrong:
            raise PictureError(f"{file}: the picture cannot be written ({wrong.strerror})") from wrong
