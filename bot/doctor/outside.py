"""What only others can answer: WeChat, Telegram, the case system, Redis, the port, the public address."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.config import Settings, TelegramSettings, WeChatSettings
from bot.config_reader import variable
from bot.doctor.finding import Finding, Level, fault, note, warning, well

_WECHAT_PANEL = "mp.weixin.qq.com“设置与开发 → 基本配置”"
_WECHAT_CODES: Mapping[int, tuple[str, str, str]] = {
    40013: ("app_id", "微信不认识这个 AppID（40013 invalid appid）", f"到 {_WECHAT_PANEL} 复制 AppID"),
    40125: ("app_secret", "AppSecret 不对（40125 invalid appsecret）", f"到 {_WECHAT_PANEL} 重置 AppSecret 后填入"),
    40001: ("app_secret", "AppSecret 不对（40001）", f"到 {_WECHAT_PANEL} 重置 AppSecret 后填入"),
    40243: ("app_secret", "AppSecret 已被冻结（40243）", f"到 {_WECHAT_PANEL} 解冻"),
    40002: ("app_id", "微信不接受这种账号取令牌（40002）", "确认是公众号，而不是开放平台的应用"),
    41002: ("app_id", "没有带上 AppID（41002）", "填上 AppID"),
    41004: ("app_secret", "没有带上 AppSecret（41004）", "填上 AppSecret"),
    40164: ("app_id", "本机的出口 IP 不在白名单里（40164 not in whitelist）", f"到 {_WECHAT_PANEL} 把它加入 IP 白名单"),
    89503: ("app_id", "此次调用要管理员在微信里确认（89503）", "请公众号管理员确认后再试"),
    89506: ("app_id", "管理员拒绝了这个 IP（89506）", "24 小时后再试，或请管理员加入白名单"),
    45009: ("app_id", "今天的调用次数用完了（45009）", "检查是否有别的程序在刷新令牌；每月可清零 10 次"),
    45011: ("app_id", "调用太频繁（45011）", "一分钟后再试"),
    50004: ("app_id", "这个账号不能用 stable_token（50004）", "查看公众平台的站内信"),
    50007: ("app_id", "账号已冻结（50007）", "到公众平台按提示解冻"),
}


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Any
    """The JSON, or None."""


async def ask_around(settings: Settings, now: Callable[[], float], patience: float) -> list[Finding]:
    """Ask all of them at the same time."""
    timeout = aiohttp.ClientTimeout(total=patience)
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
        aiohttp.ClientSession(timeout=timeout) as direct,
    ):
        # ourselves we call without a proxy, and our own clock is no witness
        caller, own = _Caller(session, now), _Caller(direct, now)
        asked = [
            *(_wechat(caller, account) for account in settings.wechat),
            *(_telegram(caller, account) for account in settings.telegram),
            _case_system(caller, settings),
            _redis(settings.redis_url, patience),
            _port(own, settings),
            _public(own, settings),
        ]
        answers = await asyncio.gather(*(_gather(answer) for answer in asked))
    return [finding for answer in answers for finding in answer] + _skew(caller.skews)


async def _gather(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]


class _Caller:
    """Makes one call and never more; remembers how far our clock is ahead of theirs."""

    def __init__(self, session: aiohttp.ClientSession, now: Callable[[], float]) -> None:
        self._session, self._now = session, now
        self.skews: list[float] = []

    async def call(self, method: str, url: str, body: object = None) -> _Answer | str:
        """The answer; or in words why there is none."""
        try:
            async with self._session.request(method, url, json=body, allow_redirects=False) as response:
                text = (await response.content.read(256 * 1024)).decode("utf-8", "replace")
                self._compare_clocks(response.headers.get("Date", ""))
                return _Answer(response.status, _json(text))
        except TimeoutError:
            return "没有回音（超时）"
        except aiohttp.ClientConnectorCertificateError:
            return "证书不可信"
        except aiohttp.ClientConnectorDNSError:
            return "域名查不到"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # no words of the error: the address in it may hold a token
            return f"连不上（{type(error).__name__}）"

    def _compare_clocks(self, date: str) -> None:
        with suppress(ValueError, TypeError):
            self.skews.append(self._now() - parsedate_to_datetime(date).timestamp())


def _json(text: str) -> Any:
    with suppress(ValueError):
        return json.loads(text)
    return None


async def _wechat(caller: _Caller, account: WeChatSettings) -> AsyncIterator[Finding]:
    def key(part: str) -> str:
        name = f"wechat.{account.account}.{part}"
        return f"{variable(name)}（{name}）"

    # without force_refresh this returns the token in use and disturbs nobody
    asked = {"grant_type": "client_credential", "appid": account.app_id, "secret": account.app_secret}
    answer = await caller.call("POST", f"{account.api_base}/cgi-bin/stable_token", asked)
    if isinstance(answer, str):
        yield fault(f"微信 {account.account}", f"{account.api_base} {answer}", "检查本机到外网的出口、DNS 与防火墙")
        return
    told = answer.body if isinstance(answer.body, dict) else {}
    if told.get("access_token"):
        yield well(f"微信 {account.account}", "AppID 与 AppSecret 有效，已取到令牌")
        return
    code = told.get("errcode")
    if isinstance(code, int) and code in _WECHAT_CODES:
        part, what, way_out = _WECHAT_CODES[code]
        if code == 40164 and (address := _address_in(str(told.get("errmsg", "")))):
            what = f"本机的出口 IP {address} 不在白名单里（40164 not in whitelist）"
        level = Level.WARNING if code in (45011, 89503) else Level.FAULT
        yield Finding(level=level, thing=key(part), what=what, way_out=way_out)
    elif code == -1:
        yield warning(f"微信 {account.account}", "微信忙（-1）", "过一会儿再试")
    else:
        words = f"errcode {code}" if code is not None else f"HTTP {answer.status}，不是微信的回答"
        yield fault(key("api_base"), f"取不到令牌：{words}", "核对 api_base；错误码见微信“全局返回码”")


def _address_in(words: str) -> str:
    """`invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist …` names the address to allow."""
    parts = words.replace(",", " ").split()
    return parts[parts.index("ip") + 1] if "ip" in parts[:-1] else ""


async def _telegram(caller: _Caller, account: TelegramSettings) -> AsyncIterator[Finding]:
    name = f"telegram.{account.account}.token"
    key, base = f"{variable(name)}（{name}）", f"{account.api_base}/bot{account.token}"
    answer = await caller.call("GET", f"{base}/getMe")
    if isinstance(answer, str):
        yield fault(
            f"Telegram {account.account}", f"{account.api_base} {answer}", "检查出口；境内需要代理（HTTPS_PROXY）"
        )
        return
    if answer.status in (401, 404):
        yield fault(key, f"令牌无效（{answer.status}）", "向 @BotFather 发 /token 重新索取")
        return
    told = answer.body if isinstance(answer.body, dict) else {}
    if not told.get("ok"):
        yield fault(f"Telegram {account.account}", f"getMe 没有成功（HTTP {answer.status}）", "核对 api_base，稍后再试")
        return
    yield well(f"Telegram {account.account}", f"机器人 @{told['result'].get('username', '?')}")
    async for finding in _telegram_webhook(caller, account, base):
        yield finding


async def _telegram_webhook(caller: _Caller, account: TelegramSettings, base: str) -> AsyncIterator[Finding]:
    answer = await caller.call("GET", f"{base}/getWebhookInfo")
    told = answer.body if isinstance(answer, _Answer) and isinstance(answer.body, dict) else {}
    info, thing = told.get("result") or {}, f"Telegram {account.account}"
    if account.mode == "polling" and info.get("url"):
        yield warning(
            thing, "还登记着 webhook，轮询会收到 409", "启动时会自动注销；若别的程序在用这个机器人，请换一个令牌"
        )
    if account.mode == "webhook" and info.get("url") and f"/channels/telegram/{account.account}" not in info["url"]:
        yield warning(thing, "webhook 登记在别的地址上", "启动时会改为本服务；若别的程序在用这个机器人，请换一个令牌")
    if info.get("last_error_message"):
        yield warning(thing, f"最近一次推送失败：{info['last_error_message']}", "检查公网地址、证书与 webhook 校验串")
    if info.get("pending_update_count", 0) > 100:
        yield note(thing, f"还有 {info['pending_update_count']} 条没有取走", "启动后会陆续处理")


async def _case_system(caller: _Caller, settings: Settings) -> AsyncIterator[Finding]:
    if settings.case_system.kind != "rest":
        return
    key = "SUDA_CASE_SYSTEM_URL（case_system.url）"
    answer = await caller.call("GET", settings.case_system.url)
    if isinstance(answer, str):
        yield fault(key, answer, "检查地址与网络；不通期间工单会排队重试")
    elif answer.status >= 500:
        yield warning(key, f"能连上，但回答 HTTP {answer.status}", "请工单系统的承建方查看")
    else:
        yield well(key, "能连上")


async def _redis(url: str, patience: float) -> AsyncIterator[Finding]:
    if not url:
        return
    key = "SUDA_REDIS_URL（redis_url）"
    client: Redis | None = None
    try:
        client = Redis.from_url(url, socket_connect_timeout=patience, socket_timeout=patience)
        async with asyncio.timeout(patience):
            await client.ping()
    except (RedisError, OSError, ValueError) as error:
        yield fault(key, f"连不上（{type(error).__name__}）", "检查地址、密码与 redis-server 是否在运行")
    else:
        yield well(key, "能连上")
    finally:
        if client is not None:
            await client.aclose()


async def _port(caller: _Caller, settings: Settings) -> AsyncIterator[Finding]:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - compared, not bound
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, settings.port), 2.0)
    except (OSError, TimeoutError):
        yield note("服务", f"{settings.host}:{settings.port} 空闲，服务没有在运行", "suda serve")
        return
    writer.close()
    answer = await caller.call("GET", f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/healthz")
    if _is_ours(answer):
        yield well("服务", f"正在 {settings.host}:{settings.port} 运行")
    else:
        yield fault("SUDA_PORT（port）", f"{settings.port} 被别的程序占着", "换一个端口，或停掉那个程序")


async def _public(caller: _Caller, settings: Settings) -> AsyncIterator[Finding]:
    if not settings.public_url:
        return
    key = "SUDA_PUBLIC_URL（public_url）"
    answer = await caller.call("GET", f"{settings.public_url}/healthz")
    if isinstance(answer, str):
        yield warning(key, f"从本机访问{answer}", "检查域名解析、证书与反向代理；有的机房从里面访问不到自己的公网地址")
    elif not _is_ours(answer):
        yield warning(key, f"打开的不是本服务（HTTP {answer.status}）", "先启动服务，再检查反向代理是否转到本服务")
    else:
        yield well(key, "通到本服务")


def _is_ours(answer: _Answer | str) -> bool:
    return isinstance(answer, _Answer) and isinstance(answer.body, dict) and answer.body.get("alive") is True


def _skew(skews: list[float]) -> list[Finding]:
    """Signatures are believed for 300 seconds. The nearest of all clocks counts: one of the others may be wrong."""
    if not skews:
        return []
    skew = min(skews, key=abs)
    what, way_out = f"比对方{'快' if skew > 0 else '慢'} {abs(skew):.0f} 秒", "开启 NTP：timedatectl set-ntp true"
    if abs(skew) > 240:
        return [fault("系统时钟", f"{what}，签名会被拒绝", way_out)]
    if abs(skew) > 30:
        return [warning("系统时钟", what, way_out)]
    return [well("系统时钟", "与外面一致")]
