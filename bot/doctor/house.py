"""What can be seen from this machine alone: settings, city pack, calendar, files, record."""

import base64
import ipaddress
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import chinese_calendar
from sqlalchemy.exc import SQLAlchemyError

from bot.city import City, CityError
from bot.config import Settings, WeChatSettings, is_loopback
from bot.config_reader import variable
from bot.doctor.database import KEY, look_at_server
from bot.doctor.finding import Finding, Level, fault, note, warning, well
from bot.pack import shortened
from bot.storage.migrate import current_version
from bot.storage.schema import VERSION
from faq.knowledge import STARTER, Knowledge
from handoff.mapping import load_mapping
from handoff.people import SHORTEST_PASSWORD
from nlu.encoder import SHIPPED, Encoder
from nlu.model_folder import ModelError

_BORN = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
"""No clock that is right shows less."""
_GIB = 1024**3


def look_around(settings: Settings, city_root: Path, now: float) -> list[Finding]:
    """Everything that needs no network."""
    today = datetime.fromtimestamp(now, UTC).date()
    return [
        *_configuration(settings),
        *_city(settings.city, city_root, today),
        *_model(settings),
        *_calendar(today),
        *_clock(now),
        *_secrets(settings),
        *_public_url(settings),
        *(finding for account in settings.wechat for finding in _wechat(account)),
        *_case_system(settings),
        *_data_dir(settings.data_dir),
        *_record(settings.database_url, now),
        *_several(settings),
    ]


def _configuration(settings: Settings) -> Iterator[Finding]:
    for name in settings.unknown:
        yield warning(name, "环境里有这个变量，但没有这个设置", "多半是拼错了；对照 docs/configuration.md，或删去它")
    file = settings.config_file
    if file is not None and file.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH) and _holds_secrets(file):
        yield warning(str(file), "里面有密钥，但本机所有用户都能读", f"chmod 600 {file}")
    if not (settings.web.enabled or settings.wechat or settings.telegram):
        yield fault(
            "渠道", "一个渠道也没有开，市民无处说话", "开启网页聊天（SUDA_WEB_ENABLED=true）或接入微信、Telegram"
        )


def _model(settings: Settings) -> Iterator[Finding]:
    folder = settings.model or SHIPPED
    try:
        encoder = Encoder.load(folder)
    except ModelError as error:
        yield fault(
            variable("model"),
            f"模型目录用不了，服务只按规则理解：{error}",
            "指向 suda nlu train 写出的目录，或删去这个设置，用随程序的模型",
        )
    else:
        yield well("理解", f"模型 {encoder.card.get('name', folder.name)}，{len(encoder.leaves)} 个类别")


def _holds_secrets(file: Path) -> bool:
    return bool(re.search(r"^\s*(secret|app_secret|token|aes_key|login)\s*=\s*[\"']\S", file.read_text("utf-8"), re.M))


def _city(name: str, root: Path, today: date) -> Iterator[Finding]:
    try:
        city = City.find(name, root)
    except CityError as error:
        for one in shortened(error.faults):
            place = f"{one.file}:{one.line}" if one.line else str(one.file)
            yield fault(place, one.what, "对照 docs/city-pack.md 改正")
        return
    rows = "，".join(f"{file} {count} 条" for file, count in city.counts.items())
    yield well(f"城市包 {name}", f"{city.full_name}，{rows}")
    if city.places is None:
        yield note(str(city.folder), "没有 places.csv，地名不会对应到区县街道", "需要时按 docs/city-pack.md 编写")
    if city.assumed:
        yield warning(
            str(city.clocks), f"时限有未核对的假定值：{'；'.join(city.assumed)}", "按法规原文核对后从 assumed 删去"
        )
    if not city.hours:
        yield warning(str(city.folder / "city.toml"), "没有人工时段，转人工的市民等不到人", "在 [human] hours 里写上")
    yield from _faq(city.faq, city.folder, today)


def _faq(file: Path | None, folder: Path, today: date) -> Iterator[Finding]:
    own = Knowledge()
    if file is None:
        yield note(str(folder), "没有 faq.jsonl，只有全国通用的常见问题会得到回答", "按 docs/knowledge.md 编写")
    else:
        own = Knowledge.load(file)
    entries = Knowledge.load(STARTER).merged_with(own)
    where = str(file or STARTER)
    expired = [entry.id for entry in entries if entry.is_expired_on(today)]
    due = [entry.id for entry in entries if entry.is_due_for_review_on(today)]
    gaps = [entry.id for entry in entries if entry.has_gap]
    cases = [f"{entry.id}（{'、'.join(entry.cases_to_fill)}）" for entry in entries if entry.cases_to_fill]
    if expired:
        yield warning(where, f"{len(expired)} 条已过期，不再回答：{_some(expired)}", "更新答案与 valid_until，或删去")
    if due:
        yield warning(where, f"{len(due)} 条到了复核日期：{_some(due)}", "请归口单位复核后改 review_by")
    if gaps:
        yield note(
            where, f"{len(gaps)} 条待本市补充，补充前不回答：{_some(gaps)}", "补上〔本市填写〕处，见 docs/knowledge.md"
        )
    if cases:
        yield note(
            where,
            f"{len(cases)} 条有情形待本市补充，补充前先答通用的：{_some(cases)}",
            "补上这些情形里的〔本市填写〕处",
        )


