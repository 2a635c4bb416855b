"""Citizens, operators, a supervisor, the bot, timers, channels and crashes in any order: one speaker, always a way on.

The same exploration runs over a record in memory and in SQL. The drills look elsewhere each time: they print the seed
with which they can be repeated, by SUDA_TEST_SEED=number.
"""

import asyncio
import os
import random
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.conversation import Conversation, Holder, Rank
from bot.storage.base import Storage
from bot.storage.memory import MemoryStorage
from bot.storage.migrate import migrate
from bot.storage.rules import OPERATOR_LIFE
from bot.storage.sql import SqlStorage
from bot.turn import Destination, Fate
from channels.message import Address, Reply, Speaker
from handoff.desk import ActionKind, ActionResult, OperatorAction, Outcome
from tests.bot.desk.town_hall import Line, TownHall
from tests.servers.postgres import PostgresServer

WEB = Address(channel="web", account="main", user="a-citizen-in-any-state")
WECHAT = Address(channel="wechat", account="main", user="oAnother")
CITIZENS = (WEB, WECHAT)
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
FINAL = (Fate.SENT, Fate.REFUSED, Fate.UNKNOWN)
LINES: tuple[Line, ...] = ("open", "away", "window", "lost")

citizens = st.sampled_from(CITIZENS)
operators = st.sampled_from(sorted(OPERATORS))


