"""What stands beside a conversation, as fixed values: `handoff.drafting.Drafting` for looking at its pages."""

from collections.abc import Sequence

from handoff.desk import Desk
from handoff.drafting import CategoryOption, Checked, Fields, LinkedAddress, PlaceOption, Sheet, TicketLine, TicketView

TICKET = "AS20261109-0007"
_LIGHTS = ("城乡建设", "城市建设和市政管理", "路灯")
_EARLIER = TicketLine(
    ticket_no=TICKET,
    title="楼下路灯不亮",
    status="办理中",
    accepted_at="2026-11-09T09:30:00+08:00",
    place="铁东区",
    channel="telegram",
)


class MemoryDrafting:
    """A draft with everything in it, for every conversation; with a desk, only what its conversations know."""

    def __init__(self, desk: Desk | None = None) -> None:
        self._desk = desk

    async def sheet(self, conversation_id: str, *, plain: bool = False) -> Sheet | None:
        """The same for all, or what the conversation knows."""
        if self._desk:
            return await self._known(self._desk, conversation_id, plain=plain)
        fields = Fields(
            key="d1",
            category="010101",
            category_words=" > ".join(_LIGHTS),
            place="铁东区绿化街58栋",
            secrecy="confidential",
            content="楼下的路灯坏了三天，晚上走路看不见。",
        )
        return Sheet(
            understood=(("最近来信", "诉求"), ("类别", "路灯（87%）")),
            fields=fields,
            parts=(("区县", "铁东区"), ("街道乡镇", "胜利街道")),
            hidden=not plain,
            files=1,
            more=("小区门口乱停车",),
            earlier=(_EARLIER,),
            visits=("2026-11-09",),
            linked=(
                LinkedAddress(channel="telegram", since=1.79e9, conversation_id="telegram:main:u3", last="2026-11-09"),
                LinkedAddress(channel="wechat", since=1.79e9),
            ),
            nearby=(_EARLIER,),
        )

    async def _known(self, desk: Desk, conversation_id: str, *, plain: bool) -> Sheet | None:
        thread = await desk.thread(conversation_id, plain=plain)
        if thread is None:
            return None
        earlier = [
            TicketLine(ticket_no=no, title=title, status=status, accepted_at="") for no, title, status in thread.tickets
        ]
        return Sheet(understood=thread.understood, fields=None, earlier=earlier)

    async def check(
        self,
        conversation_id: str,
        fields: Fields,
        *,
        whole: bool,
        begun: Fields | None = None,
        take: str = "",
        plain: bool = False,
    ) -> Checked:
        """Always a choice to make, and a place that the citizen has just changed."""
        options = (CategoryOption(code="010101", path=_LIGHTS),)
        places = (PlaceOption(code="1", name="绿化街", district="铁东区"),)
        return Checked(
            form=None,
            faults={"category": "请从下面选一个类别。"},
            categories=options,
            places=places,
            begun=Fields(key="d1", place="铁东区绿化街60栋"),
            clashes=() if take else ("place",),
        )

    async def categories(self, words: str, limit: int = 12) -> Sequence[CategoryOption]:
        """One."""
        return (CategoryOption(code="010101", path=_LIGHTS),)

    async def places(self, words: str) -> Checked:
        """Nothing to choose."""
        return Checked(form=None, parts=(("区县", "铁东区"),))

    async def ticket(self, ticket_no: str, *, plain: bool = False) -> TicketView | None:
        """The one that there is."""
        if ticket_no != TICKET:
            return None
        return TicketView(
            ticket_no=TICKET,
            conversation_id="web:main:u4",
            title="楼下路灯不亮",
            status="办理中",
            facts=(("类型", "求助"), ("类别", " > ".join(_LIGHTS)), ("保密", "保密")),
            content="楼下的路灯坏了三天，晚上走路看不见。",
            history=(("2026-11-10T10:00:00+08:00", "办理中", "已派路灯管理所。"),),
            files=(("image", "photo.png", ""), ("file", "", "")),
            hidden=True,
        )