def _some(ids: list[str]) -> str:
    return "、".join(ids[:5]) + ("…" if len(ids) > 5 else "")


def _calendar(today: date) -> Iterator[Finding]:
    reach = _calendar_reach(today)
    upgrade = "国务院公布放假安排后升级 chinesecalendar"
    if reach < today:
        yield fault("节假日历", f"只到 {reach}，今天的工作日已是猜的", upgrade)
    elif reach < today + timedelta(days=75):
        yield warning("节假日历", f"只到 {reach}，之后的办理期限会标为“以实际为准”", upgrade)
    else:
        yield well("节假日历", f"到 {reach}")


def _calendar_reach(today: date) -> date:
    year = today.year + 2
    while year > 2004:
        try:
            chinese_calendar.is_workday(date(year, 12, 31))
        except NotImplementedError:
            year -= 1
        else:
            break
    return date(year, 12, 31)


def _clock(now: float) -> Iterator[Finding]:
    if now < _BORN:
        shown = datetime.fromtimestamp(now, UTC).date()
        yield fault("系统时钟", f"停在 {shown}，签名、期限都会错", "开启 NTP：timedatectl set-ntp true")


def _secrets(settings: Settings) -> Iterator[Finding]:
    kept = settings.data_dir / "secret"
    if settings.secret and _weak(settings.secret, 32):
        yield fault(
            "SUDA_SECRET（secret）", "太短或太有规律，会话与链接可被伪造", "换成 openssl rand -base64 48 的输出"
        )
    elif not settings.secret and kept.exists() and stat.S_IMODE(kept.stat().st_mode) & 0o077:
        yield fault(str(kept), "本机其他用户能读到服务密钥", f"chmod 600 {kept}")
    for secret in {settings.case_system.secret, *settings.case_system.callback_secrets} - {""}:
        if _weak(secret, 16):
            yield warning(
                "SUDA_CASE_SYSTEM_SECRET（case_system.secret）",
                "签名密钥太短或太有规律",
                "与工单系统约定 32 位以上的随机串",
            )
            break
    login = settings.sandbox_login
    if login is not None and len(login.password) < SHORTEST_PASSWORD:
        yield warning("SUDA_SANDBOX_LOGIN（sandbox.login）", "沙箱密码不足 8 位", "换一个长的")


def _weak(secret: str, least: int) -> bool:
    return len(secret) < least or len(set(secret)) < 8


def _public_url(settings: Settings) -> Iterator[Finding]:
    key, url = "SUDA_PUBLIC_URL（public_url）", urlsplit(settings.public_url)
    if not settings.public_url:
        if settings.wechat or settings.case_system.kind == "rest":
            yield warning(key, "没有设置，工单里的照片链接和隐私说明链接外面打不开", "设为市民能访问的 https 地址")
        return
    host = url.hostname or ""
    if is_loopback(host) or _private(host):
        if settings.wechat or settings.telegram:
            yield warning(key, f"{host} 是内网地址，微信和 Telegram 访问不到", "换成公网域名")
    elif url.scheme == "http":
        yield warning(key, "没有加密，市民说的话在路上人人可读", "在前面放一个带证书的反向代理，改用 https://")
    if settings.wechat and url.port not in (None, 80, 443):
        yield fault(key, f"微信只访问 80 和 443 端口，现在是 {url.port}", "用反向代理把 443 转到本服务")
    if url.path not in ("", "/"):
        yield fault(key, f"带了路径 {url.path}，各渠道的地址都从根开始", "去掉路径，用单独的域名")


def _private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host.endswith((".local", ".lan", ".internal"))


