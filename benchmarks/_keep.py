"""What an earlier run has measured, for a run that measures some of it anew."""

import json
from pathlib import Path


def earlier(report, path):
    """What was measured before in the same circumstances, whatever the date.

    Raises
    ------
    SystemExit
        If it was another machine, another version or another setting: then one report would show
        numbers side by side that cannot be compared.
    """
    if not Path(path).exists():
        return {}
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    for key in ("machine", "versions", "settings"):
        if found[key] != report[key]:
            raise SystemExit(
                f"--keep: {path} has another {key}: {found[key]}, not {report[key]}; "
                "measure everything anew, or name another file with --json"
            )
    return found
