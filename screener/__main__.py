"""`python -m screener` is the `screener` command."""

from screener.cli.main import main

main()
