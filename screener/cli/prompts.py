"""`screener prompts`: a set of sounds for the captcha, from installed sounds or from text.

The sounds stay on this machine, in Asterisk's own folder. Where they come from is `prompt_making`'s
part; what the set can ask is shown by `--list`.
"""

from pathlib import Path
from typing import Annotated

import typer

from screener.adapters.espeak import PITCHES, SPEEDS
from screener.adapters.prompt_set import PromptSet
from screener.adapters.stock_sounds import (
    FOLDERS,
    kinds_said,
    languages,
    sound_folder,
    words_lacking,
    words_said,
)
from screener.cli.printing import table_text
from screener.cli.progress import progress
from screener.cli.prompt_making import Source, Wishes, makers, source_of
from screener.config.captcha_section import LANGUAGE
from screener.core.question import QuestionKind
from screener.core.settings import Prompts
from screener.errors import UsageError

_COLUMNS = ("language", "prompts", "words", "kinds that can be asked", "lacking")


def prompts(  # noqa: PLR0913 - a command's options
    language: Annotated[
        str, typer.Argument(help="The language, as CHANNEL(language) has it.")
    ] = "en",
    *,
    listed: Annotated[
        bool, typer.Option("--list", help="Only show what there is, for each language.")
    ] = False,
    sounds: Annotated[
        Path | None,
        typer.Option(
            help="Asterisk's folder of sounds.", show_default=" or ".join(map(str, FOLDERS))
        ),
    ] = None,
    source: Annotated[
        Source | None,
        typer.Option(
            "--from",
            help="installed: Asterisk's own sounds; espeak: spoken by espeak-ng.",
            show_default="installed where there is enough",
        ),
    ] = None,
    sound: Annotated[
        list[str] | None,
        typer.Option(metavar="WORD=NAME[+NAME]", help="Take a word from these installed sounds."),
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(help="YAML: each word and the text that says it.")
    ] = None,
    espeak: Annotated[str, typer.Option(help="The program, if it is not on PATH.")] = "",
    voice: Annotated[
        str, typer.Option(help="espeak-ng's voice.", show_default="the language's")
    ] = "",
    speed: Annotated[
        int | None,
        typer.Option(min=SPEEDS[0], max=SPEEDS[1], help="Words a minute.", show_default="varied"),
    ] = None,
    pitch: Annotated[
        int | None,
        typer.Option(min=PITCHES[0], max=PITCHES[1], help="0 is low.", show_default="varied"),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace recordings that were not made here, too.")
    ] = False,
) -> None:
    """Make the captcha's prompts for a language, inside Asterisk's folder of sounds."""
    folder = sound_folder(sounds)
    if listed:
        typer.echo(_list(folder), nl=False)
        return
    try:
        LANGUAGE.read(language)
    except ValueError:
        raise UsageError(f"that is no language; allowed: {LANGUAGE.allowed}") from None
    wishes = Wishes(
        language=language,
        sound=tuple(sound or ()),
        texts=texts,
        program=espeak,
        voice=voice,
        speed=speed,
        pitch=pitch,
    )
    _make(folder / language, wishes, source_of(folder / language, wishes, source), force=force)


def _make(folder: Path, wishes: Wishes, source: Source, *, force: bool) -> None:
    into = PromptSet(folder)
    made = makers(folder, source, wishes)
    kept = []
    with progress("Making prompts", len(made)) as done:
        for number, (word, make) in enumerate(made.items(), 1):
            if not into.put(word, make(), force=force):
                kept.append(word)
            done(number)
    typer.echo(f"{len(made) - len(kept)} prompts made in {into.folder}, from {source}")
    if kept:
        typer.echo(f"Recordings kept (--force replaces them): {', '.join(kept)}")
    said = words_said(folder, Prompts.SCREENER)
    asked = ", ".join(kinds_said(said)) or "none"
    typer.echo(f"Kinds of questions that they can ask, with `prompts: screener`: {asked}")
    for kind in QuestionKind:
        if lacking := words_lacking(kind, said):
            typer.echo(f"  {kind} lacks {', '.join(lacking)}{_advice(source)}")
    if source is Source.INSTALLED:
        typer.echo(
            "They are copies of installed sounds, under the licence of those: keep them here"
        )


def _advice(source: Source) -> str:
    if source is Source.ESPEAK:
        return ""
    return ", which Asterisk has no sound for: record it, or make the set with --from espeak"


def _list(folder: Path) -> str:
    rows = []
    for language in languages(folder):
        for prompts_of in Prompts:
            said = words_said(folder / language, prompts_of)
            lacking = {word for kind in QuestionKind for word in words_lacking(kind, said)}
            kinds = ", ".join(kinds_said(said)) or "none"
            rows.append((language, prompts_of, len(said), kinds, ", ".join(sorted(lacking))))
    return table_text(_COLUMNS, rows, f"Prompts in {folder}")
