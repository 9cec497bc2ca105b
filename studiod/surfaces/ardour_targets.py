"""What Ardour's words for the target of a MIDI binding mean on this desk, or why they mean nothing here."""

import enum
import re
from dataclasses import dataclass


class Use(enum.Enum):
    """What a control must be able to do for a target."""

    POSITION = "position"
    PRESS = "press"


@dataclass(frozen=True, slots=True)
class Target:
    """A binding as a map file says it, and what it needs of its control."""

    binding: str
    use: Use
    is_shown: bool = False
    """A lamp or a motor has something to show here."""
    is_fader: bool = False


class NotHere(ValueError):  # noqa: N818 - it reads as the fact it reports
    """The desk has nothing like it; the message says what."""


_ADDRESS = re.compile(r"([BSbs]?)(\d{1,3})")
_LEVELS = {
    "gain": ("fader", True),
    "trim": ("trim", False),
    "pandirection": ("pan", False),
    "balance": ("pan", False),
    "filter/hi/freq": ("hpf", False),
    "compressor/threshold": ("comp/threshold", False),
    "compressor/attack": ("comp/attack", False),
    "compressor/release": ("comp/release", False),
    "compressor/makeup": ("comp/makeup", False),
    "compressor/ratio": ("comp/ratio", False),
    "gate/threshold": ("gate/threshold", False),
    "gate/attack": ("gate/attack", False),
    "gate/release": ("gate/release", False),
    "gate/hold": ("gate/hold", False),
}
_SWITCHES = {
    "solo": "solo",
    "mute": "mute",
    "recenable": "arm",
    "eq/enable": "eq/on",
    "filter/hi/enable": "hpf/on",
    "compressor/enable": "comp/on",
    "gate/enable": "gate/on",
}
_MAIN = {"gain": "/main/fader", "pandirection": "/main/balance", "balance": "/main/balance", "panwidth": "/main/width"}
_MAIN_SWITCHES = {"mute": "/main/mute", "recenable": "/main/arm"}
_MONITOR_NAMES = ("control", "monitor", "listen")
_BANDS = 4  # of a strip's equaliser
_WIND_S, _NUDGE_S = 2, 0.1  # a press of a winding key, and of one that nudges
_PLAY, _STOP, _RECORD, _START = (
    "{trigger: /transport/play}",
    "{trigger: /transport/stop}",
    "{trigger: /transport/record}",
    "{trigger: /transport/locate, argument: 0}",
)
_BACK, _ON = f"{{nudge: -{_WIND_S}}}", f"{{nudge: {_WIND_S}}}"
_FUNCTIONS = {
    "transport-stop": _STOP,
    "transport-roll": _PLAY,
    "transport-start": _START,
    "transport-zero": _START,
    "toggle-rec-enable": _RECORD,
    "rec-enable": _RECORD,
    "loop-toggle": "{toggle: /loop/on}",
    "transport-forward": _ON,  # Ardour itself knows no such functions, but a map of its own names them
    "transport/rewind": _BACK,
}
_ACTIONS = {
    "transport/gotozero": _START,
    "transport/gotostart": _START,
    "transport/record": _RECORD,
    "transport/record-roll": _RECORD,
    "transport/alternate-record-roll": _RECORD,
    "transport/stop": _STOP,
    "transport/roll": _PLAY,
    "transport/transitiontoroll": _PLAY,
    "transport/toggleroll": "{trigger: /transport/toggle}",
    "transport/rewind": _BACK,
    "transport/forward": _ON,
    "transport/loop": "{toggle: /loop/on}",
    "transport/toggleclick": "{toggle: /click/on}",
    "transport/togglepunch": "{toggle: /punch/on}",
    "common/nudge-playhead-backward": f"{{nudge: -{_NUDGE_S}}}",
    "common/nudge-playhead-forward": f"{{nudge: {_NUDGE_S}}}",
    "common/jump-backward-to-mark": "{trigger: /marker/previous}",
    "common/jump-forward-to-mark": "{trigger: /marker/next}",
    "common/alternate-jump-backward-to-mark": "{trigger: /marker/previous}",
    "common/alternate-jump-forward-to-mark": "{trigger: /marker/next}",
    "common/add-location-from-playhead": "{trigger: /marker/add}",
    "common/toggle-location-at-playhead": "{trigger: /marker/add}",
    "editor/remove-last-capture": "{trigger: /transport/discard}",
    "editor/undo": "{trigger: /transport/undo}",
    "editor/select-prev-route": "{select: previous}",
    "editor/select-next-route": "{select: next}",
    "editor/track-record-enable-toggle": '{toggle: "/strip/{selected}/arm"}',
    "mixer/unity-gain": '{set: "/strip/{selected}/fader", value: 0}',
    "recorder/arm-none": "{trigger: /arm/none}",
    "recorder/arm-all": "{trigger: /arm/all}",
}
_REASONS = (
    (re.compile(r"show-|toggle-.*(editor|mixer)|zoom|mixer-on-top"), "this desk has no screen"),
    (re.compile(r"(goto|transport-)end"), "a desk that records has no end of the song to go to"),
    (
        re.compile(r"forgetcapture"),
        "stop keeps the take: /transport/discard puts it into the trash, and undo takes it out",
    ),
    (re.compile(r"rec-disable"), "record is a command here, not a mode; play punches out"),
    (re.compile(r"recordcountin"), "the count-in is a setting here: /transport/countin"),
    (re.compile(r"region|playhead|grid"), "this desk edits no regions"),
    (re.compile(r"reverse"), "nothing plays backwards here"),
    (re.compile(r"addtrack"), "the configuration says how many strips there are"),
)
"""Words in what Ardour can do, and why they mean nothing here."""


