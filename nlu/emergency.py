"""The reflex: dangers of this moment, told from idioms, old stories and questions, without a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from nlu import clauses, dangers, harmless
from nlu.clauses import Mention
from nlu.interpretation import EmergencyKind
from nlu.normalize import respelled
from nlu.search import Sieve

# In the order in which a kind is preferred.
_KINDS = (
    EmergencyKind.SUICIDE,
    EmergencyKind.FIRE,
    EmergencyKind.GAS,
    EmergencyKind.CRIME,
    EmergencyKind.TRAFFIC,
    EmergencyKind.MEDICAL,
    EmergencyKind.OTHER,
)
# Kind, whether the pattern names it plainly, pattern; of each kind those first that need no weighing.
_RULES = tuple(
    (kind, plain, patterns[kind])
    for kind in _KINDS
    for plain, patterns in ((True, dangers.UNMISTAKABLE), (False, dangers.PHRASES), (False, dangers.COMPOSED))
)
_SIEVE = Sieve(pattern for _, _, pattern in _RULES)
_HARMLESS = (harmless.CALLS, harmless.HYPERBOLE, harmless.IDIOMS)
_HARMLESS_SIEVE = Sieve(_HARMLESS)
_STOPS = "。！!？?；;\n"
_SENTENCE = re.compile(f"[{_STOPS}]+")
# Of one pattern in one sentence as many are weighed: an endless message must not take endless time.
_MOST = 8
# Of a fire or a crash of yesterday the rest is a matter for the city; who was lost yesterday may still be lost.
_QUICKLY_OVER = frozenset({EmergencyKind.FIRE, EmergencyKind.TRAFFIC})
_DONE_BY_SOMEBODY = frozenset({EmergencyKind.SUICIDE, EmergencyKind.CRIME})
# 我家着火了 in a letter without a date is of now; 我母亲晕倒 begins many a story.
_STRIKES_HOMES = frozenset({EmergencyKind.FIRE, EmergencyKind.GAS, EmergencyKind.OTHER})
# A letter of several hundred characters tells a story; only its own words of urgency make it an emergency.
_LETTER = 120
# Nobody tells a story in so few characters.
_BRIEF = 20

# How sure the encoder must be to see an emergency that no word of the reflex told, of what resembles a cry for help as
# far as it does (_ALIKE for likeness itself), and more when the words speak of a matter that a city keeps a category
# for (污水外冒, 燃气表坏了). And how sure that there is none before a word of the reflex that may mean something else
# is taken for it: no emergency among the turns of the development sets was believed less than 0.06.
_SUSPECTED, _ALIKE, _SUSPECTED_MATTER, _BELIEVED_MATTER, _RULED_OUT = 0.8, 0.4, 1.0, 0.65, 0.05
# In a longer message the encoder alone raises no alarm.
_SUSPECTED_IN = 60


@dataclass(frozen=True, slots=True)
class _Text:
    """A text to be judged: is it a letter, does it say now, and where is the last word that a fire, or all, is over."""

    plain: str
    letter: bool
    now: bool
    put_out: int
    settled: int

    @classmethod
    def of(cls, plain: str) -> _Text:
        letter = len(plain) > _LETTER
        now = bool((dangers.NOW_IN_LETTERS if letter else dangers.NOW).search(plain))
        settled = _last(harmless.SETTLED, plain)
        if settled >= 0 and dangers.STILL_CALLS.search(plain, settled):
            settled = -1
        return cls(plain, letter, now, _last(harmless.PUT_OUT, plain), settled)

    def is_over(self, kind: EmergencyKind, start: int) -> bool:
        """Whether what is named here is over by what is said later."""
        return start < self.settled or (kind is EmergencyKind.FIRE and start < self.put_out)


def belongs_elsewhere(text: str) -> bool:
    """True when the words speak of the past, of a fear or of a question, deny, or exaggerate (困得我要着火了), so that
    resemblance to a cry for help is not enough."""
    plain = _without_idioms(text)
    if _told(plain) or _over(plain) or harmless.HYPERBOLE.search(text) or harmless.NUISANCE.search(plain):
        return True
    told = _Text.of(plain)
    return any(
        _is_explained(told, _RULES[place][0], match)
        for place in _SIEVE.sift(plain)
        for match in islice(_RULES[place][2].finditer(plain), _MOST)
    )


def detect(text: str) -> EmergencyKind | None:
    """The kind of danger that the text reports as going on now, or None."""
    plain = _without_idioms(text)
    places = _SIEVE.sift(plain)
    if not any(_RULES[place][2].search(plain) for place in places):
        return None
    told = _Text.of(plain)
    kinds = [_RULES[place][0] for place in places if _is_reported(told, *_RULES[place])]
    return _chosen(list(dict.fromkeys(kinds)), plain) if kinds else None


def is_unmistakable(text: str) -> bool:
    """Whether a danger of now is named so plainly that nothing needs to be weighed: in few words, or as a cry."""
    told = _Text.of(_without_idioms(text))
    brief = len(told.plain) <= _BRIEF
    for place in _SIEVE.sift(told.plain):
        kind, plain, pattern = _RULES[place]
        for match in pattern.finditer(told.plain) if plain else ():
            if _stands(told, kind, match) and (brief or _speaks_of_now(told, kind, Mention.of(match))):
                return True
    return False


def second_look(
    text: str, found: EmergencyKind | None, kind: EmergencyKind, belief: float, *, resembles: float, matter: bool
) -> EmergencyKind | None:
    """What remains of the reflex's finding when the encoder has read the normalized text too: it adds what no word
    told, and takes away only what it is sure of and no word told plainly. `belief` is how sure it is that there is an
    emergency; `resembles` how like a cry for help the phrases are, both from 0 to 1; `matter` whether the words point
    at a category."""
    if found is not None:
        return None if belief < _RULED_OUT and not is_unmistakable(text) else found
    if matter and belief < _BELIEVED_MATTER:
        return None
    if belief + _ALIKE * resembles < (_SUSPECTED_MATTER if matter else _SUSPECTED):
        return None
    return None if len(text) > _SUSPECTED_IN or belongs_elsewhere(text) else kind


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((found.start() for found in pattern.finditer(text)), default=-1)


def _without_idioms(text: str) -> str:
    plain = respelled(text)
    if _HARMLESS_SIEVE.sift(plain):
        for pattern in _HARMLESS:
            plain = pattern.sub("，", plain)
    return plain


def _chosen(kinds: Sequence[EmergencyKind], plain: str) -> EmergencyKind:
    """One kind of several: whose number must be called first."""
    if EmergencyKind.SUICIDE in kinds and not dangers.DESPAIR.search(plain) and len(kinds) > 1:
        # Pills swallowed by a child, or a person at the window of a burning house, are no wish to die.
        others = [kind for kind in kinds if kind is not EmergencyKind.SUICIDE]
        if dangers.BY_MISTAKE.search(plain) or EmergencyKind.FIRE in others:
            kinds = others
    flames, fumes = bool(dangers.FLAMES.search(plain)), bool(dangers.BURNING.search(plain))
    pairs = (
        (EmergencyKind.TRAFFIC, EmergencyKind.FIRE, bool(dangers.CRASH.search(plain)) and not flames),
        (EmergencyKind.GAS, EmergencyKind.MEDICAL, fumes),
        (EmergencyKind.OTHER, EmergencyKind.MEDICAL, bool(dangers.STUCK_IN_LIFT.search(plain))),
        (EmergencyKind.GAS, EmergencyKind.FIRE, fumes and not flames),
    )
    for rather, than, holds in pairs:
        if rather in kinds and than in kinds and holds:
            kinds = [kind for kind in kinds if kind is not than]
    return kinds[0]


def _is_reported(told: _Text, kind: EmergencyKind, plain: bool, pattern: re.Pattern[str]) -> bool:
    """Whether the pattern finds what happens, and not what did, might, or costs something."""
    if plain:
        return any(_stands(told, kind, match) for match in pattern.finditer(told.plain))
    if told.letter and not told.now:
        return False
    start = 0
    for end in [*(found.end() for found in _SENTENCE.finditer(told.plain)), len(told.plain)]:
        sentence = told.plain[start:end].rstrip(_STOPS)
        matches = islice(pattern.finditer(sentence), _MOST)
        if any(_weighs(told, sentence, kind, match, start) for match in matches):
            return True
        start = end
    return False


def _stands(told: _Text, kind: EmergencyKind, match: re.Match[str]) -> bool:
    """A plain word of danger is judged by its clause alone: what else the message complains of takes nothing away."""
    mention = Mention.of(match)
    if kind is EmergencyKind.SUICIDE and clauses.is_of_self(mention):
        # Who speaks of dying himself is believed, whenever it was and whatever it would cost.
        return not _is_unsaid(mention, kind)
    if _is_unreal(mention, kind) or clauses.is_told_of(mention) or told.is_over(kind, match.start()):
        return False
    if kind is EmergencyKind.SUICIDE:
        return not told.letter or _speaks_of_now(told, kind, mention)
    if clauses.is_supposed(mention) or clauses.is_grievance(mention):
        return False
    if harmless.CLAIMS.search(mention.clause + mention.later) and not clauses.is_present(mention):
        return False
    return not told.letter or _speaks_of_now(told, kind, mention)


def _speaks_of_now(told: _Text, kind: EmergencyKind, mention: Mention) -> bool:
    """Letters narrate: there a clause must say itself that it is a cry."""
    if clauses.is_at_this_moment(mention):
        return True
    if kind is EmergencyKind.SUICIDE:
        return clauses.is_of_self(mention) or clauses.is_bare(mention) or bool(dangers.WEARY.search(mention.named))
    cried = clauses.is_own(mention) or clauses.is_bare(mention)
    return cried and kind in _STRIKES_HOMES and not clauses.is_dated(told.plain)


def _is_explained(told: _Text, kind: EmergencyKind, match: re.Match[str]) -> bool:
    mention = Mention.of(match)
    if told.is_over(kind, match.start()) or clauses.is_denied(mention):
        return True
    return clauses.is_supposed(mention) or clauses.is_told_of(mention)


def _is_unsaid(mention: Mention, kind: EmergencyKind) -> bool:
    """Denied, or told in a story. 别跳楼 and 别打我 deny nothing: it is said to one who is about to, or does."""
    if harmless.STORY.search(mention.earlier + mention.before):
        return True
    return clauses.is_denied(mention) and not (kind in _DONE_BY_SOMEBODY and clauses.is_forbidden(mention))


def _is_unreal(mention: Mention, kind: EmergencyKind) -> bool:
    """Not said to be, or past."""
    if _is_unsaid(mention, kind) or clauses.is_past(mention, yesterday=kind in _QUICKLY_OVER):
        return True
    if kind is not EmergencyKind.SUICIDE:
        return False
    return clauses.is_averted(mention) or bool(harmless.CLAIMS.search(mention.clause + mention.later))


def _weighs(told: _Text, sentence: str, kind: EmergencyKind, match: re.Match[str], offset: int) -> bool:
    """What may be a danger is judged by its whole sentence."""
    mention = Mention.of(match)
    if harmless.STORY.search(sentence) or _is_unsaid(mention, kind):
        return False
    if kind is EmergencyKind.SUICIDE and clauses.is_of_self(mention):
        return not _told(sentence)
    if _is_unreal(mention, kind) or clauses.is_told_of(mention) or told.is_over(kind, offset + match.start()):
        return False
    if kind is EmergencyKind.SUICIDE:
        # Here a false alarm costs a kind word, a miss may cost a life: a wish to die is believed in any sentence.
        return bool(dangers.WISH.search(sentence)) or not _told(sentence)
    supposed = harmless.SUPPOSED.search(sentence)
    if (
        clauses.is_supposed(mention)
        or harmless.FORETOLD.search(match.group())
        or (supposed and supposed.start() < match.start())
        or harmless.SUPPOSED.match(sentence, match.end())
    ):
        return False
    if _over(sentence, again=clauses.is_present(mention)):
        return False
    return told.now or not (harmless.ASKS.search(sentence) or harmless.CLAIMS.search(sentence))


def _told(sentence: str) -> bool:
    """It is asked about, feared, or used as a threat of protest."""
    return bool(
        harmless.SUPPOSED.search(sentence) or harmless.ASKS.search(sentence) or harmless.NO_DANGER.search(sentence)
    )


def _over(sentence: str, *, again: bool = False) -> bool:
    """It is past (and not there again), lasting, or was no danger after all."""
    if harmless.NO_DANGER.search(sentence) or harmless.SETTLED.search(sentence):
        return True
    past = not again and (harmless.PAST.search(sentence) or harmless.PASSED.search(sentence))
    return bool((past or harmless.LASTING.search(sentence)) and not dangers.PRESSING.search(sentence))
