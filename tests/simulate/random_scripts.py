"""Random scripts of commands that succeed and fail, each with a number by which it is known."""

from __future__ import annotations

import random


class RandomScript:
    """Makes one script; `racing`: commands in it run at the same time."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.number = 0
        self.functions: list[str] = []
        self.racing = self.in_function = self.in_loop = False

    def text(self) -> str:
        """The whole script."""
        lines = ["set -e"] if self.chance(0.6) else []
        lines += [self.and_or(3) for _ in range(self.random.randrange(2, 8))]
        if self.chance(0.15):
            lines.insert(self.random.randrange(len(lines)), f"trap '{self.leaf()}' EXIT")
        return "\n".join(lines) + "\n"

    def chance(self, share: float) -> bool:
        """Whether something with this share comes about."""
        return self.random.random() < share

    def leaf(self) -> str:
        """A command that is known by its number: T succeeds, F fails."""
        self.number += 1
        return f"{self.random.choice('TTF')} {self.number}"

    def simple(self, depth: int) -> str:
        """A simple command."""
        if depth <= 0 or self.chance(0.6):
            return self.leaf()
        choices = [
            lambda: f"x=$( {self.listed(depth - 2)})",
            lambda: f"export y=$( {self.listed(depth - 2)})",
            lambda: f"T $( {self.listed(depth - 2)}) {self.next_number()}",
            lambda: self.random.choice(["set -e", "set +e", "set -o errexit"]),
            lambda: f"exit {self.random.choice(['', '0', '1', '3'])}",
            lambda: f"eval '{self.leaf()}; {self.leaf()}'",
            lambda: f"[ {self.random.choice('ab')} = a ]",
            lambda: self.random.choice(["v=1", "v=2", "v="]),
            lambda: '[ "$v" = 1 ]',
            self.leaf,
            self.leaf,
        ]
        if self.functions:
            choices.append(lambda: self.random.choice(self.functions))
        if self.in_function:
            choices.append(lambda: f"return {self.random.choice(['', '0', '1', '3'])}")
        if self.in_loop:
            choices.append(lambda: self.random.choice(["break", "continue", "break 2"]))
        return self.random.choice(choices)()

    def next_number(self) -> int:
        """A number that no command has."""
        self.number += 1
        return self.number

    def outside_of_loops(self, depth: int) -> str:
        """A list in which no loop is left: where the shells differ, or would never end."""
        before, self.in_loop = self.in_loop, False
        text = self.listed(depth)
        self.in_loop = before
        return text

    def command(self, depth: int) -> str:
        """A command, simple or compound."""
        if depth <= 0 or self.chance(0.5):
            return self.simple(depth)
        inner = depth - 1
        kind = self.random.randrange(7)
        if kind == 0:
            return f"{{ {self.listed(inner)}; }}"
        if kind == 1:
            return f"( {self.outside_of_loops(inner)} )"
        if kind == 2:
            text = f"if {self.listed(inner)}; then {self.listed(inner)}"
            text += f"; elif {self.listed(inner)}; then {self.listed(inner)}" if self.chance(0.3) else ""
            return text + (f"; else {self.listed(inner)}" if self.chance(0.5) else "") + "; fi"
        if kind == 3:
            words = " ".join(self.random.choice("abc") for _ in range(self.random.randrange(4)))
            before, self.in_loop = self.in_loop, True
            text = f"for i in {words}; do {self.listed(inner)}; done"
            self.in_loop = before
            return text
        if kind == 4:
            return f"while {self.outside_of_loops(inner)}; do {self.outside_of_loops(inner)}; break; done"
        if kind == 5:
            word = self.random.choice(["a", "b", "$v", "$i"])
            arms = f"a) {self.listed(inner)} ;; b|1) {self.listed(inner)} ;; *) {self.listed(inner)} ;;"
            return f"case {word} in {arms} esac"
        return self.function(inner)

    def function(self, depth: int) -> str:
        """The definition of a function that calls no other one."""
        if self.in_function or self.in_loop:
            return self.simple(depth)
        known, self.functions, self.in_function = self.functions, [], True
        body = self.listed(depth)
        self.functions, self.in_function = known, False
        self.functions.append(f"f{len(known)}")
        return f"{self.functions[-1]}() {{ {body}; }}"

    def pipeline(self, depth: int) -> str:
        """A pipeline, mostly of one command."""
        text = ("! " if self.chance(0.08) else "") + self.command(depth)
        if self.chance(0.06):
            self.racing = True
            before, self.in_loop = self.in_loop, False
            text += f" | {self.command(depth - 1)}"
            self.in_loop = before
        return text

    def and_or(self, depth: int) -> str:
        """An and-or list."""
        text = self.pipeline(depth)
        while self.chance(0.25):
            text += self.random.choice([" && ", " || "]) + self.pipeline(depth - 1)
        return text

    def listed(self, depth: int) -> str:
        """A list on one line."""
        text = self.and_or(depth)
        while self.chance(0.4):
            text += f"; {self.and_or(depth)}"
        return text
