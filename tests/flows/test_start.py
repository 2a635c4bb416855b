"""How a node starts: wrong settings are all named at once, and one broken channel holds up nobody."""

from pathlib import Path

from bot.turn import Fate
from handoff.desk import ActionKind
from tests.fakes.wechat import WeChatServer
from tests.flows.node import PATIENCE, Node, environment, free_port, serving, suda, until_true
from tests.flows.town import fetched, operator_does, wechat_settings

NOT_A_TOKEN = {"SUDA_TELEGRAM_TOKEN": "123456:not-a-token", "SUDA_TELEGRAM_MODE": "polling"}


async def test_a_node_is_ready_within_seconds_and_says_what_to_open(tmp_path: Path) -> None:
    node = Node(tmp_path)
    try:
        seconds = await node.start()
        print(f"\nready after {seconds:.1f} s")

        for path in ("/chat", "/desk/login", "/sandbox", "/privacy", "/healthz", "/metrics", "/openapi.json"):
            assert (await fetched(f"{node.url}{path}"))[0] == 200, path
        assert f"{node.url}/chat" in node.log()
        assert node.stop() == 0
    finally:
        node.kill()


def test_every_wrong_setting_is_named_at_once_and_the_service_does_not_start(tmp_path: Path) -> None:
    wrong = {
        "SUDA_PORT": "many",
        "SUDA_WECHAT_APP_ID": "wx0123456789abcdef",
        "SUDA_WECHAT_AES_KEY": "short",
        "SUDA_CASE_SYSTEM_KIND": "rest",
        "SUDA_TELEGRAM_TOKEN": "nonsense",
        "SUDA_LOG_LEVEL": "loud",
    }

    ended = suda({**environment(tmp_path, 0), **wrong}, "serve")

    assert ended.returncode == 2
    for name in ("SUDA_PORT", "SUDA_WECHAT_AES_KEY", "SUDA_WECHAT_TOKEN", "SUDA_WECHAT_APP_SECRET"):
        assert name in ended.stderr
    for name in ("SUDA_CASE_SYSTEM_URL", "SUDA_CASE_SYSTEM_SECRET", "SUDA_TELEGRAM_TOKEN", "SUDA_LOG_LEVEL"):
        assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_city_that_is_not_there_is_one_clear_sentence(tmp_path: Path) -> None:
    ended = suda({**environment(tmp_path, 0), "SUDA_CITY": "atlantis"}, "serve")

    assert ended.returncode == 2
    assert "atlantis" in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_channel_without_credentials_is_off(tmp_path: Path) -> None:
    async with serving(tmp_path) as service:
        assert [channel.name for channel in service.channels] == ["web"]
        assert (await fetched(f"{service.base_url}/channels/wechat/main"))[0] == 404


async def test_platforms_that_are_away_at_the_start_hold_up_no_other_channel(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    async with WeChatServer() as wx:
        away = {**NOT_A_TOKEN, "SUDA_TELEGRAM_API_BASE": nobody}
        async with serving(tmp_path, **wechat_settings(wx), **away) as service:
            wx.webhook = f"{service.base_url}/channels/wechat/main"
            citizen = wx.citizen("oCitizen1")

            await citizen.says("你好")

            await citizen.sees("您好")
            assert (await fetched(f"{service.base_url}/readyz"))[0] == 200


async def test_a_reply_of_a_channel_that_is_switched_off_waits_for_its_return(tmp_path: Path) -> None:
    async with WeChatServer() as wx:
        citizen, on = wx.citizen("oCitizen1"), wechat_settings(wx)
        async with serving(tmp_path, **on) as service:
            wx.webhook = f"{service.base_url}/channels/wechat/main"
            await citizen.says("人工")

        async with serving(tmp_path) as service:
            await operator_does(service, "wechat:main:oCitizen1", ActionKind.REPLY, "您好，我是王丽。")

            async def waits() -> bool:
                return any("off" in delivery.error for delivery in await service.storage.deliveries((Fate.PENDING,)))

            await until_true(waits)

        async with serving(tmp_path, **on):
            assert (await citizen.sees("我是王丽", PATIENCE)).pushed
