"""`python -m stentor` is the `stentor` command."""

from stentor.cli import main

main()
