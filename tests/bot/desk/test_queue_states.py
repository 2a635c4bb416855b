"""A citizen, operators, a supervisor, the bot, timers and crashes in any order: one speaker, and always a way on."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.agent import Agent
from bot.bus.local import LocalBus
from bot.config import Settle
from bot.conversation import Conversation, Holder, Rank
from bot.desk.lost import LostOperators
from bot.desk.queue import DeskQueue
from bot.dialogue import Dialogue
from bot.inbox import Inbox
from bot.storage.memory import MemoryStorage
from bot.storage.rules import OPERATOR_LIFE
from bot.turn import Destination, Fate, Turn
from bot.worker import Worker
from channels.message import Address, Message, MessageKind, Reply, Speaker
from faq.entry import Answer
from handoff.desk import ActionKind, ActionResult, OperatorAction, Outcome
from nlu.interpretation import Gist, Interpretation
from tests.bot.dialogue.harness import mind, questions

T = TypeVar("T")
WHO = Address(channel="web", account="main", user="a-citizen-in-any-state")
OPERATORS = {"li": "小李", "wang": "小王"}
SUPERVISOR = ("chen", "陈班长")
SECRET = "此人情绪不稳，注意语气"
WORDS = (
    "你好",
    "铁东区胜利路58号的路灯坏了",
    "路灯坏了",
    "不留",
    "确认",
    "12345是什么电话",
    "啊啊啊",
    "你们就是一群废物",
    "村支书贪污低保款，我要举报",
    "厨房煤气泄漏了",
    "前面还有几个人",
    "谢谢",
)
CALLS = ("人工", "转人工", "我要找真人")


@cache
def understand(text: str) -> Interpretation:
    """What the city's mind makes of the words."""
    return mind("anshan").interpreter.parse(text)


@cache
def know(text: str, gist: Gist | None) -> Answer:
    """What its knowledge base says to them."""
    return questions("anshan").ask(text, gist)


async def read(text: str) -> Interpretation:
    """The same, as the agent asks for it."""
    return understand(text)


class Killed(Exception):
    """The process died before it wrote."""


class GatedRecord(MemoryStorage):
    """A record whose commits wait at a gate, so that anything may happen between deciding and writing."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_gate = 0
        self.killed = False
        self.talked_over: list[Turn] = []

    async def commit(self, turn: Turn, now: float) -> None:
        """Written when the gate opens; a citizen's message is never answered by the bot beside an operator."""
        self.at_gate += 1
        try:
            await self.gate.wait()
        finally:
            self.at_gate -= 1
        if self.killed:
            raise Killed
        before = (await self.load(turn.conversation.id)).conversation
        await super().commit(turn, now)
        said = [d.body.speaker for d in turn.deliveries if isinstance(d.body, Reply)]
        if before.holder is Holder.OPERATOR and Speaker.BOT in said:
            self.talked_over.append(turn)  # kept, since the worker outlives an error here


