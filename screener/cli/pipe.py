"""`screener pipe`: answer a decision stream on standard input, in the time that it tells."""

import os
import sys

from screener.adapters.pipe import CHUNK_BYTES, serve_pipe
from screener.cli.arguments import ConfigFile
from screener.config.load import load_config
from screener.errors import ScreenerError
from screener.storage.new_memory import new_memory


def pipe(config: ConfigFile = None) -> None:
    """Judge calls told as JSON lines on standard input; answer on standard output.

    It enforces, whatever the configuration's mode, and reads no clock: the same input gives the
    same output. Ends at `bye` or at the end of the input.
    """
    settings = load_config(config).settings
    try:
        with (
            open(0, "rb", buffering=CHUNK_BYTES, closefd=False) as source,
            open(1, "wb", closefd=False) as answers,
            open(2, "wb", buffering=0, closefd=False) as complaints,
        ):
            serve_pipe(settings, new_memory, source, answers, complaints)
    except BrokenPipeError:
        # The reader has gone; nothing may be written to it when Python flushes on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise ScreenerError(f"the stream has failed: {error.strerror}") from None
