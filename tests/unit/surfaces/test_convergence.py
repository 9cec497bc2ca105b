"""Any mix of boxes comes to rest on the desk's value: under loss, reordering, fingers and replugging."""

from hypothesis import given, settings
from hypothesis import strategies as st

from studiod.surfaces.base import Moved, Pressed, Released, Takeover, Touched
from studiod.surfaces.surface import Surface
from studiod.surfaces.touches import Touches
from tests.unit.surfaces.rig import desk, one_fader_box

FADER, MUTE = "/strip/1/fader", "/strip/1/mute"
STEPS = (128, 1024, 16384, 2)


class Box:
    """A box with a motor and a lamp that believes what it hears; its cable may lose messages."""

    def __init__(self, surface: Surface, now: list[float]) -> None:
        self.surface = surface
        self.now = now
        self.shown: dict[int, int] = {}
        self.reports: list[bytes] = []
        self.lose = 0
        """How many of the next messages do not arrive."""
        self.plug()

    def plug(self) -> None:
        self.shown.clear()
        self.reports.clear()
        self.surface.attach(self._hear)

    def _hear(self, message: bytes) -> None:
        if self.lose:
            self.lose -= 1
            return
        if message[0] == 0 and self.shown.get(0) != int.from_bytes(message[1:]):
            self.reports.append(message)  # a motor tells where it went
        self.shown[message[0]] = int.from_bytes(message[1:])

    def move(self, travel: float) -> None:
        """A hand moves the fader."""
        control = self.surface.facts.controls["fader"]
        self.shown[0] = control.step(travel)
        self.surface.on_gesture(Moved("fader", control.travel(self.shown[0])))

    def report(self, late: list[bytes]) -> None:
        for message in late:
            self.surface.receive(message)


class Room:
    """Boxes of different fineness on one strip of one desk."""

    def __init__(self) -> None:
        self.hub = desk(strips=2)
        self.now = [0.0]
        touches = Touches()
        self.boxes = []
        for number, steps in enumerate(STEPS):
            facts, dialect = one_fader_box(steps, has_motor=True, takeover=Takeover.JUMP)
            surface = Surface(f"box{number}", facts, self.hub, dialect, clock=lambda: self.now[0], touches=touches)
            self.boxes.append(Box(surface, self.now))
            self.hub.observe(surface.on_changes)

    def rest(self, *, heals: int = 0) -> int:
        """Turns of the loop until all is quiet; how many messages went."""
        sent = 0
        for _ in range(8 + heals):
            self.hub.turn()
            self.now[0] += 1.0
            for box in self.boxes:
                if heals:
                    box.surface.heal()
                before = len(box.reports)
                box.surface.drain()
                sent += len(box.reports) - before
                reports, box.reports = box.reports, []
                box.report(reports)
        return sent

    def all_show_the_desk(self) -> bool:
        return all(
            box.shown[0] == box.surface.facts.controls["fader"].step(self.hub.travel(FADER))
            and box.shown[1] == int(self.hub.value(MUTE) != 0.0)
            for box in self.boxes
        )


WHO, TRAVEL = st.integers(0, len(STEPS) - 1), st.floats(0.0, 1.0)
MOVES = st.one_of(
    st.tuples(st.just("hand"), WHO, TRAVEL),
    st.tuples(st.just("phone"), st.just(0), TRAVEL),
    st.tuples(st.just("mute"), WHO, st.just(0.0)),
    st.tuples(st.just("turn"), st.just(0), st.just(0.0)),
    st.tuples(st.just("replug"), WHO, st.just(0.0)),
    st.tuples(st.just("touch"), WHO, st.just(0.0)),
    st.tuples(st.just("let go"), WHO, st.just(0.0)),
    st.tuples(st.just("late"), WHO, st.just(0.0)),
)


def play(room: Room, moves: list[tuple[str, int, float]]) -> None:  # noqa: C901 - one branch for each kind of move
    """Do the moves; at the end every finger is gone."""
    for what, who, travel in moves:
        box = room.boxes[who]
        match what:
            case "hand":
                box.move(travel)
            case "phone":
                room.hub.write_travel(FADER, travel, "phone")
            case "mute":
                box.surface.on_gesture(Pressed("mute"))
                box.surface.on_gesture(Released("mute"))
            case "turn":
                room.rest()
            case "replug":
                box.surface.detach()
                box.plug()
            case "touch":
                box.surface.on_gesture(Touched("fader"))
            case "let go":
                box.surface.on_gesture(Released("fader"))
            case "late":  # the cable hands over what the motor said in another order
                box.report(list(reversed(box.reports)))
                box.reports.clear()
    for box in room.boxes:
        box.surface.on_gesture(Released("fader"))


@settings(max_examples=80, deadline=None)
@given(st.lists(MOVES, max_size=25))
def test_all_boxes_come_to_rest_on_the_desks_value(moves: list[tuple[str, int, float]]) -> None:
    room = Room()
    play(room, moves)
    room.rest()
    value = room.hub.value(FADER)
    assert room.all_show_the_desk()
    assert room.rest() == 0, "no ping-pong"
    assert room.hub.value(FADER) == value, "a coarse box never coarsens a value"


@settings(max_examples=40, deadline=None)
@given(st.lists(MOVES, max_size=10), st.lists(st.integers(0, 3), min_size=len(STEPS), max_size=len(STEPS)))
def test_what_a_cable_loses_is_healed(moves: list[tuple[str, int, float]], lost: list[int]) -> None:
    room = Room()
    play(room, moves)
    room.rest()
    for box, count in zip(room.boxes, lost, strict=True):
        box.lose = count
    room.hub.write_travel(FADER, 0.3 if room.hub.travel(FADER) > 0.5 else 0.7, "phone")
    room.hub.write(MUTE, 1.0 - room.hub.value(MUTE), "phone")
    room.hub.turn()
    for box in room.boxes:
        box.surface.drain()
        box.lose = 0
    value = room.hub.value(FADER)
    room.rest(heals=4)
    assert room.all_show_the_desk()
    assert room.hub.value(FADER) == value