class Desk(RuleBasedStateMachine):
    """One conversation, and all who may touch it."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _loop, _context: None)  # a killed commit has nobody who waits for it
        self.now = 1_795_572_000.0
        self.record = self.run(self.make_record())
        self.count = 0
        self.spoken: list[str] = []
        self.begin()

    @staticmethod
    async def make_record() -> GatedRecord:
        """Made within the loop that it belongs to."""
        return GatedRecord()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the loop do it."""
        return self.loop.run_until_complete(work)

    def begin(self) -> None:
        """A process begins, on the record as it is."""
        of = mind("anshan")
        rules = replace(of.rules, entry=questions("anshan").entry)
        self.bus = LocalBus()
        self.inbox = Inbox(self.record, self.bus, clock=self.clock, count_message=lambda _channel: None)
        self.worker = Worker(
            self.record,
            self.bus,
            agent=Agent(
                read=read,
                ask=know,
                dialogue=Dialogue(rules, of.texts),
                ahead=self.record.ahead,
                attended=DeskQueue(self.record, (), self.clock).attended,
            ),
            inbox=self.inbox,
            settle=lambda _channel: Settle(quiet=0.0, most=0.0),
            clock=self.clock,
            committed=lambda _turn, _seconds: None,
        )
        self.lost = LostOperators(self.record, self.inbox, self.bus, clock=self.clock)

    def clock(self) -> float:
        """The time that the rules set."""
        return self.now

    async def settle(self) -> None:
        """Until all is handled, or stands at the gate."""
        for conversation_id in await self.record.ready():
            self.worker.wake(conversation_id)
        while not await self.worker.idle() and not self.record.at_gate:  # noqa: ASYNC110  # a worker at rest tells nobody
            await asyncio.sleep(0)

    @property
    def conversation(self) -> Conversation:
        """As the record has it."""
        return self.run(self.record.load(WHO.key)).conversation

    def says(self, text: str) -> None:
        """The citizen writes."""
        self.count += 1
        self.now += 1
        message = Message(
            id=f"m{self.count}", address=WHO, kind=MessageKind.TEXT, sent_at=self.now, text=text, name="张先生"
        )
        self.run(self.inbox.receive(message))
        self.run(self.settle())

    def action(self, who: str, kind: ActionKind, **given: Any) -> OperatorAction:
        """What somebody of the desk does."""
        self.count += 1
        name = {**OPERATORS, SUPERVISOR[0]: SUPERVISOR[1]}[who]
        at = self.now
        return OperatorAction(
            id=f"a{self.count}",
            conversation_id=WHO.key,
            operator=who,
            operator_name=name,
            kind=kind,
            at=at,
            **given,
        )

    def acts(self, who: str, kind: ActionKind, **given: Any) -> ActionResult:
        """It is decided at once, and the holder alone may."""
        before = self.conversation
        action = self.action(who, kind, **given)
        self.run(self.record.seen(who, self.now))
        result = self.run(self.inbox.act(action))
        anybody = kind in (ActionKind.ASSIGN, ActionKind.WHISPER)
        others = before.holder is Holder.OPERATOR and before.operator != who
        mine = before.holder is Holder.OPERATOR and before.operator == who
        free = kind in (ActionKind.CLAIM, ActionKind.REPLY)
        expected = (
            Outcome.DONE if anybody or mine or (free and not others) else Outcome.TAKEN if others else Outcome.NOT_HELD
        )
        if kind is ActionKind.CLOSE and mine and before.unfiled not in ("", given.get("dropped", "")):
            expected = Outcome.STALE
        assert result.outcome is expected
        if result.outcome is Outcome.TAKEN:
            assert result.holder == before.operator_name, "the other is told by name"
        if result.outcome is Outcome.DONE and action.text:
            self.spoken.append(action.text)
        self.run(self.settle())
        return result

    # what happens

    @initialize()
    def the_citizen_comes(self) -> None:
        """There is a conversation."""
        self.says("你好")

    @rule(text=st.sampled_from(WORDS))
    def the_citizen_writes(self, text: str) -> None:
        """Anything."""
        self.says(text)

    @rule(text=st.sampled_from(CALLS))
    def the_citizen_calls_a_person(self, text: str) -> None:
        """One message reaches the queue, or whoever holds the conversation, from every state."""
        self.says(text)
        if self.record.gate.is_set():
            assert self.conversation.holder in (Holder.WAITING, Holder.OPERATOR)

    @rule(who=st.sampled_from(sorted(OPERATORS)), kind=st.sampled_from([ActionKind.CLAIM, ActionKind.REPLY]))
    def an_operator_takes_it_or_speaks(self, who: str, kind: ActionKind) -> None:
        """The first word takes it as well."""
        self.acts(who, kind, text=f"第{self.count}句" if kind is ActionKind.REPLY else "")

    @rule()
    def two_claim_at_once(self) -> None:
        """One wins."""
        free = self.conversation.holder is not Holder.OPERATOR
        claims = [self.action(who, ActionKind.CLAIM) for who in OPERATORS]

        async def both() -> list[ActionResult]:
            for who in OPERATORS:
                await self.record.seen(who, self.now)
            return list(await asyncio.gather(*(self.inbox.act(claim) for claim in claims)))

        results = self.run(both())
        if free:
            assert sorted(result.outcome for result in results) == [Outcome.DONE, Outcome.TAKEN]
        assert {result.holder for result in results} == {self.conversation.operator_name}
        self.run(self.settle())

    @rule(
        who=st.sampled_from(sorted(OPERATORS)),
        kind=st.sampled_from([ActionKind.GIVE_BACK, ActionKind.CLOSE]),
        word=st.booleans(),
        sees=st.booleans(),
    )
    def an_operator_lets_go(self, who: str, kind: ActionKind, word: bool, sees: bool) -> None:
        """With or without a closing word, and knowing of an open matter or not."""
        dropped = self.conversation.unfiled if sees else ""
        self.acts(who, kind, text=f"再见{self.count}" if word else "", dropped=dropped)

    @rule(who=st.sampled_from(sorted(OPERATORS)), to=st.sampled_from(["li", "wang", "group", "queue"]))
    def an_operator_passes_it_on(self, who: str, to: str) -> None:
        """To a colleague, a group or the queue."""
        person = {"target": to, "target_name": OPERATORS[to]} if to in OPERATORS else {}
        self.acts(who, ActionKind.TRANSFER, note=SECRET, group="住建组" if to == "group" else "", **person)

    @rule(to=st.sampled_from(sorted(OPERATORS)))
    def the_supervisor_assigns(self, to: str) -> None:
        """Whoever holds it."""
        self.acts(SUPERVISOR[0], ActionKind.ASSIGN, note=SECRET, target=to, target_name=OPERATORS[to])
        assert self.conversation.operator == to

    @rule(who=st.sampled_from(sorted(OPERATORS)))
    def an_operator_logs_out(self, who: str) -> None:
        """What he holds is first in line at once, and he is not there any more."""
        held = self.conversation.operator == who
        self.acts(who, ActionKind.LEAVE)
        self.run(self.record.unseen(who))
        if held:
            assert self.conversation.rank is Rank.LOST

    @rule(to=st.sampled_from(sorted(OPERATORS)))
    def it_is_put_back_for_one_who_is_not_there(self, to: str) -> None:
        """Anybody may take it, and nobody holds it meanwhile."""
        meant = {"target": to, "target_name": OPERATORS[to], "later": True}
        self.acts(SUPERVISOR[0], ActionKind.ASSIGN, note=SECRET, **meant)
        assert (self.conversation.holder, self.conversation.meant_for) == (Holder.WAITING, to)

    @rule()
    def the_supervisor_whispers(self) -> None:
        """Nothing changes hands."""
        before = self.conversation
        self.acts(SUPERVISOR[0], ActionKind.WHISPER, note=SECRET)
        assert self.conversation.operator == before.operator

    @rule(seconds=st.sampled_from([1.0, 20.0, 45.0, 90.0, 3600.0, 4 * 86400.0]), here=st.sets(st.sampled_from(["li"])))
    def time_passes(self, seconds: float, here: set[str]) -> None:
        """Timers ring, and who was not heard of has lost what he held; who was keeps it."""
        before = self.conversation
        self.now += seconds
        for who in here:
            self.run(self.record.seen(who, self.now))
        for conversation_id, timeout in self.run(self.record.due_timeouts(self.now)):
            self.run(self.inbox.ring(conversation_id, timeout))

        async def two_nodes_look() -> int:
            return sum(await asyncio.gather(self.lost.look(self.now), self.lost.look(self.now)))

        lost = self.run(two_nodes_look())
        assert lost <= 1, "safely once"
        if lost:
            assert before.operator not in here
            assert self.conversation.rank is Rank.LOST
        elif before.holder is Holder.OPERATOR and seconds > OPERATOR_LIFE:
            assert before.operator in here
        self.run(self.settle())

    @precondition(lambda self: self.record.gate.is_set())
    @rule()
    def writing_is_held_up(self) -> None:
        """What is decided from now on is not written yet."""
        self.record.gate.clear()

    @precondition(lambda self: not self.record.gate.is_set())
    @rule()
    def writing_goes_on(self) -> None:
        """What was decided on old knowledge is decided anew."""
        self.record.gate.set()
        self.run(self.settled())

    @rule()
    def the_process_dies(self) -> None:
        """What it had in hand is lost, and handled by the next."""

        async def die() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            self.record.killed = True
            self.record.gate.set()
            await asyncio.gather(*others, return_exceptions=True)
            self.record.killed = False

        self.run(die())
        self.begin()
        self.run(self.settle())

    # what always holds

    @invariant()
    def nobody_talks_over_an_operator(self) -> None:
        """Never two speakers."""
        assert self.record.talked_over == []

    @invariant()
    def exactly_one_holds_it(self) -> None:
        """And whoever waits has a reason to."""
        conversation = self.conversation
        assert (conversation.holder is Holder.OPERATOR) == bool(conversation.operator)
        assert (conversation.holder is Holder.WAITING) <= bool(conversation.waiting_reason)

    @invariant()
    def what_colleagues_write_reaches_no_citizen(self) -> None:
        """By no channel, and on no page."""
        sent = self.run(self.record.deliveries(list(Fate), Destination.CITIZEN))
        assert all(isinstance(each.body, Reply) and SECRET not in each.body.text for each in sent)
        shown = self.run(self.record.lines(WHO.key, notes=False))
        assert not any(isinstance(line.body, OperatorAction) for line in shown)

    async def settled(self) -> None:
        """Until nothing is in hand, with the gate open."""
        while not await self.worker.idle():  # noqa: ASYNC110  # the same
            await asyncio.sleep(0)

    def teardown(self) -> None:
        """From wherever it ended there is a way on for each of them, and no word is lost."""
        try:
            if self.count:
                self.the_way_on()
        finally:
            self.run(self.end())
            self.loop.close()

    def the_way_on(self) -> None:
        """Silence frees it from whoever holds it, a person takes it, gives it back, and the bot answers."""
        self.record.gate.set()
        self.run(self.settled())
        self.now += OPERATOR_LIFE + 1
        self.run(self.lost.look(self.now))
        self.run(self.settled())
        assert self.conversation.holder is not Holder.OPERATOR
        self.says("人工")
        assert self.conversation.holder is Holder.WAITING
        assert self.acts("li", ActionKind.REPLY, text="我是小李").outcome is Outcome.DONE
        assert self.acts("li", ActionKind.GIVE_BACK).outcome is Outcome.DONE
        before = len(self.run(self.record.lines(WHO.key)))
        self.says("你好")
        answered = [line.body for line in self.run(self.record.lines(WHO.key, limit=10_000))][before:]
        assert any(isinstance(body, Reply) and body.speaker is Speaker.BOT for body in answered)
        report = self.run(self.record.audit())
        assert (report.unhandled, report.put_aside) == ((), ())
        sent = self.run(self.record.deliveries(list(Fate), Destination.CITIZEN))
        words = [each.body.text for each in sent if isinstance(each.body, Reply)]
        assert all(words.count(text) == 1 for text in self.spoken), "an operator's words leave once"

    async def end(self) -> None:
        """Nothing is left running."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)
        await self.loop.shutdown_default_executor()


Desk.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestDesk = Desk.TestCase
