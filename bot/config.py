"""The settings of one service: read once from suda.toml and the environment, every fault named at once."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from bot.config_reader import ConfigError, Fault, Reader, read_file

CHANNELS = ("web", "wechat", "telegram")
_AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_TELEGRAM_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)
_TELEGRAM_SECRET = re.compile(r"[\w-]{1,256}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatSettings:
    """One WeChat Official Account."""

    account: str
    app_id: str
    app_secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    """EncodingAESKey, 43 characters; may be empty in plain mode."""
    mode: str
    """`plain`, `compatible` or `safe`, as set at mp.weixin.qq.com."""
    api_base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramSettings:
    """One Telegram bot."""

    account: str
    token: str = field(repr=False)
    mode: str
    """`webhook` or `polling`."""
    secret: str = field(repr=False)
    """What Telegram sends back in its secret header; needed in webhook mode."""
    api_base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """The web chat."""

    enabled: bool
    title: str
    """Empty: the city's own name."""
    max_upload: int
    """Bytes."""
    embed_on: str
    """The pages that may hold the widget, as CSP sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSystemSettings:
    """Where tickets go."""

    kind: str
    """`sandbox` or `rest`."""
    url: str
    secret: str = field(repr=False)
    """Signs what we send; empty with the sandbox."""
    mapping: Path | None
    """The field mapping of the `rest` kind."""
    callback_secrets: tuple[str, ...] = field(repr=False)
    """Any of these may sign a status callback: two while a secret is being changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Name and password of the clerk at the sandbox."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """How long a burst of messages may go on before it is one turn, in seconds."""

    quiet: float
    """After the last message."""
    most: float
    """After the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSettings:
    """From when on something at the desk is overdue or stands out, in seconds."""

    unhandled: float
    """A message that nobody handled."""
    waiting: float
    """A citizen who waits for a person."""
    unanswered: float
    """A citizen who wrote to an operator."""
    wait_long: float
    """A wait in the queue is marked."""
    wait_late: float
    """It is marked red."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that the people who run the service decide."""

    city: str
    cities: Path
    """The folder of city packs."""
    host: str
    port: int
    public_url: str
    """Without a slash at its end; empty when nobody outside reaches the service."""
    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret: str = field(repr=False)
    """Empty: `service_secret` makes one and keeps it."""
    wechat: tuple[WeChatSettings, ...]
    telegram: tuple[TelegramSettings, ...]
    web: WebSettings
    case_system: CaseSystemSettings
    sandbox_login: Login | None
    desk: DeskSettings
    settle: Mapping[str, Settle]
    """By channel name; `settle_of` also knows channels to come."""
    slot_seconds: float
    """How long a webhook's own response waits for the turn."""
    speech: str
    """`package.module:factory` of a speech recogniser; empty: voice without words is kept, the citizen is asked."""
    geocoder: str
    """`package.module:Class` of a geocoder; empty: a bare pin stays bare."""
    log_level: str
    model: Path | None
    """Serve this model folder instead of the shipped weights."""
    config_file: Path | None
    """The suda.toml that was read."""
    unknown: tuple[str, ...]
    """SUDA_ variables that mean nothing to us: most likely misspelt."""

    @property
    def media_dir(self) -> Path:
        """Where photos and voice of citizens are kept."""
        return self.data_dir / "media"

    @property
    def on_loopback(self) -> bool:
        """Nobody but this machine reaches the service directly."""
        return is_loopback(self.host)

    def settle_of(self, channel: str) -> Settle:
        """How long messages of this channel settle."""
        return self.settle.get(channel, self.settle["*"])

    @classmethod
    def load(
        cls,
        environ: Mapping[str, str],
        config_path: Path | None = None,
        *,
        flags: Mapping[str, object] | None = None,
    ) -> Settings:
        """Flags of the command line (by key of suda.toml) win over the environment, that over the file.

        Raises ConfigError with every fault.
        """
        faults: list[Fault] = []
        file, table = read_file(environ, config_path, faults)
        reader = Reader(environ, table, flags or {}, faults)
        settings = _settings(reader, file)
        reader.refuse_unknown_keys()
        if faults:
            raise ConfigError(faults)
        return settings


