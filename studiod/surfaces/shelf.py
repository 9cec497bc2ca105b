"""What one folder of maps knows: maps, and beside them files for boxes that speak Mackie Control or HUI."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from studiod.surfaces.base import SurfaceMap
from studiod.surfaces.mackie.facts import BoxFacts, load_all
from studiod.surfaces.maps import load_maps, map_folder

_MACKIE = "mackie"  # folder within a folder of maps


@dataclass(frozen=True, slots=True)
class Shelf:
    """One folder, read."""

    folder: Path
    boxes: tuple[BoxFacts, ...]
    """Of its folder `mackie`."""
    maps: tuple[SurfaceMap, ...]
    faults: tuple[str, ...]

    @property
    def facts(self) -> tuple[BoxFacts | SurfaceMap, ...]:
        """Everything, in the order in which it is asked: the numbers of a box's own say less than its Mackie mode."""
        return (*self.boxes, *self.maps)


def read_shelf(folder: Path, known: Iterable[SurfaceMap] = ()) -> Shelf:
    """Every file in `folder` and its folder `mackie`, and what is wrong with those that cannot be used.

    known: maps that others here may be made from.
    """
    folder = folder.expanduser()
    boxes, box_faults = load_all(folder / _MACKIE)
    maps, faults = load_maps(folder, known)
    return Shelf(folder, boxes, maps, (*faults, *box_faults))


def read_shelves(folders: Iterable[Path]) -> tuple[Shelf, ...]:
    """The built-in shelf, then those in `folders`, each of which may be made from the built-in maps."""
    built_in = read_shelf(map_folder())
    return (built_in, *(read_shelf(folder, built_in.maps) for folder in folders))
