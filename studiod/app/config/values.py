"""Kinds of values a setting may hold beyond plain types: texts, addresses, networks, folders."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from studiod.model.console import MAX_STRIPS
from studiod.model.parameter import TEXT_BYTES

MAX_OUTPUTS = 64
MAX_PIN = 511
_STUDIO_NAME_BYTES = 40  # a zeroconf label holds 63 bytes, and other instances append " (2)" or a host name
_LONGEST_PATH = 1024
_LONGEST_DEVICE = 200


class Unfit(ValueError):  # noqa: N818 - it reads as the fact it reports
    """A value no setting can have; `meant` is what was probably wanted."""

    def __init__(self, reason: str, meant: str | None = None) -> None:
        super().__init__(reason)
        self.meant = meant


def allowed(text: str) -> dict[str, Any]:
    """Extra words for the schema where JSON Schema's own cannot say what is allowed."""
    return {"x-allowed": text}


def _printable(limit_bytes: int, *, may_be_blank: bool = False) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not text.isprintable():
            raise Unfit("has an unprintable character")
        if len(text.encode()) > limit_bytes:
            raise Unfit(f"takes {len(text.encode())} bytes")
        if not may_be_blank and not text.strip():
            raise Unfit("is blank")
        return text

    return check


def _address(text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise Unfit("is no address") from None
    return text


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        pass
    try:
        meant = ipaddress.ip_network(text, strict=False)  # 192.168.1.5/24: an address where a network belongs
    except ValueError:
        raise Unfit("is no network") from None
    raise Unfit("is one address in a network", str(meant))


def _path(written: object, info: ValidationInfo) -> object:
    """Absolute path; relative ones start at the folder of the configuration file (context "base")."""
    if not isinstance(written, str | Path):
        return written
    _printable(_LONGEST_PATH)(str(written))
    try:
        path = Path(written).expanduser()
    except RuntimeError as fault:
        raise Unfit("begins with a home folder that is not known") from fault
    base = (info.context or {}).get("base") or Path.cwd()
    return Path(base) / path


def _control_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9/_-]{0,31}", text):
        raise Unfit("is no name of a control")
    return text


def _box_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,64}", text):
        raise Unfit("is no name of a box")
    return text


def _map_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,64}", text):
        raise Unfit("is no name of a map")
    return text


def _act(text: str) -> str:
    if not re.fullmatch(r"/[!-~]+( [!-~]+)?", text):
        raise Unfit("is no address with an argument")
    return text


def _text(limit_bytes: int) -> Any:  # noqa: ANN401 - as pydantic.Field itself
    return Field(json_schema_extra=allowed(f"text of at most {limit_bytes} bytes, printable"))


Name = Annotated[str, AfterValidator(_printable(TEXT_BYTES, may_be_blank=True)), _text(TEXT_BYTES)]
SessionName = Annotated[str, AfterValidator(_printable(TEXT_BYTES)), _text(TEXT_BYTES)]
StudioName = Annotated[str, AfterValidator(_printable(_STUDIO_NAME_BYTES)), _text(_STUDIO_NAME_BYTES)]
DeviceText = Annotated[
    str, AfterValidator(_printable(_LONGEST_DEVICE)), Field(json_schema_extra=allowed("a device name or a part of it"))
]
ControlName = Annotated[
    str,
    AfterValidator(_control_name),
    Field(json_schema_extra=allowed("1 to 32 small letters, digits, /, - and _, such as foot/1")),
]
BoxName = Annotated[
    str,
    AfterValidator(_box_name),
    Field(json_schema_extra=allowed("small letters, digits and -, such as x-touch or mcu-xt-2")),
]
PortPattern = Annotated[
    str,
    AfterValidator(_printable(_LONGEST_PATH)),
    Field(json_schema_extra=allowed("the name of a port or a box, or a pattern for it")),
]
ActText = Annotated[
    str,
    AfterValidator(_act),
    Field(json_schema_extra=allowed("an address, with its argument behind a space, such as /blackbox/keep 300")),
]
PortText = Annotated[
    str,
    AfterValidator(_printable(_LONGEST_PATH)),
    Field(json_schema_extra=allowed("a path, or a pattern for the names of serial devices")),
]
PortName = Annotated[
    str,
    AfterValidator(_printable(_LONGEST_DEVICE)),
    Field(json_schema_extra=allowed("the name of a MIDI port, or a pattern for it")),
]
MapName = Annotated[
    str,
    AfterValidator(_map_name),
    Field(json_schema_extra=allowed("the name of a map: small letters, digits and -; or none")),
]
JackName = Annotated[
    str, AfterValidator(_printable(_LONGEST_DEVICE)), Field(json_schema_extra=allowed("the name of a JACK server"))
]
Address = Annotated[
    str,
    AfterValidator(_address),
    Field(json_schema_extra=allowed("an address of this machine, such as 0.0.0.0 or 127.0.0.1")),
]
Network = Annotated[
    str, AfterValidator(_network), Field(json_schema_extra=allowed("a network such as 192.168.1.0/24 or fe80::/10"))
]
Folder = Annotated[Path, BeforeValidator(_path), Field(json_schema_extra=allowed("the path of a folder"))]
InputNumber = Annotated[int, Field(ge=1, le=MAX_STRIPS)]
OutputNumber = Annotated[int, Field(ge=0, le=MAX_OUTPUTS)]