def make_data_dir(settings: Settings) -> None:
    """The folder of the record and of citizens' files, for this user's eyes only."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)


def service_secret(settings: Settings) -> str:
    """The secret that signs our own tokens and links: the configured one, else one made once and kept in data_dir."""
    if settings.secret:
        return settings.secret
    file = settings.data_dir / "secret"
    make_data_dir(settings)
    fresh = file.with_name(f".secret-{os.getpid()}-{secrets.token_hex(4)}")
    if not file.exists():
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            # a link, not a rename: of two processes that start together, the first one's secret stays
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text().strip()


def is_loopback(host: str) -> bool:
    """Only this machine can reach that host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _settings(reader: Reader, file: Path | None) -> Settings:
    data_dir = reader.path("data_dir", "./var")
    host = reader.text("host", "127.0.0.1")
    public_url = reader.url("public_url", ("http", "https")).rstrip("/")
    case_system = _case_system(reader)
    login = _login(reader)
    # a proxy in front makes the whole world look like loopback, so the public address counts too
    exposed = [at for at in (host, urlsplit(public_url).hostname or "") if at and not is_loopback(at)]
    if case_system.kind == "sandbox" and login is None and exposed:
        reader.fault(
            "sandbox.login",
            f"内置沙箱工单系统在 {exposed[0]} 上对外开放，却没有设置登录",
            "设为 用户名:密码，或只监听 127.0.0.1，或接入真实工单系统（SUDA_CASE_SYSTEM_KIND=rest）",
        )
    return Settings(
        city=reader.text("city", "anshan"),
        cities=reader.path("cities", str(Path(__file__).resolve().parent.parent / "cities")),
        host=host,
        port=reader.whole("port", 8080, 0, 65535),
        public_url=public_url,
        data_dir=data_dir,
        database_url=reader.url("database_url", ("sqlite", "postgresql")) or f"sqlite:///{data_dir}/suda.db",
        redis_url=reader.url("redis_url", ("redis", "rediss", "unix")),
        secret=reader.text("secret"),
        wechat=tuple(_wechat(reader, account) for account in reader.accounts("wechat")),
        telegram=tuple(_telegram(reader, account, public_url) for account in reader.accounts("telegram")),
        web=WebSettings(
            enabled=reader.flag("web.enabled", True),
            title=reader.text("web.title"),
            max_upload=reader.size("web.max_upload", "10MB"),
            embed_on=reader.text("web.embed_on", "*"),
        ),
        case_system=case_system,
        sandbox_login=login,
        desk=_desk(reader),
        settle=_settle(reader),
        slot_seconds=reader.number("slot_seconds", 4.3, 0.0, 4.9),
        speech=reader.text("speech"),
        geocoder=reader.text("geocoder"),
        log_level=reader.choice("log_level", ("debug", "info", "warning", "error"), "info"),
        model=reader.existing("model", folder=True),
        config_file=file,
        unknown=reader.unknown_variables(),
    )


def _wechat(reader: Reader, account: str) -> WeChatSettings:
    at = f"wechat.{account}"
    mode = reader.choice(f"{at}.mode", ("plain", "compatible", "safe"), "safe")
    aes_key = reader.text(f"{at}.aes_key") if mode == "plain" else reader.needed(f"{at}.aes_key", "消息加解密密钥")
    if aes_key and not _AES_KEY.fullmatch(aes_key):
        reader.fault(
            f"{at}.aes_key",
            f"应是 43 位字母、数字、+ 或 /，现在是 {len(aes_key)} 位",
            "到公众平台“基本配置”里复制 EncodingAESKey",
        )
    return WeChatSettings(
        account=account,
        app_id=reader.needed(f"{at}.app_id", "公众号 AppID"),
        app_secret=reader.needed(f"{at}.app_secret", "公众号 AppSecret"),
        # an empty token would let anybody sign
        token=reader.needed(f"{at}.token", "服务器配置的 Token"),
        aes_key=aes_key,
        mode=mode,
        api_base=reader.url(f"{at}.api_base", ("http", "https"), "https://api.weixin.qq.com").rstrip("/"),
    )