class Desk(RuleBasedStateMachine):
    """Two conversations, and all who may touch them."""

    def __init__(self, open_record: Callable[[], Awaitable[Storage]], breath: float, met: Counter[str]) -> None:
        """`met` counts what the bot said that arrived under an operator, marked or not."""
        super().__init__()
        self.hall = TownHall(open_record, breath)
        self.met = met
        self.count = 0
        self.spoken: list[str] = []

    def holding(self, who: Address) -> Conversation:
        """The conversation of this citizen, as the record has it."""
        return self.hall.conversation(who)

    def says(self, who: Address, text: str) -> None:
        """He writes."""
        self.count += 1
        self.hall.now += 1
        self.hall.says(who, self.count, text)

    def action(self, by: str, who: Address, kind: ActionKind, **given: Any) -> OperatorAction:
        """What somebody of the desk does."""
        self.count += 1
        name = {**OPERATORS, SUPERVISOR[0]: SUPERVISOR[1]}[by]
        return OperatorAction(
            id=f"a{self.count}",
            conversation_id=who.key,
            operator=by,
            operator_name=name,
            kind=kind,
            at=self.hall.now,
            **given,
        )

    def acts(self, by: str, who: Address, kind: ActionKind, **given: Any) -> ActionResult:
        """It is decided at once, and the holder alone may."""
        before = self.holding(who)
        action = self.action(by, who, kind, **given)
        self.hall.run(self.hall.record.seen(by, self.hall.now))
        result = self.hall.run(self.hall.inbox.act(action))
        anybody = kind in (ActionKind.ASSIGN, ActionKind.WHISPER)
        others = before.holder is Holder.OPERATOR and before.operator != by
        mine = before.holder is Holder.OPERATOR and before.operator == by
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
        self.hall.settle()
        return result

    def losses(self, who: Address) -> int:
        """How often an operator of his was lost."""
        transcript = self.hall.run(self.hall.record.lines(who.key, limit=10_000))
        acts = [line.body for line in transcript if isinstance(line.body, OperatorAction)]
        return sum(act.kind is ActionKind.LOSE for act in acts)

    # what happens

    @initialize()
    def the_citizens_come(self) -> None:
        """There are two conversations."""
        for who in CITIZENS:
            self.says(who, "你好")

    @rule(who=citizens, text=st.sampled_from(WORDS))
    def a_citizen_writes(self, who: Address, text: str) -> None:
        """Anything."""
        self.says(who, text)

    @rule(who=citizens, text=st.sampled_from(CALLS))
    def a_citizen_calls_a_person(self, who: Address, text: str) -> None:
        """One message reaches the queue, or whoever holds the conversation, from every state."""
        self.says(who, text)
        if self.hall.gate.open.is_set():
            assert self.holding(who).holder in (Holder.WAITING, Holder.OPERATOR)

    @rule(by=operators, who=citizens, kind=st.sampled_from([ActionKind.CLAIM, ActionKind.REPLY]))
    def an_operator_takes_it_or_speaks(self, by: str, who: Address, kind: ActionKind) -> None:
        """The first word takes it as well."""
        self.acts(by, who, kind, text=f"第{self.count}句" if kind is ActionKind.REPLY else "")

    @rule(who=citizens)
    def two_claim_at_once(self, who: Address) -> None:
        """One wins."""
        free = self.holding(who).holder is not Holder.OPERATOR
        claims = [self.action(by, who, ActionKind.CLAIM) for by in OPERATORS]

        async def both() -> list[ActionResult]:
            for by in OPERATORS:
                await self.hall.record.seen(by, self.hall.now)
            return list(await asyncio.gather(*(self.hall.inbox.act(claim) for claim in claims)))

        results = self.hall.run(both())
        if free:
            assert sorted(result.outcome for result in results) == [Outcome.DONE, Outcome.TAKEN]
        assert {result.holder for result in results} == {self.holding(who).operator_name}
        self.hall.settle()

    @rule(
        by=operators,
        who=citizens,
        kind=st.sampled_from([ActionKind.GIVE_BACK, ActionKind.CLOSE]),
        word=st.booleans(),
        sees=st.booleans(),
    )
    def an_operator_lets_go(self, by: str, who: Address, kind: ActionKind, word: bool, sees: bool) -> None:
        """With or without a closing word, and knowing of an open matter or not."""
        dropped = self.holding(who).unfiled if sees else ""
        self.acts(by, who, kind, text=f"再见{self.count}" if word else "", dropped=dropped)

    @rule(by=operators, who=citizens, to=st.sampled_from(["li", "wang", "group", "queue"]))
    def an_operator_passes_it_on(self, by: str, who: Address, to: str) -> None:
        """To a colleague, a group or the queue."""
        person = {"target": to, "target_name": OPERATORS[to]} if to in OPERATORS else {}
        self.acts(by, who, ActionKind.TRANSFER, note=SECRET, group="住建组" if to == "group" else "", **person)

    @rule(who=citizens, to=operators)
    def the_supervisor_assigns(self, who: Address, to: str) -> None:
        """Whoever holds it."""
        self.acts(SUPERVISOR[0], who, ActionKind.ASSIGN, note=SECRET, target=to, target_name=OPERATORS[to])
        assert self.holding(who).operator == to

    @rule(by=operators, who=citizens)
    def an_operator_logs_out(self, by: str, who: Address) -> None:
        """What he holds is first in line at once, and he is not there any more."""
        held = self.holding(who).operator == by
        self.acts(by, who, ActionKind.LEAVE)
        self.hall.run(self.hall.record.unseen(by))
        if held:
            assert self.holding(who).rank is Rank.LOST

    @rule(who=citizens, to=operators)
    def it_is_put_back_for_one_who_is_not_there(self, who: Address, to: str) -> None:
        """Anybody may take it, and nobody holds it meanwhile."""
        meant = {"target": to, "target_name": OPERATORS[to], "later": True}
        self.acts(SUPERVISOR[0], who, ActionKind.ASSIGN, note=SECRET, **meant)
        assert (self.holding(who).holder, self.holding(who).meant_for) == (Holder.WAITING, to)

    @rule(who=citizens)
    def the_supervisor_whispers(self, who: Address) -> None:
        """Nothing changes hands."""
        before = self.holding(who)
        self.acts(SUPERVISOR[0], who, ActionKind.WHISPER, note=SECRET)
        assert self.holding(who).operator == before.operator

    @rule(seconds=st.sampled_from([1.0, 20.0, 45.0, 90.0, 3600.0, 4 * 86400.0]), here=st.sets(st.sampled_from(["li"])))
    def time_passes(self, seconds: float, here: set[str]) -> None:
        """Timers ring, and who was not heard of has lost what he held; who was keeps it."""
        hall, before = self.hall, {who: self.holding(who) for who in CITIZENS}
        losses = {who: self.losses(who) for who in CITIZENS}
        hall.now += seconds
        for by in here:
            hall.run(hall.record.seen(by, hall.now))
        for conversation_id, timeout in hall.run(hall.record.due_timeouts(hall.now)):
            hall.run(hall.inbox.ring(conversation_id, timeout))

        async def two_nodes_look() -> None:
            await asyncio.gather(hall.lost.look(hall.now), hall.lost.look(hall.now))

        hall.run(two_nodes_look())
        for who in CITIZENS:
            if lost := self.losses(who) - losses[who]:
                assert lost == 1, "once, though two nodes saw it"
                assert before[who].operator not in here
                assert self.holding(who).rank is Rank.LOST
            elif before[who].holder is Holder.OPERATOR and seconds > OPERATOR_LIFE:
                assert before[who].operator in here
        hall.settle()

    @precondition(lambda self: self.hall.gate.open.is_set())
    @rule()
    def writing_is_held_up(self) -> None:
        """What is decided from now on is not written yet."""
        self.hall.gate.open.clear()

    @precondition(lambda self: not self.hall.gate.open.is_set())
    @rule()
    def writing_goes_on(self) -> None:
        """What was decided on old knowledge is decided anew."""
        self.hall.gate.open.set()
        self.hall.settle()

    @rule(number=st.integers(0, len(CITIZENS) - 1), line=st.sampled_from(LINES))
    def a_channel_changes(self, number: int, line: Line) -> None:
        """It goes away, closes its window, loses its answers, or is back."""
        self.hall.channels[number].line = line
        self.hall.settle()

    @precondition(lambda self: self.hall.gate.open.is_set())
    @rule(by=operators, number=st.integers(0, len(CITIZENS) - 1), line=st.sampled_from(["away", "lost"]))
    def a_claim_meets_words_that_are_on_their_way(self, by: str, number: int, line: Line) -> None:
        """The bot had answered, the channel did not take it, and somebody takes over before it does."""
        who, channel = CITIZENS[number], self.hall.channels[number]
        channel.line = line
        self.says(who, "你好")
        self.acts(by, who, ActionKind.REPLY, text=f"第{self.count}句")
        channel.line = "open"
        self.hall.now += 2
        self.hall.settle()

    @rule()
    def the_process_dies(self) -> None:
        """What it had in hand is lost, and handled by the next."""
        self.hall.die()

    # what always holds

    @invariant()
    def nobody_talks_over_an_operator(self) -> None:
        """Never two speakers: nothing that the bot decides while somebody holds the conversation is ever written."""
        assert self.hall.gate.talked_over == []

    @invariant()
    def what_leaves_leaves_in_order_and_once(self) -> None:
        """What was on its way at a claim is seen as what it is: the bot's own, before the operator's first word.

        Only what may have arrived comes again, and says so.
        """
        for who in CITIZENS:
            left = [each for each in self.hall.left if each.conversation_id == who.key and not each.reply.repeated]
            ids = [each.reply.id for each in left]
            assert len(ids) == len(set(ids)), "nothing leaves twice unmarked"
            transcript = [line.body.id for line in self.hall.run(self.hall.record.lines(who.key, limit=10_000))]
            assert [each for each in transcript if each in set(ids)] == ids, "in the order in which it was decided"
        for each in self.hall.left:
            if each.held and each.reply.speaker is Speaker.BOT:
                assert each.reply.speaker_name == "", "nobody takes it for a colleague's"

    @invariant()
    def exactly_one_holds_it(self) -> None:
        """And whoever waits has a reason to."""
        for who in CITIZENS:
            conversation = self.holding(who)
            assert (conversation.holder is Holder.OPERATOR) == bool(conversation.operator)
            assert (conversation.holder is Holder.WAITING) <= bool(conversation.waiting_reason)

    @invariant()
    def what_colleagues_write_reaches_no_citizen(self) -> None:
        """By no channel, and on no page."""
        sent = self.hall.run(self.hall.record.deliveries(list(Fate), Destination.CITIZEN))
        assert all(isinstance(each.body, Reply) and SECRET not in each.body.text for each in sent)
        for who in CITIZENS:
            shown = self.hall.run(self.hall.record.lines(who.key, notes=False))
            assert not any(isinstance(line.body, OperatorAction) for line in shown)

    def teardown(self) -> None:
        """From wherever it ended there is a way on for each of them, and no word is lost."""
        try:
            if self.count:
                self.the_way_on()
        finally:
            self.hall.close()

    def the_way_on(self) -> None:
        """Silence frees them from whoever holds them, a person takes one, gives it back, and the bot answers."""
        hall = self.hall
        hall.gate.open.set()
        for channel in hall.channels:
            channel.line = "open"
        hall.settle()
        hall.now += OPERATOR_LIFE + 1
        hall.run(hall.lost.look(hall.now))
        hall.settle()
        for who in CITIZENS:
            assert self.holding(who).holder is not Holder.OPERATOR
            self.says(who, "人工")
            assert self.holding(who).holder is Holder.WAITING
            assert self.acts("li", who, ActionKind.REPLY, text=f"我是小李，{who.user}").outcome is Outcome.DONE
            assert self.acts("li", who, ActionKind.GIVE_BACK).outcome is Outcome.DONE
            before = len(hall.run(hall.record.lines(who.key, limit=10_000)))
            self.says(who, "你好")
            answered = [line.body for line in hall.run(hall.record.lines(who.key, limit=10_000))][before:]
            assert any(isinstance(body, Reply) and body.speaker is Speaker.BOT for body in answered)
        self.nothing_is_left_over()
        late = [each.reply for each in hall.left if each.held and each.reply.speaker is Speaker.BOT]
        self.met.update("repeated" if reply.repeated else "late" for reply in late)

    def nothing_is_left_over(self) -> None:
        """All is handled, all has a fate, and an operator's words are there once."""
        hall = self.hall
        hall.now += 4 * 86400
        hall.settle()
        report = hall.run(hall.record.audit())
        assert (report.unhandled, report.put_aside) == ((), ())
        sent = hall.run(hall.record.deliveries(list(Fate), Destination.CITIZEN))
        assert [each.id for each in sent if each.fate not in FINAL] == []
        words = [each.body.text for each in sent if isinstance(each.body, Reply)]
        assert all(words.count(text) == 1 for text in self.spoken), "an operator's words leave once"