def _wechat(account: WeChatSettings) -> Iterator[Finding]:
    def key(part: str) -> str:
        name = f"wechat.{account.account}.{part}"
        return f"{variable(name)}（{name}）"

    panel = "到 mp.weixin.qq.com“设置与开发 → 基本配置”核对"
    if account.app_id.startswith(("ww", "wx")) and len(account.app_id) == 18:
        if account.app_id.startswith("ww"):
            yield fault(key("app_id"), "这是企业微信的 CorpID，不是公众号的 AppID", panel)
    elif account.app_id.startswith("gh_"):
        yield fault(key("app_id"), "这是公众号的原始 ID，不是 AppID（以 wx 开头）", panel)
    else:
        yield warning(key("app_id"), "AppID 应是 wx 加 16 位", panel)
    if len(account.app_secret) == 43:
        yield fault(key("app_secret"), "43 位，像是填成了 EncodingAESKey；AppSecret 是 32 位", panel)
    if len(account.token) == 43:
        yield fault(key("token"), "43 位，像是填成了 EncodingAESKey；Token 是 3 到 32 位", panel)
    elif account.token == account.app_secret:
        yield fault(key("token"), "与 AppSecret 相同，多半填错了一个", panel)
    elif not re.fullmatch(r"[A-Za-z0-9]{3,32}", account.token):
        yield fault(key("token"), "Token 只能是 3 到 32 位字母或数字", panel)
    elif len(account.token) < 8:
        yield warning(key("token"), "Token 太短，容易被猜出", "换成 32 位随机串，两边一起改")
    if account.mode == "plain":
        yield warning(
            key("mode"),
            "明文模式的签名不管正文，看到过一次网址的人就能冒充市民",
            "在公众平台改为安全模式，这里设为 safe",
        )
    if account.aes_key and len(set(base64.b64decode(account.aes_key + "="))) < 8:
        yield warning(key("aes_key"), "太有规律", "在公众平台点“随机生成”，两边一起改")


def _case_system(settings: Settings) -> Iterator[Finding]:
    case_system = settings.case_system
    if case_system.kind == "sandbox":
        yield note("工单系统", "用的是内置沙箱，工单不会到真的承办单位", "接入真实系统：SUDA_CASE_SYSTEM_KIND=rest")
        return
    url = urlsplit(case_system.url)
    if url.scheme == "http" and not is_loopback(url.hostname or ""):
        yield warning(
            "SUDA_CASE_SYSTEM_URL（case_system.url）", "没有加密，工单里有市民的电话", "改用 https://，或走专线"
        )
    if case_system.mapping is not None:
        try:
            load_mapping(case_system.mapping)
        except ValueError as error:
            yield fault(str(case_system.mapping), str(error), "对照 docs 里的字段映射说明改正")
        else:
            yield well(str(case_system.mapping), "字段映射可用")


def _data_dir(folder: Path) -> Iterator[Finding]:
    # what is not there yet is made at the start; what counts is whether it can be
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    key = "SUDA_DATA_DIR（data_dir）"
    if not nearest.is_dir():
        yield fault(key, f"{nearest} 不是目录", "换一个目录，或移走这个文件")
        return
    try:
        with tempfile.TemporaryFile(dir=nearest):
            free = shutil.disk_usage(nearest).free
    except OSError as error:
        yield fault(key, f"{nearest} 写不进去（{error.strerror}）", f"chown 给运行 suda 的用户：{nearest}")
        return
    what = f"{folder} 可写，剩余 {free / _GIB:.1f} GiB"
    if free < 0.2 * _GIB:
        yield fault(key, what, "马上腾出空间：满了以后市民的话存不下")
    elif free < 2 * _GIB:
        yield warning(key, what, "腾出空间，或换大一点的盘")
    else:
        yield well(key, what)


def _record(url: str, now: float) -> Iterator[Finding]:
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
    if file is not None and not file.exists():
        yield note("档案库", f"{file} 还没有", "suda serve 首次启动时自动建立")
        return
    if file is None:
        found = look_at_server(url, now)
        yield from found
        if any(one.level is Level.FAULT for one in found):
            return
    try:
        version = current_version(url)
    except (SQLAlchemyError, OSError, ImportError, ValueError) as error:
        # of the library's words only the first line: the rest repeats the address with its password
        yield fault(
            KEY, f"打不开：{str(getattr(error, 'orig', None) or error).splitlines()[0]}", "检查地址、账号与网络"
        )
        return
    if version is None:
        yield warning("档案库", "是空的，还没有建表", "运行 suda migrate")
    elif version != VERSION:
        yield fault("档案库", f"是 {version} 版，本程序要 {VERSION} 版", "先备份，再运行 suda migrate")
    else:
        yield well("档案库", f"{version} 版")


def _several(settings: Settings) -> Iterator[Finding]:
    if not settings.redis_url:
        return
    if settings.database_url.startswith("sqlite"):
        what, way_out = "要开几个进程，但档案还在 SQLite 文件里", "改用 PostgreSQL，见 docs/postgresql.md"
        yield warning("SUDA_REDIS_URL（redis_url）", what, way_out)
    for account in settings.telegram:
        if account.mode == "polling":
            key = f"telegram.{account.account}.mode"
            what, way_out = "几个进程同时轮询会互相打断", "改用 webhook，见 docs/connect-telegram.md"
            yield warning(f"{variable(key)}（{key}）", what, way_out)
