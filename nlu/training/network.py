"""The encoder as PyTorch sees it: pairs and characters in, one vector a token out, and the heads on top."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel, BertConfig, BertModel

from nlu.alphabet import PAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How big the encoder is."""

    characters: int
    pairs: int
    embedding: int = 128
    hidden: int = 256
    layers: int = 4
    heads: int = 4
    longest: int = 256

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Body(nn.Module):
    """Characters with the pairs that begin and end at them, through a small BERT."""

    def __init__(self, shape: Shape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.characters = nn.Embedding(shape.characters, shape.embedding, padding_idx=PAD)
        self.pairs = nn.Embedding(shape.pairs, shape.embedding)
        nn.init.normal_(self.characters.weight, std=0.05)
        nn.init.normal_(self.pairs.weight, std=0.05)
        self.join = nn.Linear(3 * shape.embedding, shape.hidden)
        config = BertConfig(
            vocab_size=1,  # its own table of words is not used
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=4 * shape.hidden,
            max_position_embeddings=shape.longest,
            type_vocab_size=1,
            pad_token_id=0,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
        self.transformer = BertModel(config, add_pooling_layer=False)

    @property
    def words(self) -> int:
        """The width of what `forward` tells of single words."""
        return 2 * self.shape.embedding

    def forward(self, ids: Tensor, pairs: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """(batch, length) ids to states (batch, length, hidden), and what each character and the pair that begins at
        it mean by themselves (batch, length, words). `mask` is 1 where there is a token."""
        characters, right = self.characters(ids), self.pairs(pairs)
        left = nn.functional.pad(right[:, :-1], (0, 0, 1, 0))
        joined = self.join(torch.cat([characters, right, left], dim=-1))
        states = self.transformer(inputs_embeds=joined, attention_mask=mask).last_hidden_state
        return states, torch.cat([characters, right], dim=-1)


class ForeignBody(nn.Module):
    """Any Hugging Face encoder in place of our own body; it has no use for pairs."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.transformer = AutoModel.from_pretrained(folder, local_files_only=True)
        self.hidden = self.words = int(self.transformer.config.hidden_size)

    def forward(self, ids: Tensor, pairs: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """See `Body`."""
        states = self.transformer(input_ids=ids, attention_mask=mask).last_hidden_state
        return states, self.transformer.get_input_embeddings()(ids)


class Restorer(nn.Module):
    """The head of pre-training: which character was it?"""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.down = nn.Sequential(
            nn.Linear(body.shape.hidden, body.shape.embedding), nn.GELU(), nn.LayerNorm(body.shape.embedding)
        )
        self.bias = nn.Parameter(torch.zeros(body.shape.characters))

    def forward(self, hidden: Tensor, body: Body) -> Tensor:
        """(n, hidden) to (n, characters), with the table of characters as the last layer."""
        return self.down(hidden) @ body.characters.weight.T + self.bias


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How many answers each head has."""

    intents: int
    kinds: int
    types: int
    leaves: int
    tags: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Encoder(nn.Module):
    """One pass, all answers: sentence vector, intent, emergency kind, appeal type, urgency, leaf, tags, matter cuts.

    Beside the transformer's states stand the bare words: a matter is often told by two of them, and what is read off
    the tables directly is learnt from far fewer examples.
    """

    def __init__(self, body: nn.Module, hidden: int, sizes: Sizes, dropout: float = 0.3) -> None:
        super().__init__()
        self.body = body
        whole = 2 * hidden + 2 * body.words
        self.telling = nn.Linear(body.words, 1)
        self.even = nn.LayerNorm(2 * body.words)
        self.vector = nn.Linear(hidden + 2 * body.words, hidden)
        self.drop = nn.Dropout(dropout)
        self.intent = nn.Linear(whole, sizes.intents)
        self.kind = nn.Linear(whole, sizes.kinds)
        self.appeal_type = nn.Linear(whole, sizes.types)
        self.urgent = nn.Linear(whole, 1)
        self.leaf = nn.Linear(whole, sizes.leaves)
        self.tags = nn.Linear(hidden, sizes.tags)
        self.cuts = nn.Linear(hidden, 1)

    def forward(self, ids: Tensor, pairs: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Logits by head; `vector` has length one. Ids and mask are (batch, length)."""
        hidden, words = self.body(ids, pairs, mask)
        weights = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weights).sum(1) / weights.sum(1)
        # The greatest value of each feature tells of a single word in a long letter, which the mean washes out.
        peak = (hidden + (weights - 1) * 1e4).amax(1)
        bag = self.even(self._bag(words, weights))
        both = self.drop(torch.cat([mean, peak, bag], dim=-1))
        return {
            "vector": nn.functional.normalize(self.vector(torch.cat([mean, bag], dim=-1)), dim=-1),
            "intent": self.intent(both),
            "kind": self.kind(both),
            "appeal_type": self.appeal_type(both),
            "urgent": self.urgent(both).squeeze(-1),
            "leaf": self.leaf(both),
            "tags": self.tags(self.drop(hidden)),
            "cuts": self.cuts(self.drop(hidden)).squeeze(-1),
        }

    def _bag(self, words: Tensor, weights: Tensor) -> Tensor:
        """All words alike, and the telling ones more than the others."""
        shares = (self.telling(words) + (weights - 1) * 1e4).softmax(1)
        return torch.cat([(words * weights).sum(1) / weights.sum(1), (words * shares).sum(1)], dim=-1)
