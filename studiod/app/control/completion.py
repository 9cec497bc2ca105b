"""Completion scripts for shells, written from the grammar."""

from collections.abc import Callable, Iterator

from studiod.app.control.grammar import COMMANDS, GLOBALS, PROGRAM, Argument, Command

_HELP = Argument("--help", "explain this")
_VERSION = Argument("--version", "print the version")


def script(shell: str) -> str:
    """The script for `shell`: bash, zsh or fish."""
    return "\n".join(_SCRIPTS[shell]()) + "\n"


def _options(command: Command | None = None) -> tuple[Argument, ...]:
    if command is None:
        return (*GLOBALS, _HELP, _VERSION)
    return (*(argument for argument in command.arguments if argument.is_option), *GLOBALS, _HELP)


def _with_value() -> str:
    """Options that take a word, as a shell pattern."""
    found = [*GLOBALS, *(argument for command in COMMANDS for argument in command.arguments)]
    return "|".join(dict.fromkeys(option.name for option in found if option.is_option and option.metavar))


def _places(command: Command) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where words of the command stand (`0`, `1`, `*` for all that follow), and what completion offers there."""
    positional = [argument for argument in command.arguments if not argument.is_option]
    for place, argument in enumerate(positional):
        if argument.offered:
            yield "*" if argument.is_list else str(place), argument.offered


def _walk(words: str, last: str, first: int) -> Iterator[str]:
    """The loop, alike in bash and zsh, that finds the command and the place of the word being typed."""
    yield f"    for ((i = {first}; i < {last}; i++)); do"
    yield f"        case ${{{words}[i]}} in"
    yield f"            {_with_value()}) ((i += 1)) ;;"
    yield "            -*) ;;"
    yield f"            *) if [[ -z $command ]]; then command=${{{words}[i]}}; else ((place += 1)); fi ;;"
    yield "        esac"
    yield "    done"


def _bash() -> Iterator[str]:
    yield f"# bash completion of {PROGRAM}, written by: {PROGRAM} completion bash"
    yield f"_{PROGRAM}() {{"
    yield '    local current=${COMP_WORDS[COMP_CWORD]} command="" offered="" i place=0'
    yield f'    local options="{_names(_options())}"'
    yield "    COMPREPLY=()"
    yield "    case ${COMP_WORDS[COMP_CWORD - 1]} in"
    yield f"        {_with_value()}) return ;;"
    yield "    esac"
    yield from _walk("COMP_WORDS", "COMP_CWORD", 1)
    yield "    if [[ -z $command ]]; then"
    yield f'        offered="{" ".join(command.name for command in COMMANDS)}"'
    yield "    fi"
    yield '    case "$command/$place" in'
    for command in COMMANDS:
        for place, offered in _places(command):
            # bash cuts words at colons: those with one would be completed wrongly
            yield f'        {command.name}/{place}) offered="{" ".join(w for w in offered if ":" not in w)}" ;;'
    yield "    esac"
    yield "    case $command in"
    for command in COMMANDS:
        yield f'        {command.name}) options="{_names(_options(command))}" ;;'
    yield "    esac"
    yield "    [[ $current == -* ]] && offered=$options"
    yield '    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "$current")'
    yield "}"
    yield f"complete -F _{PROGRAM} {PROGRAM}"


def _zsh() -> Iterator[str]:
    yield f"#compdef {PROGRAM}"
    yield f"# zsh completion of {PROGRAM}, written by: {PROGRAM} completion zsh"
    yield f"_{PROGRAM}() {{"
    yield "    local command='' i place=0"
    yield "    local -a offered options"
    yield f"    options=({_described(_options())})"
    yield "    case ${words[CURRENT - 1]} in"
    yield f"        {_with_value()}) return 1 ;;"
    yield "    esac"
    yield from _walk("words", "CURRENT", 2)
    yield "    if [[ -z $command ]]; then"
    yield f"        offered=({' '.join(_pair(command.name, command.summary) for command in COMMANDS)})"
    yield "    fi"
    yield '    case "$command/$place" in'
    for command in COMMANDS:
        for place, offered in _places(command):
            yield f"        {command.name}/{place}) offered=({' '.join(_escaped(word) for word in offered)}) ;;"
    yield "    esac"
    yield "    case $command in"
    for command in COMMANDS:
        yield f"        {command.name}) options=({_described(_options(command))}) ;;"
    yield "    esac"
    yield "    if [[ $PREFIX == -* ]]; then"
    yield "        _describe option options"
    yield "    else"
    yield f"        _describe '{PROGRAM} word' offered"
    yield "    fi"
    yield "}"
    yield f'if [[ $funcstack[1] == _{PROGRAM} ]]; then _{PROGRAM} "$@"; else compdef _{PROGRAM} {PROGRAM}; fi'


def _fish() -> Iterator[str]:
    yield f"# fish completion of {PROGRAM}, written by: {PROGRAM} completion fish"
    yield f"complete -c {PROGRAM} -f"
    for option in _options():
        yield f"complete -c {PROGRAM} {_fish_option(option)}"
    for command in COMMANDS:
        yield (f"complete -c {PROGRAM} -n __fish_use_subcommand -a {command.name} -d {_quoted(command.summary)}")
        seen = f"complete -c {PROGRAM} -n {_quoted(f'__fish_seen_subcommand_from {command.name}')}"
        for argument in command.arguments:
            if argument.is_option:
                yield f"{seen} {_fish_option(argument)}"
            elif argument.offered:
                yield f"{seen} -a {_quoted(' '.join(argument.offered))} -d {_quoted(argument.metavar)}"


def _fish_option(option: Argument) -> str:
    takes = " -x" if option.metavar else ""
    return f"-l {option.name.removeprefix('--')}{takes} -d {_quoted(option.help)}"


def _names(options: tuple[Argument, ...]) -> str:
    return " ".join(option.name for option in options)


def _described(options: tuple[Argument, ...]) -> str:
    return " ".join(_pair(option.name, option.help) for option in options)


def _pair(word: str, text: str) -> str:
    """A word and its description, as zsh's _describe reads them."""
    colon = "\\:"
    return _quoted(f"{word.replace(':', colon)}:{text}")


def _escaped(word: str) -> str:
    colon = "\\:"
    return _quoted(word.replace(":", colon))


def _quoted(text: str) -> str:
    """`text` in single quotes, in which zsh and fish read everything as it is, but for the quote itself."""
    return "'" + text.replace("'", "'\\''") + "'"


_SCRIPTS: dict[str, Callable[[], Iterator[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
