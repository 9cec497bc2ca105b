"""The keys a desk has once: transport, views, pages, and those a person may give a meaning."""

from collections.abc import Callable, Mapping
from typing import Final

from studiod.model.parameter import Kind
from studiod.model.transport import TransportPhase, TransportState
from studiod.surfaces.hui import zones
from studiod.surfaces.mackie.assign import MODE_OF_KEY, NO_PLUGIN, Mode, View
from studiod.surfaces.mackie.buttons import GLOBAL_KEYS
from studiod.surfaces.mackie.facts import KeyAct
from studiod.surfaces.mackie.rig import BANK, Rig
from studiod.surfaces.mackie.words import Lamp
from studiod.surfaces.winding import WIND_S, Winding

JOG_S, SCRUB_S, NUDGE_S = 0.25, 0.02, 0.1  # what one tick of the wheel, and one nudge, moves the position by
_STATE, _PHASE = "/transport/state", "/transport/phase"
_VIEWS: Final = {
    "global-view": View.STRIPS,
    "view/inputs": View.STRIPS,
    "view/audio": View.STRIPS,
    "view/aux": View.BUSES,
    "view/buses": View.BUSES,
    "view/outputs": View.MATRICES,
    "view/user": View.VCAS,
}
_USUAL: Final = {
    "play": KeyAct("/transport/play", is_toggle=False),
    "stop": KeyAct("/transport/stop", is_toggle=False),
    "record": KeyAct("/transport/record", is_toggle=False),
    "cycle": KeyAct("/loop/on", is_toggle=True),
    "drop": KeyAct("/punch/on", is_toggle=True),
    "replace": KeyAct("/transport/rehearse", is_toggle=True),
    "click": KeyAct("/click/on", is_toggle=True),
    "solo": KeyAct("/solo/clear", is_toggle=False),
    "undo": KeyAct("/transport/undo", is_toggle=False),
    "foot/a": KeyAct("/transport/punch", is_toggle=False),
    "foot/b": KeyAct("/marker/add", is_toggle=False),
    "return-to-zero": KeyAct("/transport/locate", is_toggle=False, argument=0.0),
    "rec-all": KeyAct("/arm/all", is_toggle=False),
    "talkback": KeyAct("/talkback/on", is_toggle=True),
    **{f"monitor/{leaf}": KeyAct(f"/monitor/{leaf}", is_toggle=True) for leaf in ("mute", "dim", "mono")},
    **{f"f{n}": KeyAct("/marker/locate", is_toggle=False, argument=float(n)) for n in range(1, 9)},
}
"""What keys do unless the file of a box says otherwise."""
_AUTOMATION: Final = frozenset({"read", "write", "trim", "touch", "latch", "off", "auto", "enable"})
NO_AUTOMATION: Final = "There is no automation here"
NO_MEANING: Final = "Key {key} is free: its file may use it"
_SENDS: Final = {f"send/{letter}": page for page, letter in enumerate("abcde")}
"""Keys of a HUI."""
_ALL: Final = GLOBAL_KEYS | zones.KEYS
_HELD: Final = frozenset({"shift", "option", "control", "alt", "marker", "nudge", "rewind", "forward"})
_WINDS: Final = {"rewind": -1, "forward": 1}


def _swap_names(rig: Rig) -> None:
    rig.shows_values = not rig.shows_values


def _swap_time(rig: Rig) -> None:
    rig.shows_beats = not rig.shows_beats


_MOVES: Final[Mapping[str, Callable[[Rig], None]]] = {
    "bank/left": lambda rig: rig.move(-(rig.width or BANK)),
    "bank/right": lambda rig: rig.move(rig.width or BANK),
    "channel/left": lambda rig: rig.move(-1),
    "channel/right": lambda rig: rig.move(1),
    "cursor/left": lambda rig: rig.turn_page(-1),
    "cursor/right": lambda rig: rig.turn_page(1),
    "cursor/up": lambda rig: rig.step_selection(-1),
    "cursor/down": lambda rig: rig.step_selection(1),
    "flip": Rig.flip,
    "name-value": _swap_names,
    "smpte-beats": _swap_time,
}


