"""`python -m bot` is the `suda` command."""

from bot.cli import main

main()
