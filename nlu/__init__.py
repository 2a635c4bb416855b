"""Words turned into an `Interpretation`: what kind of turn, what matter, where, how urgent."""
