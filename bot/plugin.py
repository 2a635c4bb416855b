"""What a city plugs in by a setting that names it: loaded, and looked at before anything relies on it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any


class PluginFault(Exception):
    """What a setting names cannot be used."""


def load_plugin(setting: str, name: str, *methods: str) -> Any:
    """What the setting names as `package.module:factory`, which is called without arguments; None when it names none.

    `PluginFault` where it cannot be loaded or lacks one of the methods.
    """
    if not name:
        return None
    module_name, _, factory_name = name.partition(":")
    try:
        factory: Callable[[], object] = getattr(import_module(module_name), factory_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise PluginFault(
            f"{setting}: {name!r} cannot be loaded ({error}); name it as package.module:factory, or leave it empty"
        ) from error
    made = factory()
    missing = [method for method in methods if not callable(getattr(made, method, None))]
    if missing:
        raise PluginFault(f"{setting}: {name!r} does not make something with the method `{'`, `'.join(missing)}`")
    return made
