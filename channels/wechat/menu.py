"""The menu under a WeChat chat: checked before it is sent, and its words known by their key."""

from collections.abc import Iterator, Mapping, Sequence

Button = Mapping[str, object]
"""A button as WeChat's menu/create takes it: `name`, and `type` with its `key` or `url`, or `sub_button`."""

_TOP, _SUB = 3, 5


def checked_menu(menu: Sequence[Button]) -> tuple[Button, ...]:
    """The menu, if WeChat would take it; else a `ValueError` that names every fault."""
    faults = [f"{len(menu)} buttons, {_TOP} are allowed"] if len(menu) > _TOP else []
    for button in menu:
        faults += _faults(button)
    if faults:
        raise ValueError("the WeChat menu: " + "; ".join(faults))
    return tuple(menu)


def labels_of(menu: Sequence[Button]) -> dict[str, str]:
    """What a citizen reads on the button with this key: WeChat tells only the key when he taps it."""
    return {str(leaf["key"]): str(leaf.get("name", "")) for leaf in _leaves(menu) if "key" in leaf}


def _leaves(menu: Sequence[Button]) -> Iterator[Button]:
    for button in menu:
        yield from _below(button) or [button]


def _below(button: Button) -> list[Button]:
    below = button.get("sub_button", [])
    return [inner for inner in below if isinstance(inner, Mapping)] if isinstance(below, list | tuple) else []


def _faults(button: Button) -> Iterator[str]:
    name = button.get("name")
    if not isinstance(name, str) or not name:
        yield f"a button without a name: {dict(button)}"
    below = _below(button)
    if len(below) > _SUB:
        yield f"{len(below)} buttons under {name}, {_SUB} are allowed"
    for inner in below:
        yield from _faults(inner)
    if not below and not (button.get("type") and (button.get("key") or button.get("url"))):
        yield f"{name} does nothing: it needs a type, and a key or a url"
