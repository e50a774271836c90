"""What a captcha's words are in some languages, and the strict reading of a file with others.

Texts for people to hear, written for espeak-ng's ears: French "plusse" is how "plus" sounds in a
sum. Speaking them is left to the adapter.
"""

from pathlib import Path

from screener.config.files import read_text
from screener.config.problems import in_order
from screener.config.sections import unknown
from screener.config.values import found
from screener.config.yaml_tree import Problem, read_tree, shown
from screener.core.question import WORDS
from screener.errors import ConfigError, MissingPartError

MAX_BYTES = 64 * 1024
LONGEST = 80
"""Characters of one text; a word is said up to four times in one question."""


def _texts(digits: str, *words: str) -> dict[str, str]:
    return dict(zip(WORDS, (*digits.split(), *words), strict=True))


TEXTS: dict[str, dict[str, str]] = {
    "en": _texts(
        "zero one two three four five six seven eight nine",
        *("press", "plus", "press the larger of", "or", "please try again"),
    ),
    "es": _texts(
        "cero uno dos tres cuatro cinco seis siete ocho nueve",
        *("pulse", "más", "pulse el mayor de estos números", "o", "inténtelo de nuevo"),
    ),
    "fr": _texts(
        "zéro un deux trois quatre cinq six sept huit neuf",
        *("tapez", "plusse", "tapez le plus grand de", "ou", "veuillez réessayer"),
    ),
    "de": _texts(
        "null eins zwei drei vier fünf sechs sieben acht neun",
        *("drücken Sie", "plus", "drücken Sie die größere Zahl von", "oder"),
        "bitte versuchen Sie es noch einmal",
    ),
    "it": _texts(
        "zero uno due tre quattro cinque sei sette otto nove",
        *("prema", "più", "prema il numero maggiore fra", "o", "per favore, riprovi"),
    ),
    "pt": _texts(
        "zero um dois três quatro cinco seis sete oito nove",
        *("digite", "mais", "digite o maior destes números", "ou"),
        "por favor, tente novamente",
    ),
    "nl": _texts(
        "nul één twee drie vier vijf zes zeven acht negen",
        *("druk op", "plus", "druk op het grootste getal van", "of", "probeer het opnieuw"),
    ),
    "sv": _texts(
        "noll ett två tre fyra fem sex sju åtta nio",
        *("tryck på", "plus", "tryck på det större talet av", "eller", "försök igen"),
    ),
}
"""The texts that are built in, by language."""


def texts_for(language: str, file: Path | None = None) -> dict[str, str]:
    """Return each word's text: those of the file, and where it lacks one the built-in one.

    Raises ConfigError where the file is refused or neither has a word, MissingPartError where
    there is no file and nothing built in.
    """
    built_in = TEXTS.get(language.lower().replace("_", "-").split("-")[0], {})
    if file is None:
        if built_in:
            return built_in
        raise MissingPartError(
            f"no texts for {shown(language)} are built in, only {', '.join(sorted(TEXTS))}: write "
            "them into a file and give it with --texts"
        )
    return _read(file, built_in)


def _read(file: Path, built_in: dict[str, str]) -> dict[str, str]:
    tree = read_tree(read_text(file, MAX_BYTES), str(file))
    problems: list[Problem] = list(tree.problems)
    given = tree.value if isinstance(tree.value, dict) else {}
    if not isinstance(tree.value, dict):
        told = f"{found(tree.value)}; allowed: a map from each word to its text"
        problems.append((tree.place(()), told))
    for word, text in given.items():
        if word not in WORDS:
            told = f"{shown(word)} {unknown(word, WORDS)}"
            problems.append((tree.place((word,), key=True), told))
        elif not isinstance(text, str) or not _is_speakable(text):
            told = f"{word} {found(text)}; allowed: a text of 1 to {LONGEST} printable characters"
            problems.append((tree.place((word,)), told))
    lacking = [word for word in WORDS if word not in {**built_in, **given}]
    if lacking and not problems:
        problems.append((tree.place(()), f"lacks {', '.join(lacking)}"))
    if problems:
        raise ConfigError(in_order(problems, str(file)))
    return {**built_in, **given}


def _is_speakable(text: str) -> bool:
    return len(text) <= LONGEST and text.isprintable() and any(map(str.isalnum, text))
