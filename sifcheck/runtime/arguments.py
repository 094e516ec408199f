"""The words of a call behind its command, taken apart as the runtimes do: options with their names in full, operands.

The words are those of a script, which may hang on variables, or of an argument list (`script_of_words`).
What stands behind an operand is read too, for what its author means; no command takes an option there any more
(Apptainer 1.4.5, measured).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sifcheck.base.startup import pattern
from sifcheck.runtime.options import RUN_COMMANDS, flags, value_options

if TYPE_CHECKING:
    from sifcheck.shell import Word

_OPTIONS_NAME = pattern(r"OPT|ARG|FLAG|BIND|MOUNT|(?:^|_)(?:NV|GPUS?|CUDA|ROCM)$", 2)
# Behind the image of these stands the program that is started, which begins with no dash.
_PROGRAM_FOLLOWS = ("exec",)


class CallOption:
    """One option of a call: its name in full (`--bind` for `-B`), the word that gives it, its value."""

    __slots__ = ("name", "value", "word")

    def __init__(self, name: str, word: Word, value: Word | None) -> None:
        self.name = name
        self.word = word
        self.value = value


class Arguments:
    """What the words behind a command say.

    `late` are those of the `options` that stand behind an operand; `unsure`: a word that is not known may hold options;
    `doubtful` are the operands behind an option that no runtime is known to have: they may be its value.
    """

    __slots__ = ("_flags", "_program_follows", "_values", "doubtful", "late", "operands", "options", "unsure")

    def __init__(self, words: Sequence[Word], command: str, action: str | None = None) -> None:
        self._values, self._flags = value_options(command, action), flags(command, action)
        self.options: list[CallOption] = []
        self.operands: list[Word] = []
        self.doubtful: list[Word] = []
        self.unsure = False
        self._program_follows = command in _PROGRAM_FOLLOWS
        first_operand = self._read([*words], stops=command in RUN_COMMANDS or command == "instance")
        self.late = self.options[first_operand:] if first_operand is not None else []

    def _read(self, left: list[Word], stops: bool) -> int | None:
        """Take the words apart; gives how many options stand before the first operand."""
        before: int | None = None
        while left:
            word = left.pop(0)
            text = word.prefix
            if word.value == "--":
                self.operands.extend(left)
                break
            if len(text) > 1 and text[0] == "-":
                self._take(word, text, left)
            elif _may_be_options(word, left) or (before is None and self._is_before_options(word, left)):
                self.unsure = True
            else:
                # What is filled in there may be several words, or none.
                self.unsure = self.unsure or _is_filled_in(word)
                self.operands.append(word)
                before = len(self.options) if before is None else before
                if stops:
                    self.operands.extend(left)
                    break
        return before

    def _is_before_options(self, word: Word, left: Sequence[Word]) -> bool:
        """Whether an unquoted variable is followed by an option where only options or the image can stand before one."""
        if not self._program_follows or not left or word.value is not None or word.prefix:
            return False
        parts = word.parts
        if len(parts) != 1 or parts[0].kind != "variable" or parts[0].quoted:
            return False
        name = left[0].prefix.partition("=")[0]
        return name in self._values or name in self._flags

    def _take(self, word: Word, text: str, left: list[Word]) -> None:
        if not text.startswith("--"):
            self._take_letters(word, text, left)
            return
        name, equals, _ = text.partition("=")
        takes_next = not equals and name in self._values and word.value is not None and left
        value = word.after(len(name) + 1) if equals else left.pop(0) if takes_next else None
        self._add(name, word, value, left)

    def _take_letters(self, word: Word, text: str, left: list[Word]) -> None:
        """The options of `-Fs`, `-B/data`, `-B /data` or `-F=false`."""
        for index, letter in enumerate(text[1:], 2):
            name, rest = f"-{letter}", text[index:]
            glued = bool(rest) or word.value is None
            if name in self._values and not glued:
                self._add(name, word, left.pop(0) if left else None)
            elif (name in self._values and glued) or rest.startswith("="):
                self._add(name, word, word.after(index + rest.startswith("=")))
                return
            else:
                self._add(name, word, None, left if not rest else ())

    def _add(self, name: str, word: Word, value: Word | None, left: Sequence[Word] = ()) -> None:
        full = self._values.get(name) or self._flags.get(name)
        self.options.append(CallOption(full or name, word, value))
        if full is None and value is None and left:
            self.doubtful.append(left[0])


def _is_filled_in(word: Word) -> bool:
    """Whether a word is a placeholder of a template and nothing else."""
    parts = word.parts if word.value is None and not word.prefix else ()
    return len(parts) == 1 and parts[0].kind == "unknown"


def _may_be_options(word: Word, left: Sequence[object]) -> bool:
    """Whether a word that hangs on a variable may hold options rather than an operand."""
    if word.value is not None or word.prefix:
        return False
    parts = word.parts
    if len(parts) != 1 or parts[0].kind != "variable":
        return False
    if parts[0].expansion[:3] in ("[@]", "[*]") or parts[0].expansion.startswith(("+", ":+")):
        return True
    if parts[0].quoted or not left:
        return False
    return _OPTIONS_NAME.search(parts[0].name or "") is not None
