"""Texts of strangers as a page shows them: without what is not seen and turns the words around it."""

import re

# Control characters but tab and line end; the marks, embeddings, overrides and isolates of bidirectional text, by which
# a name turns what stands behind it and a file's ending reads as another; what ends lines in scripts and nowhere else.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]")


def legible(text: str) -> str:
    """What can be read of it, be it a name or a whole page. The record keeps all that a citizen sent."""
    return _UNSEEN.sub("", text)