async def in_memory() -> Storage:
    """A record as `suda chat` has it."""
    return MemoryStorage()


class InFile:
    """A record in SQLite, a new one each time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "empty.db"
        migrate(f"sqlite:///{self._empty}")

    async def __call__(self) -> Storage:
        path = self._folder / "suda.db"
        for old in self._folder.glob("suda.db*"):
            old.unlink()
        shutil.copy(self._empty, path)
        record = SqlStorage(f"sqlite:///{path}")
        await record.start()
        return record


class InPostgres:
    """A record on a server, emptied each time."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    async def __call__(self) -> Storage:
        record = SqlStorage(self._server.record())
        await record.start()
        return record


def explore(
    open_record: Callable[[], Awaitable[Storage]], examples: int, steps: int, *, breath: float, again: bool = True
) -> Counter[str]:
    """Go so many ways; `again`: the same ones each time. Says what it met."""
    met: Counter[str] = Counter()

    def desk() -> Desk:
        return Desk(open_record, breath, met)

    if not again:
        number = int(os.environ.get("SUDA_TEST_SEED") or random.SystemRandom().randrange(2**32))
        print(f"\nSUDA_TEST_SEED={number}")
        seed(number)(desk)
    ways = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=again,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(desk, settings=ways)  # type: ignore[arg-type]  # any callable that makes one
    print(f"\n{examples} ways of {steps} steps: {dict(met)}")
    return met


