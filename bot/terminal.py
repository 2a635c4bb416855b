"""What all commands share: settings and city, options that mean the same everywhere, figures and faults as text."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from bot.city import City
from bot.config import Settings

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


def city_of(settings: Settings) -> City:
    """The pack that the settings name."""
    return City.find(settings.city, settings.cities)


def model_of(settings: Settings) -> Path:
    """The model folder in use."""
    from nlu.encoder import SHIPPED

    return settings.model or SHIPPED


def print_figures(figures: Mapping[str, Any], *, as_json: bool) -> None:
    """Figures by name, a line each."""
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        click.echo(f"{name:28} {value:.4f}" if isinstance(value, float) else f"{name:28} {value}")
