"""Every command and argument of studioctl, once: the parser, the completions and the reference page follow from it."""

from dataclasses import dataclass
from typing import Final

from studiod.app.control.faults import EXIT_CODES
from studiod.app.control.link import DEFAULT_PORT, DEFAULT_TIMEOUT_S
from studiod.app.control.words import BUTTONS

PROGRAM: Final = "studioctl"


@dataclass(frozen=True, slots=True)
class Argument:
    """One word of a command, or an option if its name begins with `--`."""

    name: str
    help: str
    metavar: str = ""
    """What help calls it; an option without one is a switch."""
    form: type[str] | type[int] | type[float] = str
    default: str | float | None = None
    is_optional: bool = False
    is_list: bool = False
    choices: tuple[str, ...] = ()
    """The only words allowed."""
    words: tuple[str, ...] = ()
    """Words that completion offers beside others."""

    @property
    def is_option(self) -> bool:
        """It is given by name."""
        return self.name.startswith("--")

    @property
    def default_text(self) -> str:
        """The default as people write it."""
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    @property
    def offered(self) -> tuple[str, ...]:
        """Words that completion offers."""
        return self.choices or self.words

    @property
    def shown(self) -> str:
        """As a synopsis has it: `STRIP`, `[VALUE]`, `TARGET ...`, `[--for SECONDS]`."""
        word = self.metavar or self.name.upper()
        if self.is_option:
            return f"[{self.name} {self.metavar}]" if self.metavar else f"[{self.name}]"
        word = f"{word} ..." if self.is_list else word
        return f"[{word}]" if self.is_optional else word