def function_target(name: str, argument: str, bank_size: int) -> Target:
    """What `function=` means. Raises NotHere."""
    word = name.lower()
    if word in ("prev-bank", "next-bank"):
        return Target(f"{{bank: {bank_size if word == 'next-bank' else -bank_size}}}", Use.PRESS)
    if word in ("set-bank", "select", "select-set"):
        if not argument.isdecimal() or int(argument) * bank_size >= 128:  # noqa: PLR2004 - the widest desk
            raise NotHere(f"{name} has the argument {argument!r}; allowed a number")
        if word == "set-bank":
            return Target(f"{{bank_to: {{strip: {int(argument) * bank_size + 1}}}}}", Use.PRESS)
        return Target(f"{{select: {max(int(argument), 1)}}}", Use.PRESS)
    if word not in _FUNCTIONS:
        raise NotHere(f"function {name} means nothing on this desk{_because(word)}")
    return Target(_FUNCTIONS[word], Use.PRESS, is_shown="{toggle:" in _FUNCTIONS[word])


def action_target(name: str) -> Target:
    """What `action=` means. Raises NotHere."""
    if not name:
        raise NotHere("its action is empty")
    if name.lower() not in _ACTIONS:
        raise NotHere(f"action {name} means nothing on this desk{_because(name.lower())}")
    binding = _ACTIONS[name.lower()]
    return Target(binding, Use.PRESS, is_shown="{toggle:" in binding)


def _because(word: str) -> str:
    return next((f": {why}" for words, why in _REASONS if words.search(word)), "")


def uri_target(uri: str) -> Target:
    """What `uri=` means: `/route/gain B1`, with any white space between its parts. Raises NotHere."""
    words = uri.split()
    if not words:
        raise NotHere("its uri is empty")
    root, _, path = words[0].strip("/").lower().partition("/")
    if root not in ("route", "rid", "bus", "track", "vca") or not path or len(words) < 2:  # noqa: PLR2004 - and an address
        raise NotHere(f"{uri} names nothing that this desk has")
    place, indices = words[1], [int(word) for word in words[2:] if word.isdecimal()]
    if place.lower() in ("master", *_MONITOR_NAMES):
        return _sum(path, place.lower(), uri)
    found = _ADDRESS.fullmatch(place)
    if found is None or not 0 < int(found[2]) <= 128:  # noqa: PLR2004 - the widest desk
        raise NotHere(f"{uri} names no strip; allowed 1..128")
    return _channel(path, _channel_of(root, found), indices, uri)


def _channel_of(root: str, found: re.Match[str]) -> str:
    kind, number = found[1].upper(), int(found[2])
    if root in ("bus", "vca") and not kind:
        return f"/{root}/{number}"
    if kind == "S":
        if number > 1:
            raise NotHere(f"S{number} is one of several selected strips; this desk selects one")
        return "/strip/{selected}"
    return f"/strip/{{strip+{number}}}" if kind == "B" else f"/strip/{number}"


def _sum(path: str, name: str, uri: str) -> Target:
    if name in _MONITOR_NAMES:
        if path == "gain":
            return _position("/monitor/level", is_fader=True)
        if path == "mute":
            return _switch("/monitor/mute")
    elif path in _MAIN:
        return _position(_MAIN[path], is_fader=path == "gain")
    elif path in _MAIN_SWITCHES:
        return _switch(_MAIN_SWITCHES[path])
    raise NotHere(f"{uri}: {name} has no {path} on this desk")


def _channel(path: str, channel: str, indices: list[int], uri: str) -> Target:
    if path in _LEVELS:
        word, is_fader = _LEVELS[path]
        if channel.startswith("/vca") and word != "fader":
            raise NotHere(f"{uri}: a VCA has no {path}")
        return _position(f"{channel}/{word}", is_fader=is_fader)
    if path in _SWITCHES:
        if channel.startswith("/vca") and path != "mute":
            raise NotHere(f"{uri}: a VCA has no {path}")
        return _switch(f"{channel}/{_SWITCHES[path]}")
    if path.startswith("send/") and len(indices) == 1 and 0 < indices[0] <= 16:  # noqa: PLR2004 - buses
        words = {"send/gain": "level", "send/direction": "pan", "send/enable": "on"}
        if path in words:
            address = f"{channel}/send/{indices[0]}/{words[path]}"
            return _switch(address) if path == "send/enable" else _position(address)
    band = re.fullmatch(r"eq/(gain|freq|q)(?:/(\d))?", path)
    if band is not None:
        number = int(band[2]) if band[2] else indices[0] if indices else 0
        if number >= _BANDS:
            raise NotHere(f"{uri}: a strip has {_BANDS} bands")
        return _position(f"{channel}/eq/{number + 1}/{band[1]}")
    if path.startswith("plugin/"):
        raise NotHere(f"{uri}: this desk has no plug-ins in its strips")
    raise NotHere(f"{uri}: a strip has no {path} on this desk")


def _position(address: str, *, is_fader: bool = False) -> Target:
    return Target(f'{{address: "{address}"}}', Use.POSITION, is_shown=True, is_fader=is_fader)


def _switch(address: str) -> Target:
    return Target(f'{{toggle: "{address}"}}', Use.PRESS, is_shown=True)
