"""Takes out of a recording what names the host it came from."""

import json
import re
from collections.abc import Mapping
from typing import Any

_IDENTIFYING = re.compile(r"<(serial|uuid|entry name='(?:serial|uuid|asset)')>[^<]*</")


def anonymised(record: dict[str, Any], *, replaced: Mapping[str, str], names: bool) -> dict[str, Any]:
    """Give a copy without host name, serial numbers and host UUIDs.

    `replaced` maps further texts, such as directories, to what stands for them. With `names`, the guests'
    names, UUIDs, titles, MAC addresses and metadata go as well; not wanted for guests made to be recorded.
    """
    copy: dict[str, Any] = json.loads(json.dumps(record))
    for key in ("getCapabilities", "getSysinfo"):
        text = copy["node"][key]
        if isinstance(text, str):
            copy["node"][key] = _IDENTIFYING.sub(r"<\1>00000000-0000-0000-0000-000000000000</", text)
    substitutes = dict(replaced)
    hostname = copy["node"]["getHostname"]
    if isinstance(hostname, str):
        substitutes[f'"{hostname}"'] = '"host.example.com"'
        substitutes[f">{hostname}<"] = ">host.example.com<"
    if names:
        substitutes |= _guest_names(copy)
    text = json.dumps(copy)
    for old in sorted(substitutes, key=len, reverse=True):
        text = text.replace(old, substitutes[old])
    if names:
        text = re.sub(r"([0-9a-f]{2}(?::[0-9a-f]{2}){2})(?::[0-9a-f]{2}){3}", r"\1:00:00:00", text)
    cleaned: dict[str, Any] = json.loads(text)
    return cleaned


def _guest_names(record: dict[str, Any]) -> dict[str, str]:
    found = {}
    for number, guest in enumerate(record["guests"], 1):
        if isinstance(guest["xml"], str):
            guest["xml"] = re.sub(r"(?s)\s*<(metadata|title|description)>.*?</\1>", "", guest["xml"])
        found[guest["name"]] = f"guest-{number}"
        found[guest["uuid"]] = f"00000000-0000-4000-8000-{number:012}"
    return found