@dataclass(frozen=True, slots=True)
class Command:
    """One thing to do."""

    name: str
    summary: str
    """A few words, for lists."""
    about: str
    """All there is to know, in sentences."""
    arguments: tuple[Argument, ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    """(what is typed after `studioctl`, what it does)."""

    @property
    def synopsis(self) -> str:
        """How it is typed."""
        return " ".join((PROGRAM, self.name, *(argument.shown for argument in self.arguments)))


GLOBALS: Final = (
    Argument("--host", "the machine studiod runs on", "HOST", default="127.0.0.1"),
    Argument("--port", "studiod's OSC port", "N", form=int, default=DEFAULT_PORT),
    Argument("--json", "print JSON, for scripts"),
    Argument("--timeout", "how long to wait for studiod", "SECONDS", form=float, default=DEFAULT_TIMEOUT_S),
)
"""Options of every command; they may stand before or behind its name."""

_ON_OFF = ("on", "off")
TAKE_ACTIONS: Final = ("rename", "rate", "tag", "note", "trash", "restore", "empty")
SESSION_ACTIONS: Final = ("rename", "rate", "tag", "note", "trash", "restore")
_STRIPS = Argument("targets", "strips: 3, 1-4, 1,3,5-7 or all", "STRIP", words=("all",))
_CHANNELS = Argument(
    "targets", "strips (3, 1-4, all) or buses (bus:2, bus:all)", "TARGET", words=("all", "bus:1", "bus:all")
)
_FADERS = Argument(
    "targets",
    "strips (3, 1-4, all), buses (bus:2, bus:all) or main; several with commas",
    "TARGET",
    words=("all", "main", "bus:1", "bus:all"),
)
_ARMABLE = Argument(
    "targets",
    "what to record: strips (1-4, 1,3,5-7, all), the same after trim (trimmed:3), buses (bus:2, bus:all), main, "
    "MIDI tracks (midi:1, midi:all)",
    "TARGET",
    is_list=True,
    words=("all", "main", "bus:1", "bus:all", "trimmed:all", "midi:1", "midi:all"),
)
_SWITCH = Argument("value", "on or off; on if left out", "on|off", default="on", is_optional=True, words=_ON_OFF)
_FOR = Argument("--for", "end after that time by itself", "SECONDS", form=float)
_SPAN = Argument(
    "value", "START END as positions, or on, or off", "VALUE", is_list=True, is_optional=True, words=_ON_OFF
)
_LEVEL = "level in dB: -6, +3.5, -inf (silence)"

COMMANDS: Final = (
    Command(
        "status",
        "what the studio is doing",
        "Shows the transport, what is armed, where takes go, the audio device, how late what leaves is besides the "
        "device itself, the health of each process, and every fault with its remedy.",
        examples=(("status", "an overview"), ("status --json", "everything, for scripts")),
    ),
    Command(
        "meters",
        "levels, live in the terminal",
        "Draws a bar for every strip, bus and main: solid is RMS, light is peak, a line holds the highest peak, and "
        "CLIP stays once a peak reached 0 dBFS. GR is what gate, compressor and limiter take away together, in dB. "
        "Under main stands its loudness: momentary, short-term and integrated, loudness range, true peak; and that of "
        "the bus which /loudness/source chooses. What a narrow window has no room for is left out. q or Ctrl-C ends, "
        "c clears the holds. Where the output is no terminal, or with --json, one reading is printed; with --for it "
        "holds the highest peaks and the most gain reduction of that time. Strips are metered before their faders, "
        "buses and main after.",
        (_FOR,),
        (
            ("meters", "watch levels until q is pressed"),
            ("meters --for 10 --json", "the highest peaks of ten seconds"),
        ),
    ),
    Command(
        "arm",
        "choose what will be recorded",
        "Arms strips (also after trim), buses or main; others stay as they are. Prints everything that is armed then.",
        (_ARMABLE,),
        (
            ("arm 1-4", "strips 1 to 4"),
            ("arm all main", "every strip, and the mix"),
            ("arm bus:2", "a monitor mix"),
            ("arm 3 trimmed:3", "strip 3, raw and after trim"),
        ),
    ),
    Command(
        "disarm",
        "choose what will not be recorded",
        "Disarms strips (also after trim), buses or main; others stay as they are. Prints what is still armed.",
        (_ARMABLE,),
        (("disarm all", "no strip is recorded"), ("disarm 2,5-7 main", "those, and the mix, are not")),
    ),
    Command(
        "record",
        "roll, and record everything armed",
        "Starts a take of everything armed, and waits until studiod says that it records.",
        examples=(("record", "begin a take"),),
    ),
    Command(
        "stop",
        "stop the transport",
        "Stops, and waits until it stands. After recording, prints the take and where its files are.",
        examples=(("stop", "end the take"),),
    ),
    Command(
        "keep",
        "make a take of what was just played",
        "Makes a take of the last so many seconds of every input that the black box holds, whether anyone armed it or "
        "not, and prints where its files are. Nothing is copied where the filesystem can link. What plays goes on.",
        (
            Argument("length", "how far back: seconds, m:ss or h:mm:ss", "LENGTH"),
            Argument("--inputs", "only these: 3, 1-4 or 1,3,5-7", "INPUTS"),
            Argument("--run", "the last so many seconds of an earlier run: `studioctl blackbox` lists them", "N", int),
        ),
        (
            ("keep 10:00", "the last ten minutes"),
            ("keep 90 --inputs 1-4", "a minute and a half of four inputs"),
            ("keep 20:00 --run 6", "what was played before studiod was started again"),
        ),
    ),
    Command(
        "blackbox",
        "what the black box holds, and of which runs",
        "Says how the black box stands: how far back it reaches, how much room it takes. Each start of studiod is a "
        "run of its own; those that something is still held of are listed, and `keep --run` makes a take of their end.",
        examples=(("blackbox", "how far back it reaches"), ("blackbox --json", "everything, for scripts")),
    ),
    Command(
        "play",
        "roll from the position",
        "Plays what was recorded, through its strips, and waits until it rolls.",
        examples=(("play", "listen"),),
    ),
    Command(
        "locate",
        "go to a position",
        "Goes to a position and waits until the transport is there.",
        (Argument("position", "seconds, m:ss or h:mm:ss.mmm", "POSITION"),),
        (("locate 0", "back to the beginning"), ("locate 1:02.5", "a minute and 2.5 seconds in")),
    ),
    Command(
        "loop",
        "go round and round, or no more with off",
        "Lays the loop from START to END and switches it on; or switches it on or off; alone, says how it is. While "
        "rolling before its end it goes round, to the frame; every round recorded is a take.",
        (_SPAN,),
        (("loop 10 25.5", "from 10 s to 25.5 s"), ("loop 1:00 1:30", "half a minute"), ("loop off", "roll on")),
    ),
    Command(
        "punch",
        "record between two points only, or anywhere with off",
        "Lays the punch-in and punch-out and switches them on; or switches them on or off; alone, says how they are. "
        "Then `record` rolls, records from the one to the other, and plays on.",
        (_SPAN,),
        (("punch 1:02 1:10.5", "eight and a half seconds"), ("punch off", "record from where it is")),
    ),
    Command(
        "soundcheck",
        "hear the tracks through the strips, or no more with off",
        "Feeds every strip from its track in place of its input: play the last take, and set the desk while nobody is "
        "on stage. Silence where a strip has no track, or while nothing rolls. Alone, says how it is. A start switches "
        "it off.",
        (Argument("value", "on or off; how it is if left out", "on|off", is_optional=True, words=_ON_OFF),),
        (("soundcheck on", "the band plays again"), ("soundcheck off", "hear the stage")),
    ),
    Command(
        "markers",
        "list markers and sections",
        "Lists the markers and sections of the session, with their numbers.",
        examples=(("markers", "all of them"), ("markers --json", "with frames, for scripts")),
    ),
    Command(
        "marker",
        "set a marker where it is",
        "Sets a marker at the position, also while it rolls or records.",
        (Argument("value", "its name; its number if left out", "NAME", is_list=True, is_optional=True),),
        (("marker", "just mark it"), ("marker Second verse", "with a name")),
    ),
    Command(
        "section",
        "name what lies between two markers",
        "Makes a section from one marker to another, by their numbers; `press /section/loop N` lays the loop over it.",
        (
            Argument("start", "number of the marker it begins at", "START", form=int),
            Argument("end", "number of the marker it ends at", "END", form=int),
            Argument("value", "its name", "NAME", is_list=True),
        ),
        (("section 1 2 Refrain", "from marker 1 to marker 2"),),
    ),
    Command(
        "fader",
        "set a fader",
        "Sets the level of strips, buses or main. Allowed is -inf to +10 dB.",
        (_FADERS, Argument("value", _LEVEL, "DB")),
        (("fader 3 -6", "strip 3 at -6 dB"), ("fader main -inf", "silence"), ("fader bus:1 0", "bus 1 at 0 dB")),
    ),
    Command(
        "mute",
        "mute, or unmute with off",
        "Mutes strips, buses or main. Takes are not touched by it.",
        (_FADERS, _SWITCH),
        (("mute 3", "mute strip 3"), ("mute 1-4 off", "hear them again")),
    ),
    Command(
        "solo",
        "hear strips alone, or no more with off",
        "Hear strips or buses alone. On a desk with monitor outputs they are heard there, before the fader (pfl) or "
        "after it (afl), and main plays on; else in place (sip): strips without solo leave main, their sends stay. "
        "/solo/mode chooses; `press /solo/clear` ends every solo.",
        (_CHANNELS, _SWITCH),
        (
            ("solo 2", "strip 2 alone"),
            ("solo bus:1", "bus 1 alone"),
            ("solo all off", "no strip"),
        ),
    ),
    Command(
        "pan",
        "place strips between left and right",
        "Sets the pan of strips, or of buses that play into main; of a linked pair it is the balance. Constant power, "
        "-3 dB in the centre, unless /strip/N/pan/law says otherwise.",
        (_CHANNELS, Argument("value", "L100 to R100, C for the centre, or -1 to 1", "PAN", words=("C", "L50", "R50"))),
        (("pan 3 L30", "a third to the left"), ("pan 3 C", "the centre")),
    ),
    Command(
        "trim",
        "set the gain at the head of strips",
        "Sets the digital gain before everything else in the strip, -24 to +24 dB. Takes hold the input before it.",
        (_STRIPS, Argument("value", "gain in dB: -3, +12", "DB")),
        (("trim 1 +6", "6 dB more into strip 1"),),
    ),
    Command(
        "send",
        "set what strips send to a bus",
        "Sets the level that strips (or other buses) send to a bus, a monitor mix for example. Allowed is -inf to "
        "+10 dB. A way that would come back to where it began is refused.",
        (_CHANNELS, Argument("bus", "the bus's number", "BUS", form=int), Argument("value", _LEVEL, "DB")),
        (
            ("send 4 1 -3", "strip 4 into bus 1 at -3 dB"),
            ("send all 2 -inf", "no strip into bus 2"),
            ("send bus:5 1 -6", "a group into the mix of bus 1"),
        ),
    ),
    Command(
        "name",
        "name a strip or a bus",
        "Sets what surfaces show, and what the files of the next take are called. At most 64 bytes.",
        (
            Argument("targets", "a strip (3) or a bus (bus:2)", "TARGET", words=("bus:1",)),
            Argument("value", "the name; spaces are fine", "TEXT", is_list=True),
        ),
        (("name 3 Lead vocal", "strip 3 is Lead vocal"),),
    ),
    Command(
        "takes",
        "list what was recorded, describe it, throw it away",
        "Lists the takes of the session: state, length, files, who began and ended them, what was said of them, and "
        "gaps if there are any. With an action: gives takes a name, a rating, tags or a note; their files keep their "
        "names. trash moves takes to the session's trash as they are, restore brings them back; trash alone lists it. "
        "Only empty deletes, and only what is in the trash.",
        (
            Argument("action", "what to do", "ACTION", is_optional=True, choices=TAKE_ACTIONS),
            Argument("words", "the number of a take, and what is said of it", "TAKE", is_optional=True, is_list=True),
        ),
        (
            ("takes", "all takes"),
            ("takes --json", "with files and gaps, for scripts"),
            ('takes rename 3 "Blues in F"', "take 3 has a name"),
            ("takes rate 3 4", "four of five; 0 takes it away"),
            ("takes tag 3 slow best", "these tags and no others"),
            ('takes note 3 "the bridge is fine"', "for later"),
            ("takes trash 2 4", "out of the way"),
            ("takes trash", "what is there"),
            ("takes restore 2", "and back"),
            ("takes empty all", "delete what is in the trash, for ever"),
        ),
    ),
    Command(
        "proof",
        "what a take can show for itself",
        "Shows why a take is damaged, and how sure a good one is: what went wrong, in sentences; a line of the whole "
        "take with its gaps and clips; the clips of each track; how far the card's clock ran beside the machine's; how "
        "long the disk took each time; how its copy stands.",
        (Argument("take", "the number of a take", "TAKE"),),
        (("proof 3", "take 3, drawn"), ("proof 3 --json", "everything, for scripts")),
    ),
    Command(
        "lanes",
        "what lies on each strip, and what of it is heard",
        "Lists the takes that each strip plays, the topmost first: where they begin, how long they are, and whether "
        "they cover what lies beneath or are mixed with it.",
        (Argument("strip", "only this strip", "STRIP", is_optional=True),),
        (("lanes", "all strips"), ("lanes 3", "strip 3"), ("lanes --json", "for scripts")),
    ),
    Command(
        "heard",
        "choose which takes are heard",
        "Has a take played back, or not, on all its strips or on one; what lies beneath is heard then. It is kept with "
        "the take, and the same command with the other word takes it back. Not while a take is recorded.",
        (Argument("words", "the number of a take, a strip if only that is meant, on or off", "TAKE", is_list=True),),
        (
            ("heard 3 off", "take 3 is not heard, and what it covered is"),
            ("heard 3 1 off", "only strip 1 of it is not"),
            ("heard 3 on", "all of it is heard again"),
        ),
    ),
    Command(
        "top",
        "lay a take over newer ones, or back with off",
        "Lays a take over all others there are, or back in its place; what is recorded later lies over it.",
        (Argument("take", "its number", "TAKE"), _SWITCH),
        (("top 2", "take 2 covers the takes after it"), ("top 2 off", "they cover it again")),
    ),
    Command(
        "sessions",
        "list the sessions of the library, describe them, throw them away",
        "Lists the sessions of the library: how many takes, how long, what was said of them. With an action: gives a "
        "session a name, a rating, tags or a note; its folder keeps its name. trash moves one that is not open to the "
        "library's trash, restore brings it back.",
        (
            Argument("action", "what to do", "ACTION", is_optional=True, choices=SESSION_ACTIONS),
            Argument(
                "words", "the folder of the session, and what is said of it", "SESSION", is_optional=True, is_list=True
            ),
        ),
        (
            ("sessions", "all sessions"),
            ('sessions rename session "The album"', "it has a name"),
            ("sessions tag session jazz live", "these tags and no others"),
            ("sessions trash rehearsal", "out of the way"),
            ("sessions restore rehearsal", "and back"),
        ),
    ),
    Command(
        "devices",
        "list audio devices, MIDI ports and surfaces",
        "Lists what the machine has, and what studiod uses of it.",
        examples=(("devices", "what is plugged in"),),
    ),
    Command(
        "learn",
        "bind a fader, knob or button by moving it",
        "Listens to every MIDI input and to every box, says what it hears, and binds the control that is moved to the "
        "address: on a box that studiod knows all its other controls stay as they are. A fader or knob is moved the "
        "whole way, up first and back; a button is pressed two or three times. It is saved, and works at once and "
        "after every start. When nothing was heard for 30 seconds it ends.",
        (
            Argument("address", "the parameter or command", "ADDRESS", is_optional=True),
            Argument("--momentary", "a switch is on while the button is held, not from one press to the next"),
            Argument("--bank", "a row of controls for strips side by side: the first is moved, then the last"),
            Argument("--value", "the number that a command takes", "NUMBER", form=float),
            Argument("--list", "what has been learnt"),
            Argument("--undo", "take back what was learnt, or forgotten, last; again for what was before"),
            Argument("--forget", "what was learnt for that address leads there no more", "ADDRESS"),
            Argument("--cancel", "end a lesson that somebody began"),
        ),
        (
            ("learn /strip/3/fader", "then move the fader"),
            ("learn /talkback/on --momentary", "then press the button two or three times"),
            ("learn /transport/locate --value 0", "a button that goes to the beginning"),
            ("learn /strip/1/fader --bank", "then move the first fader of the row, then the last"),
            ("learn --list", "what has been learnt"),
            ("learn --undo", "that was the wrong one"),
            ("learn --forget /strip/3/fader", "as if it had never been learnt"),
        ),
    ),
    Command(
        "get",
        "read any parameter",
        "Reads any address of docs/parameters.md, or all that a pattern means; /travel behind an address reads 0..1.",
        (Argument("address", "an address or a pattern", "ADDRESS"),),
        (("get /strip/3/hpf", "one value"), ("get '/strip/*/fader'", "every fader"), ("get //name", "every name")),
    ),
    Command(
        "set",
        "set any parameter",
        "Sets any address of docs/parameters.md, or all that a pattern means, and prints what is so then. Patterns "
        "never reach record arm and commands.",
        (
            Argument("address", "an address or a pattern", "ADDRESS"),
            Argument("value", "in its unit, or its word: -6, 80, on, tape, L30", "VALUE"),
        ),
        (
            ("set /strip/3/hpf 80", "the high-pass of strip 3 at 80 Hz"),
            ("set '/strip/*/mute' off", "no strip is muted"),
            ("set /main/fader/travel 0.75", "main at three quarters of its throw: 0 dB"),
        ),
    ),
    Command(
        "press",
        "press a button of the desk",
        "Does what a command of docs/parameters.md does that is no command here.",
        (
            Argument("address", "the button's address", "ADDRESS", words=BUTTONS),
            Argument("value", "the number it takes, if it takes one", "VALUE", form=float, is_optional=True),
        ),
        (("press /solo/clear", "end every solo"), ("press /marker/locate 3", "go to marker 3")),
    ),
    Command(
        "watch",
        "print changes as they happen",
        "Prints every change of the addresses that a pattern means, whoever makes it, until Ctrl-C. Meters and the "
        "position come 20 times a second. With --json each line is an object.",
        (Argument("pattern", "an address or a pattern", "PATTERN"), _FOR),
        (("watch '/strip/*/fader'", "who moves the faders?"), ("watch /transport/state --json", "for scripts")),
    ),
    Command(
        "completion",
        "print a completion script for your shell",
        "Prints a script that lets the shell complete commands, options and words.",
        (Argument("shell", "the shell it is for", "SHELL", choices=("bash", "zsh", "fish")),),
        (
            ("completion bash > ~/.local/share/bash-completion/completions/studioctl", "for bash"),
            ("completion zsh > ~/.zfunc/_studioctl", "for zsh, with ~/.zfunc in fpath"),
            ("completion fish > ~/.config/fish/completions/studioctl.fish", "for fish"),
        ),
    ),
)

FIRST_SESSION: Final = (
    ("status", "is it there?"),
    ("meters", "does it hear you?"),
    ("arm 1-4", "choose what to record"),
    ("record", "roll"),
    ("stop", "and see where the files are"),
    ("locate 0", "back to the beginning"),
    ("play", "listen"),
)

EXIT_CODE_LINES: Final = tuple(f"{code}  {meaning}" for code, meaning in EXIT_CODES)