class Keys:
    """Global keys of all boxes of a rig, and what their lamps show. `origin` of what they write is the box's name."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._hub = rig.hub
        self._held: set[str] = set()
        self._marker_is_alone = False
        self._is_scrubbing = False
        self._winding = Winding(rig.hub, "desk", rig.clock)
        self._solos = tuple(spec.address for spec in rig.hub.registry if spec.address.endswith("/solo"))

    @property
    def is_fine(self) -> bool:
        """Knobs move in tenths of their steps."""
        return "shift" in self._held

    @property
    def resets(self) -> bool:
        """A select key sets the fader to its default."""
        return "option" in self._held

    def forget(self) -> None:
        """A box with keys went away: nobody knows what is held."""
        self._held.clear()
        self._winding.forget()

    def watched(self) -> frozenset[str]:
        """Addresses whose change may be one of a lamp."""
        acts = [self._act(key) for key in _ALL]
        return frozenset((_STATE, _PHASE, *self._solos, *(act.address for act in acts if act is not None)))

    def press(self, key: str, origin: str) -> None:
        """A key went down. Raises Refused or UnknownAddress when the desk will not."""
        self._winding.origin = origin
        self._marker_is_alone = key == "marker"
        if key in _HELD:
            self._held.add(key)
        act = self._act(key)
        if act is not None:
            self._do(act)
        elif key in _WINDS:
            self._wind(key)
        else:
            self._turn_rig(key)
        self._rig.look()

    def release(self, key: str) -> None:
        """A key came up. Raises as `press`."""
        was_held = key in self._held
        self._held.discard(key)
        self._winding.release(key)
        if was_held:
            self._rig.look()
        if key == "marker" and was_held and self._marker_is_alone and self._act(key) is None:
            self._marker_is_alone = False
            self._hub.fire("/marker/add", origin=self._winding.origin)

    def jog(self, ticks: int, origin: str) -> None:
        """The wheel was turned. Raises as `press`."""
        self._winding.origin = origin
        self._winding.go(ticks * (SCRUB_S if self._is_scrubbing else JOG_S))

    def tick(self) -> None:
        """Go on winding, and to where the wheel is by now. Raises as `press`."""
        self._winding.due()

    def wait(self, now: float) -> float | None:
        """Seconds until `tick` has something to do."""
        due = self._winding.next_due()
        return None if due is None else max(due - now, 0.0)

    def lamps(self) -> dict[str, Lamp]:
        """What the lamps of all keys show."""
        shown = dict.fromkeys(_ALL, False)
        for key in _ALL:
            act = self._act(key)
            shown[key] = act is not None and act.is_toggle and self._is_on(act.address)
        rig, state = self._rig, self._choice(_STATE)
        for key, mode in MODE_OF_KEY.items():
            shown[key] = shown[key] or (rig.assignment.mode is mode and self._act(key) is None)
        for key, view in _VIEWS.items():
            if key not in ("global-view", "view/inputs", "view/aux"):  # one lamp a view
                shown[key] = shown[key] or (rig.view is view and self._act(key) is None)
        shown |= dict.fromkeys(self._held, True)
        shown["flip"] = rig.is_flipped
        shown["scrub"] = self._is_scrubbing
        shown["global-view"] = rig.view is not View.STRIPS
        shown["name-value"] = rig.shows_values
        shown["play"] = state in (TransportState.PLAYING, TransportState.RECORDING)
        shown["stop"] = state == TransportState.STOPPED
        shown["record"] = state == TransportState.RECORDING
        shown["smpte"], shown["beats"] = not rig.shows_beats, rig.shows_beats
        shown["rude-solo"] = shown["solo"] = any(self._hub.value(address) for address in self._solos)
        lamps = {key: Lamp.ON if is_on else Lamp.OFF for key, is_on in shown.items()}
        if self._choice(_PHASE) in (TransportPhase.COUNTIN, TransportPhase.WAITING):
            lamps["record"] = Lamp.FLASH
        return lamps

    # -- inside ----------------------------------------------------------------------------------------------------

    def _act(self, key: str) -> KeyAct | None:
        act = self._rig.keys.get(key) or _USUAL.get(key)
        return act if act is not None and act.address in self._hub.registry else None

    def _do(self, act: KeyAct) -> None:
        if act.is_toggle:
            self._hub.write(act.address, 0.0 if self._hub.value(act.address) else 1.0, self._winding.origin)
        elif act.argument is None:
            self._hub.fire(act.address, origin=self._winding.origin)
        else:
            self._hub.fire(act.address, act.argument, origin=self._winding.origin)

    def _turn_rig(self, key: str) -> None:
        rig = self._rig
        if key in MODE_OF_KEY:
            rig.assign(MODE_OF_KEY[key])
            if rig.assignment.mode is Mode.PLUGIN and not rig.has_knobs:
                rig.announce(NO_PLUGIN)
        elif key in _VIEWS:
            rig.show(_VIEWS[key])
        elif key == "scrub":
            self._is_scrubbing = not self._is_scrubbing
        elif key in _SENDS:
            rig.assign(Mode.SEND, _SENDS[key])
        elif key in _MOVES:
            _MOVES[key](rig)
        elif key not in _HELD:
            rig.announce(NO_AUTOMATION if key.partition("/")[0] in _AUTOMATION else NO_MEANING.format(key=key))

    def _wind(self, key: str) -> None:
        if "marker" in self._held:
            self._hub.fire("/marker/previous" if key == "rewind" else "/marker/next", origin=self._winding.origin)
        elif "nudge" in self._held:
            self._winding.go(_WINDS[key] * NUDGE_S)
        else:
            for other in _WINDS:
                self._winding.release(other)
            self._winding.hold(key, _WINDS[key] * WIND_S)

    def _choice(self, address: str) -> int:
        return int(self._hub.value(address)) if address in self._hub.registry else 0

    def _is_on(self, address: str) -> bool:
        return self._hub.registry[address].kind is Kind.TOGGLE and bool(self._hub.value(address))
