"""The command line, parsed into raw values by option name."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn, get_origin

from exporter.configuration.options import MODES, CollectorInfo, Option, options
from exporter.errors import ConfigError

_MODE = "mode "


class CommandLine(NamedTuple):
    """What was asked: the mode (`serve` without one), its argument, and the values that flags gave."""

    mode: str
    argument: str
    values: Mapping[str, object]


class _Parser(argparse.ArgumentParser):
    """Raises what is wrong as a ConfigError instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise ConfigError("flags", "not understood", message)


def parse_flags(arguments: Sequence[str], collectors: Sequence[CollectorInfo]) -> CommandLine:
    """Reads the arguments; ConfigError names the flag."""
    parser = _parser(options(collectors))
    try:
        found, unknown = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        raise _misused(error, arguments) from error
    if unknown:
        raise _unknown(unknown[0], parser, collectors)
    values = vars(found)
    modes = {mode.name: values.pop(_MODE + mode.name) for mode in MODES if _MODE + mode.name in values}
    if "help" in modes:
        return CommandLine("help", "", values)
    if len(modes) > 1:
        first, second, *_ = modes
        raise ConfigError(f"--{second}", "given", f"not together with --{first}")
    mode, argument = next(iter(modes.items()), ("serve", ""))
    return CommandLine(mode, argument, values)


def _parser(known: Mapping[str, Option]) -> _Parser:
    parser = _Parser(
        "libvirt-exporter",
        add_help=False,
        allow_abbrev=False,
        exit_on_error=False,
        argument_default=argparse.SUPPRESS,
    )
    for mode in MODES:
        names = (f"--{mode.name}", "-h") if mode.name == "help" else (f"--{mode.name}",)
        if mode.metavar:
            parser.add_argument(*names, dest=_MODE + mode.name)
        else:
            parser.add_argument(*names, dest=_MODE + mode.name, action="store_const", const="")
    for option in known.values():
        if option.type is bool:
            parser.add_argument(option.flag, dest=option.name, action=argparse.BooleanOptionalAction)
        elif get_origin(option.type) is tuple:
            parser.add_argument(option.flag, dest=option.name, action="append")
        elif not option.file_only:
            parser.add_argument(option.flag, dest=option.name)
    return parser


def _misused(error: argparse.ArgumentError, arguments: Iterable[str]) -> ConfigError:
    """A known flag with a value too few or too many."""
    spellings = (error.argument_name or "").split("/")
    word = next((word for word in arguments if word.split("=")[0] in spellings), spellings[0])
    flag, _, value = word.partition("=")
    if value:
        return ConfigError(flag, value, "this flag takes no value")
    return ConfigError(flag, "nothing", f"a value is needed: {flag}=VALUE")


def _unknown(word: str, parser: _Parser, collectors: Sequence[CollectorInfo]) -> ConfigError:
    flag, equals, value = word.partition("=")
    given = value if equals else "given"
    if not word.startswith("-"):
        return ConfigError("flags", word, "no argument without a flag is known, see --help")
    names = sorted(info.name for info in collectors)
    wanted = re.match(r"--(?:no-)?collector\.([^.]+)", flag)
    if wanted and wanted[1] not in names:
        close = difflib.get_close_matches(wanted[1], names, 1)
        hint = f"did you mean {close[0]}? There are" if close else "there are"
        return ConfigError(flag, given, f"no collector has this name, {hint} {', '.join(names)}")
    flags = [spelling for action in parser._actions for spelling in action.option_strings]
    close = difflib.get_close_matches(flag, flags, 1)
    return ConfigError(flag, given, f"unknown flag, did you mean {close[0]}?" if close else "unknown flag, see --help")