def _telegram(reader: Reader, account: str, public_url: str) -> TelegramSettings:
    at = f"telegram.{account}"
    token = reader.needed(f"{at}.token", "机器人令牌")
    if token and not _TELEGRAM_TOKEN.fullmatch(token):
        reader.fault(f"{at}.token", "格式不对，应形如 123456:ABC-DEF", "向 @BotFather 重新索取")
    mode = reader.choice(f"{at}.mode", ("webhook", "polling"), "polling")
    secret = reader.text(f"{at}.secret") if mode == "polling" else reader.needed(f"{at}.secret", "webhook 校验串")
    if secret and not _TELEGRAM_SECRET.fullmatch(secret):
        reader.fault(f"{at}.secret", "只能用字母、数字、_ 和 -，最多 256 位", "换一个随机串，如 openssl rand -hex 32")
    if mode == "webhook" and not public_url.startswith("https://"):
        reader.fault("public_url", "Telegram 的 webhook 方式需要 https 公网地址", f"设置它，或令 {at}.mode 为 polling")
    api_base = reader.url(f"{at}.api_base", ("http", "https"), "https://api.telegram.org").rstrip("/")
    return TelegramSettings(account=account, token=token, mode=mode, secret=secret, api_base=api_base)


def _case_system(reader: Reader) -> CaseSystemSettings:
    kind = reader.choice("case_system.kind", ("sandbox", "rest"), "sandbox")
    url = reader.url("case_system.url", ("http", "https"))
    secret, mapping = reader.text("case_system.secret"), reader.existing("case_system.mapping")
    callback_secrets = reader.words("case_system.callback_secrets")
    if kind == "rest":
        for key, value in (("url", url), ("secret", secret)):
            if not value:
                reader.fault(f"case_system.{key}", "接入工单系统（rest）必须设置", "向工单系统的承建方索取")
    return CaseSystemSettings(
        kind=kind,
        url=url,
        secret=secret,
        mapping=mapping,
        callback_secrets=callback_secrets or ((secret,) if secret else ()),
    )


def _login(reader: Reader) -> Login | None:
    text = reader.text("sandbox.login")
    if not text:
        return None
    user, _, password = text.partition(":")
    if not user or not password:
        reader.fault("sandbox.login", "格式不对", "写成 用户名:密码")
    return Login(user=user, password=password)


def _desk(reader: Reader) -> DeskSettings:
    def seconds(key: str, default: float) -> float:
        return reader.number(f"desk.{key}", default, 1.0, 86400.0)

    desk = DeskSettings(
        unhandled=seconds("unhandled", 60.0),
        waiting=seconds("waiting", 300.0),
        unanswered=seconds("unanswered", 300.0),
        wait_long=seconds("wait_long", 300.0),
        wait_late=seconds("wait_late", 900.0),
    )
    if desk.wait_late < desk.wait_long:
        reader.fault("desk.wait_late", "不能小于 wait_long", "把 wait_late 调大，或把 wait_long 调小")
    return desk


def _settle(reader: Reader) -> Mapping[str, Settle]:
    quiet, most = reader.number("settle.quiet", 0.8, 0.0, 60.0), reader.number("settle.most", 2.5, 0.0, 60.0)
    table = {"*": Settle(quiet=quiet, most=most)}
    for channel in CHANNELS:
        at = f"settle.{channel}"
        table[channel] = Settle(
            quiet=reader.number(f"{at}.quiet", quiet, 0.0, 60.0), most=reader.number(f"{at}.most", most, 0.0, 60.0)
        )
        if table[channel].quiet > table[channel].most:
            reader.fault(f"{at}.most", "不能小于 quiet", "把 most 调大，或把 quiet 调小")
    return MappingProxyType(table)