def test_in_any_order_there_is_one_speaker_and_a_way_on() -> None:
    explore(in_memory, 40, 25, breath=0.0)


@pytest.mark.parametrize("number", range(len(CITIZENS)))
def test_what_the_bot_said_before_a_claim_and_the_channel_took_late_comes_as_its_own_and_before_the_operator(
    number: int,
) -> None:
    desk = Desk(in_memory, 0.0, Counter())
    desk.the_citizens_come()
    desk.a_claim_meets_words_that_are_on_their_way("li", number, "away")

    who = [(each.reply.speaker, each.held, each.reply.repeated) for each in desk.hall.left[len(CITIZENS) :]]
    # Between them he reads who took over.
    assert who == [(Speaker.BOT, True, False), (Speaker.SYSTEM, True, False), (Speaker.OPERATOR, True, False)]
    desk.what_leaves_leaves_in_order_and_once()
    desk.teardown()
    assert desk.met["late"] == 1


def test_what_the_bot_said_before_a_claim_and_may_have_arrived_comes_again_with_a_mark() -> None:
    desk = Desk(in_memory, 0.0, Counter())
    desk.the_citizens_come()
    desk.a_claim_meets_words_that_are_on_their_way("li", CITIZENS.index(WECHAT), "lost")
    desk.says(WECHAT, "在吗")

    (again,) = [each for each in desk.hall.left if each.held and each.reply.speaker is Speaker.BOT]
    assert again.reply.repeated
    desk.what_leaves_leaves_in_order_and_once()
    desk.teardown()


def test_it_holds_over_a_record_in_sql_too(tmp_path: Path) -> None:
    explore(InFile(tmp_path), 8, 25, breath=0.0005)


@pytest.mark.endurance
@pytest.mark.timeout(1200)
def test_it_holds_wherever_one_looks(tmp_path: Path) -> None:
    explore(in_memory, 200, 50, breath=0.0, again=False)


@pytest.mark.endurance
@pytest.mark.timeout(1200)
def test_it_holds_wherever_one_looks_over_sqlite(tmp_path: Path) -> None:
    explore(InFile(tmp_path), 40, 40, breath=0.0005, again=False)


@pytest.mark.endurance
@pytest.mark.timeout(1200)
def test_it_holds_wherever_one_looks_over_postgresql(postgres: PostgresServer) -> None:
    explore(InPostgres(postgres), 40, 40, breath=0.0005, again=False)
