"""Sets the menu of a WeChat account, without starting the service."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.config import WeChatSettings
from channels.wechat.api import WeChatApi
from channels.wechat.menu import checked_menu


async def set_menu(settings: WeChatSettings, menu: Mapping[str, Any]) -> None:
    """Check the menu, then hand it to WeChat. ValueError names what is wrong with it."""
    buttons = menu.get("button")
    if not isinstance(buttons, Sequence) or isinstance(buttons, str):
        raise ValueError('the file must hold {"button": [...]}')
    checked = checked_menu(buttons)
    api = WeChatApi(app_id=settings.app_id, app_secret=settings.app_secret, base=settings.api_base)
    await api.open()
    try:
        await api.create_menu(checked)
    finally:
        await api.close()
