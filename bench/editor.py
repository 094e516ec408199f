"""What the language server costs: from a keystroke to the diagnostics, and its memory over many edits.

It measures and never judges; `make bench` runs it behind bench/run.py.  `python bench/editor.py FILE` takes a file of
one's own in the place of the largest collected one, and `EDITS` says how many edits the memory is watched over.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "examples" / "guide.def"
KEYSTROKES = int(os.environ.get("KEYSTROKES", "200"))
EDITS = int(os.environ.get("EDITS", "10000"))
SERVER = [sys.executable, "-m", "sifcheck", "server", "--isolated", "--no-shellcheck"]
COLUMNS = (44, 12, 12, 12, 12)


class Server:
    """A server and the plainest client that there can be: one message after the other, each waited for."""

    def __init__(self, folder: str) -> None:
        self.process = subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder)
        self.version = 0
        self.send("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, number=1)
        self.wait(lambda message: message.get("id") == 1)
        self.send("initialized", {})

    def send(self, method: str, params: Any, number: int | None = None) -> None:
        """Send a message; with a number it is a request."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        body = json.dumps(message if number is None else {**message, "id": number}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def wait(self, wanted: Any) -> dict[str, Any]:
        """Read messages up to one that is wanted."""
        assert self.process.stdout is not None
        while True:
            length = 0
            while line := self.process.stdout.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            message: dict[str, Any] = json.loads(self.process.stdout.read(length))
            if wanted(message):
                return message

    def diagnostics(self) -> dict[str, Any]:
        """The diagnostics of the text as it is now."""
        return self.wait(lambda message: message.get("params", {}).get("version") == self.version)

    def open(self, text: str) -> None:
        """Open the document, and wait for its diagnostics."""
        self.version = 1
        item = {"uri": "file:///bench.def", "languageId": "apptainer-definition", "version": 1, "text": text}
        self.send("textDocument/didOpen", {"textDocument": item})
        self.diagnostics()

    def type(self, line: int, column: int, end: int, text: str) -> None:
        """Put a text in the place of some columns of a line."""
        self.version += 1
        places = {"start": {"line": line, "character": column}, "end": {"line": line, "character": end}}
        this = {"uri": "file:///bench.def", "version": self.version}
        changes = [{"range": places, "text": text}]
        self.send("textDocument/didChange", {"textDocument": this, "contentChanges": changes})

    def memory(self) -> int:
        """The memory that is the server's own, in bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        return 0

    def cpu(self) -> float:
        """Seconds of CPU that the server has taken."""
        # Behind the name, which may hold anything: user and system time are the 12th and 13th field.
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def leave(self) -> None:
        """Say goodbye."""
        self.send("shutdown", None, number=2)
        self.wait(lambda message: message.get("id") == 2)
        self.send("exit", None)
        self.process.wait()


def row(*cells: str) -> None:
    """Print one line of a table."""
    first, *rest = cells
    widths = zip(rest, COLUMNS[1:], strict=False)
    print(f"  {first:{COLUMNS[0]}}" + "".join(f"{cell:>{width}}" for cell, width in widths))


def keystrokes(path: Path, folder: str) -> None:
    """Milliseconds from a character typed in the middle of a file to its diagnostics, as the clock has it."""
    text = path.read_bytes().decode("utf-8", "replace")
    server = Server(folder)
    server.open(text)
    line = text.count("\n") // 2
    taken, before = [], server.cpu()
    for number in range(KEYSTROKES):
        # A person waits longer than this between two keys.
        time.sleep(0.1)
        began = time.perf_counter()
        server.type(line, 0, number % 2, "" if number % 2 else "#")
        server.diagnostics()
        taken.append(1000 * (time.perf_counter() - began))
    used = 1000 * (server.cpu() - before) / KEYSTROKES
    server.leave()
    taken.sort()
    cells = (statistics.median(taken), taken[int(0.95 * len(taken))], taken[-1], used)
    row(f"{path.name} ({len(text) / 1024:.0f} KiB)", *(f"{cell:.1f} ms" for cell in cells))


def memory(folder: str) -> None:
    """The server's memory after some edits of a small file, and after many."""
    server = Server(folder)
    server.open(SMALL.read_text(encoding="utf-8"))
    line = SMALL.read_text(encoding="utf-8").count("\n")
    seen = []
    for number in range(EDITS + 1):
        if number % max(1, EDITS // 10) == 0:
            seen.append(f"{number}: {server.memory() / 1024**2:.1f}")
        server.type(line, 0, number % 2, "" if number % 2 else "%")
        server.diagnostics()
    server.leave()
    print(f"\nMemory of the server after so many edits, in MiB\n  {'  '.join(seen)}")


def largest() -> Path:
    """The largest of the collected definition files that is no data; without them an example."""
    folder = os.environ.get("SIFCHECK_CORPUS")
    files = list((Path(folder) / "definitions").iterdir()) if folder else [SMALL]
    return max(files, key=lambda file: file.stat().st_size)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as empty:
        print("\nFrom a keystroke to the diagnostics")
        row("", "median", "95 %", "most", "CPU each")
        for chosen in [Path(name) for name in sys.argv[1:]] or [SMALL, largest()]:
            keystrokes(chosen.resolve(), empty)
        memory(empty)
