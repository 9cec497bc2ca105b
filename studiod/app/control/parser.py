"""The command line of studioctl, read by argparse from the grammar."""

import argparse
import difflib
import re
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn

from studiod import __version__
from studiod.app.control.faults import WrongUsage
from studiod.app.control.grammar import COMMANDS, EXIT_CODE_LINES, FIRST_SESSION, GLOBALS, PROGRAM, Argument, Command

_COMMAND = "COMMAND"
_HELP_COLUMNS = 78  # the narrowest terminal people still open
_UNKNOWN = re.compile(rf"argument {_COMMAND}: invalid choice: '(.*?)'")
# What a person means as a value although it begins like an option: -6, -6dB, -.5, -inf.
_NEGATIVE = re.compile(r"-(?:\.?\d|inf\b)", re.IGNORECASE)


class _Parser(argparse.ArgumentParser):
    """Says faults by exception; whoever runs it writes them."""

    def error(self, message: str) -> NoReturn:
        """Raise WrongUsage with what is wrong, what was probably meant, and where to read on."""
        unknown = _UNKNOWN.match(message)
        if unknown is None:
            raise WrongUsage(f"{message}\n{self.format_usage().strip()}\nread on with: {self.prog} --help")
        word = unknown[1]
        near = difflib.get_close_matches(word, [command.name for command in COMMANDS], n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise WrongUsage(f"there is no command {word!r}.{meant}\nread on with: {PROGRAM} --help")


def build() -> argparse.ArgumentParser:
    """The parser of the whole command line; the command's name is `command` of what it reads."""
    parser = _Parser(
        prog=PROGRAM,
        description="Work a running studiod from a terminal: see levels, record, mix, list takes.",
        epilog=_root_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}", help="print the version")
    for option in GLOBALS:
        _add(parser, option, default=option.default if option.metavar else False)
    commands = parser.add_subparsers(dest="command", metavar=_COMMAND, title="commands", parser_class=_Parser)
    for command in COMMANDS:
        _add_command(commands.add_parser(command.name, **_texts(command)), command)
    return parser


def read(words: Sequence[str]) -> argparse.Namespace:
    """What `words` (without the program's name) say. Raises WrongUsage, and SystemExit after --help and --version."""
    # A space in front makes argparse take it for a value; values are stripped when they are read.
    options = build().parse_args([f" {word}" if _NEGATIVE.match(word) else word for word in words])
    if options.command is None:
        raise WrongUsage(f"a command is missing\nread on with: {PROGRAM} --help; begin with: {PROGRAM} status")
    if not 0 < options.port <= 0xFFFF:  # noqa: PLR2004 - 16 bits
        raise WrongUsage(f"--port: {options.port} is no port; allowed 1..65535")
    for name in ("timeout", "for"):
        seconds = getattr(options, name, None)
        if seconds is not None and not 0.0 < seconds < float("inf"):
            raise WrongUsage(f"--{name}: {seconds:g} is no waiting time; allowed more than 0 seconds")
    return options


def _add_command(parser: argparse.ArgumentParser, command: Command) -> None:
    for argument in command.arguments:
        _add(parser, argument, default=argument.default)
    for option in GLOBALS:  # behind the command too; what is not given there stays as it is
        _add(parser, option, default=argparse.SUPPRESS)


def _add(parser: argparse.ArgumentParser, argument: Argument, default: object) -> None:
    text = argument.help
    if argument.is_option and argument.default is not None:
        text += f" (default {argument.default_text})"
    shape: dict[str, Any] = {"help": text, "default": default}
    if argument.is_option and not argument.metavar:
        parser.add_argument(argument.name, action="store_true", **shape)
        return
    if argument.is_list or argument.is_optional:
        forms = {(True, True): "*", (True, False): "+", (False, True): "?"}
        shape["nargs"] = forms[argument.is_list, argument.is_optional]
    if argument.choices:
        shape["choices"] = argument.choices
    parser.add_argument(argument.name, metavar=argument.metavar, type=argument.form, **shape)


def _texts(command: Command) -> dict[str, Any]:
    return {
        "help": command.summary,
        "description": textwrap.fill(command.about, _HELP_COLUMNS),
        "epilog": "\n".join(("examples:", *_examples(command.examples))),
        "formatter_class": argparse.RawDescriptionHelpFormatter,
        "allow_abbrev": False,
    }


def _root_epilog() -> str:
    return "\n".join(
        (
            "a first session:",
            *_examples(FIRST_SESSION),
            "",
            "exit codes:",
            *(f"  {line}" for line in EXIT_CODE_LINES),
            "",
            f"{PROGRAM} COMMAND --help explains a command.",
        )
    )


def _examples(examples: Sequence[tuple[str, str]]) -> list[str]:
    width = max(len(words) for words, _ in examples)
    return [f"  {PROGRAM} {words:<{width}}  {meaning}" for words, meaning in examples]
