"""`python -m cardgen`: the same as the command."""

from cardgen.cli import main

main()
