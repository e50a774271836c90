"""`screener audit`: who revealed, reviewed, imported or configured what, and whether it is whole.

Reading and verifying the two books is `desk.auditing`'s.
"""

import typer

from screener.cli.arguments import ConfigFile, Form, RowsForm
from screener.cli.printing import printed
from screener.config.load import load_config
from screener.desk.auditing import COLUMNS, all_of, audit_data, audit_row


def audit(config: ConfigFile = None, output: RowsForm = Form.TABLE) -> None:
    """List what people did, in the log and the reviews; verify that no entry was changed.

    Status 1 where one was changed or removed, with its place.
    """
    found, verified = all_of(load_config(config))
    typer.echo(
        printed(output, COLUMNS, map(audit_row, found), audit_data(found), "The audit"), nl=False
    )
    verified.raise_troubles()
    typer.echo(verified.told, err=True)
