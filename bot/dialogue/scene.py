"""A turn in the making: collects what is said and decided, then becomes a `Turn`; local to one call."""

from dataclasses import replace

from bot.conversation import Conversation, Stage
from bot.dialogue.rules import Rules
from bot.texts import Texts
from bot.turn import Correction, Delivery, Destination, LinkStep, Outcomes, Question, ServiceGrade, Timeout, Turn
from channels.message import Attachment, Choice, Reply, Speaker
from handoff.ticket import CaseEvent, CaseEventKind, StatusUpdate, Ticket, TicketAttachment, TicketStatus

# The later in this list, the more an outcome says; a turn tells the most of what it did.
_WEIGHT = [
    Outcomes.NOTED,
    Outcomes.TOLD,
    Outcomes.QUESTION,
    Outcomes.ANSWER,
    Outcomes.HANDOVER,
    Outcomes.TICKET,
    Outcomes.PUT_ASIDE,
]


class Scene:
    """What a turn has come to so far."""

    def __init__(
        self, conversation: Conversation, *, key: str, events: tuple[str, ...], now: float, rules: Rules, texts: Texts
    ) -> None:
        self.conversation = conversation
        self.now = now
        self.rules = rules
        self.texts = texts
        self.outcome = Outcomes.NOTED
        self._key = key
        self._events = events
        self._parts: list[str] = []
        self._choices: tuple[Choice, ...] = ()
        self._replies: list[Reply] = []
        self._leaving: list[Delivery] = []
        self._tickets: dict[str, Ticket] = {}
        self._timeouts: list[Timeout] = []
        self._cancelled: list[str] = []
        self._questions: list[Question] = []
        self._corrections: list[Correction] = []
        self._link: LinkStep | None = None
        self._grades: list[ServiceGrade] = []
        self.intent = ""
        self.understood: dict[str, str] = {}
        self.attended = True
        """Somebody is at the desk who could answer."""
        self.paused = False
        """The citizen comes back after a long pause."""

    # what is said

    def say(self, name: str, /, **values: object) -> None:
        """Add a sentence to the turn's one reply."""
        self._parts.append(self.texts(name, **values))

    def say_plain(self, text: str) -> None:
        """Add words that are no sentence of ours (a curated answer, a clerk's words)."""
        self._parts.append(text)

    def first(self, name: str, /, **values: object) -> None:
        """Put a sentence before all others."""
        self._parts.insert(0, self.texts(name, **values))

    def announce(self, text: str, choices: tuple[Choice, ...] = ()) -> None:
        """A word of the system, in a reply of its own, which passes whoever holds the conversation."""
        self._replies.append(replace(self._reply(text, Speaker.SYSTEM), choices=choices))

    def speak_as(self, name: str, text: str) -> None:
        """An operator's words."""
        self._replies.append(replace(self._reply(text, Speaker.OPERATOR), speaker_name=name))

    def enclose(self, name: str, attachment: Attachment) -> None:
        """A photo or file of an operator, a reply of its own: so each has its own fate."""
        self._replies.append(replace(self._reply("", Speaker.OPERATOR), speaker_name=name, attachments=(attachment,)))

    def ask(self, stage: Stage, choices: tuple[Choice, ...] = (), subject: str = "") -> None:
        """The reply ends in a question; `choices` are tappable and numbered."""
        self._choices = choices
        self.conversation = self.conversation.asking(stage, choices, subject)
        self.reach(Outcomes.QUESTION)

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """Show something to tap without asking for it."""
        self._choices = choices
        self.conversation = replace(self.conversation, choices=choices)

    @property
    def words(self) -> str:
        """What was said so far."""
        return "\n".join((*(reply.text for reply in self._replies), *self._parts))

    @property
    def silent(self) -> bool:
        """Nothing was said yet."""
        return not self._parts and not self._replies

    # what is decided

    def reach(self, outcome: Outcomes) -> None:
        """The turn comes at least to this outcome."""
        self.outcome = max(self.outcome, outcome, key=_WEIGHT.index)

    def hand_over(self, reason: str) -> None:
        """A person is wanted."""
        self.conversation = self.conversation.waiting(reason, self.now)
        self.reach(Outcomes.HANDOVER)

    def submit(self, ticket: Ticket) -> None:
        """A new ticket goes to the case system; its number is the delivery's id, so that a replay makes no second."""
        self._keep(ticket)
        self._leave(f"ticket:{ticket.ticket_no}", ticket)
        self.reach(Outcomes.TICKET)

    def update(self, ticket: Ticket) -> None:
        """A ticket changed."""
        self._keep(ticket)

    def tell_case(
        self,
        kind: CaseEventKind,
        ticket: Ticket,
        text: str = "",
        *,
        rating: str | None = None,
        second_supervision: bool = False,
        attachments: tuple[TicketAttachment, ...] = (),
    ) -> None:
        """What the citizen does to a submitted ticket travels to the case system."""
        event = CaseEvent(
            id=f"{ticket.ticket_no}:{kind}:{self._key}",
            ticket_no=ticket.ticket_no,
            external_no=ticket.external_no,
            kind=kind,
            at=self.rules.iso(self.now),
            text=text,
            rating=rating,
            second_supervision=second_supervision,
            attachments=attachments,
        )
        self._leave(event.id, event)
        self.reach(Outcomes.TICKET)

    def step(self, ticket: Ticket, status: TicketStatus, text: str = "") -> Ticket:
        """The ticket after a step that the citizen takes himself."""
        update = StatusUpdate(
            event_id=f"{self._key}:{status}",
            ticket_no=ticket.ticket_no,
            status=status,
            at=self.rules.iso(self.now),
            actor="citizen",
            text=text,
        )
        moved = self.rules.states.apply(ticket, update, "citizen")
        self._keep(moved)
        return moved

    def wake_at(self, name: str, due_at: float, subject: str = "") -> None:
        """Ask to be woken."""
        self._timeouts.append(Timeout(name=name, due_at=due_at, subject=subject))

    def cancel(self, *names: str) -> None:
        """Timeouts that are no longer wanted."""
        self._cancelled.extend(names)

    def remember_question(self, question: Question) -> None:
        """Keep a question for the list of what could not be answered."""
        self._questions.append(question)

    def learn(self, correction: Correction) -> None:
        """Keep where an operator knew better than the machine."""
        self._corrections.append(correction)

    def link(self, step: LinkStep) -> None:
        """Link this address, or part it."""
        self._link = step

    @property
    def key(self) -> str:
        """The event that this turn comes from; ids are made of it."""
        return self._key

    def grade(self, grade: ServiceGrade) -> None:
        """Keep how the citizen liked an operator's service."""
        self._grades.append(grade)

    # what it comes to

    def turn(self) -> Turn:
        """The turn, as one value."""
        replies = list(self._replies)
        if self._parts:
            replies.append(replace(self._reply("\n\n".join(self._parts), Speaker.BOT), choices=self._choices))
        numbered = [replace(reply, id=f"{self._key}:r{number}") for number, reply in enumerate(replies, start=1)]
        told = (text for reply in numbered for text in (reply.text, *(choice.label for choice in reply.choices)))
        return Turn(
            conversation=self.conversation.quoting(told),
            events=self._events,
            outcome=self.outcome,
            deliveries=(*(self._to_citizen(reply) for reply in numbered), *self._leaving),
            tickets=tuple(self._tickets.values()),
            timeouts=tuple(self._timeouts),
            cancelled=tuple(self._cancelled),
            questions=tuple(self._questions),
            corrections=tuple(self._corrections),
            link=self._link,
            grades=tuple(self._grades),
            intent=self.intent,
            understood=self.understood,
        )

    def _keep(self, ticket: Ticket) -> None:
        self._tickets[ticket.ticket_no] = ticket
        self.conversation = self.conversation.with_ticket(ticket)

    def _leave(self, delivery_id: str, body: Ticket | CaseEvent) -> None:
        self._leaving.append(
            Delivery(
                id=delivery_id,
                # In the line of the chat where the ticket was made, behind the ticket itself.
                conversation_id=self.conversation.owner_of(body.ticket_no),
                destination=Destination.CASE_SYSTEM,
                body=body,
                due_at=self.now,
            )
        )

    def _reply(self, text: str, speaker: Speaker) -> Reply:
        return Reply(id="", address=self.conversation.address, text=text, speaker=speaker, at=self.now)

    def _to_citizen(self, reply: Reply) -> Delivery:
        return Delivery(
            id=reply.id,
            conversation_id=self.conversation.id,
            destination=Destination.CITIZEN,
            body=reply,
            due_at=self.now,
        )
