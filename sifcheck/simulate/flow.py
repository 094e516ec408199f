"""Follows a script as its shell would, without running it: which command runs, in which state, and what comes after it.

A command whose end is known goes one way; one of which nothing is known goes both, and where the ways meet again only what
holds on both is left.  The rules are those of errexit (XCU 2.8.1, `set -e`) as dash and bash really keep them: in the
condition of `if` and `while`, behind `!` and before the last `&&` or `||` a failure counts for nothing, in functions and
subshells called there, too.  Source: dash 0.5.12 and bash 5.2, held against random scripts (tests/simulate).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sifcheck.base.source import Span
from sifcheck.shell import parse_script
from sifcheck.shell.tree import tree_of
from sifcheck.simulate.ends import NOWHERE, Ends, by_status, inverted, lost, met, split
from sifcheck.simulate.expansion import Expander
from sifcheck.simulate.paths import write_through
from sifcheck.simulate.state import NONZERO, State, joined

if TYPE_CHECKING:
    from sifcheck.shell import Command, Script
    from sifcheck.shell.model import Dialect
    from sifcheck.shell.tree import AndOr, CompoundList, Node, Pipeline
    from sifcheck.simulate.expansion import Expanded

DEPTH = 24
"""How deep calls of functions, sourced texts and substitutions are followed."""
STEPS = 20_000
"""How many commands are followed in all; behind them nothing is known."""


class Frame:
    """What is left to somewhere further out: by `exit`, `return`, `break` or `continue`."""

    __slots__ = ("continues", "kind", "leaves", "left", "statuses")

    def __init__(self, kind: str) -> None:
        self.kind = kind  # "shell", "function" or "loop"
        self.leaves: State | None = None
        self.continues: State | None = None
        self.left = 0  # how often, in a way that may be a success
        self.statuses: set[int | None] = set()  # with which it failed


Runs = Callable[["Follower", "Command", "list[Expanded]", State, bool], Ends]
Handler = Callable[..., Ends]
Watch = Callable[["Command", State], None]


class Follower:
    """One script that is being followed.

    `runs` is asked what a command does that is no function: it changes the state and says how it ends.  `dialect` None means
    a shell that nobody knows.  `watch` is shown each command before it runs.
    """

    def __init__(
        self, dialect: Dialect | None, runs: Runs, compound: Mapping[str, Handler], watch: Watch | None = None
    ) -> None:
        self.dialect = dialect
        self.compound = compound
        self.runs = runs
        self.watch = watch
        self.frames: list[Frame] = []
        self.depth = 0
        self.steps = 0
        self.statuses: set[int | None] = set()  # with which errexit may have ended the script
        self.inverted = False  # `!` stands before the command; bash inverts the status of `break`, too
        self.left_well = 0  # how often a shell was left in a way that may be a success

    # -- the whole

    def follow(self, script: Script, state: State) -> State | None:
        """The state at the end of a script, its traps run; None where it never ends."""
        frame = Frame("shell")
        self.frames.append(frame)
        last = joined(met(self.run(tree_of(script), state, False)), frame.leaves)
        self.frames.pop()
        last = self._trapped(last, frame.statuses)
        self.statuses = frame.statuses
        return last

    def _trapped(self, state: State | None, statuses: set[int | None]) -> State | None:
        """Run what `trap ... EXIT` has left to be done at the end of a shell; the status stays, unless it exits itself."""
        if state is None or not state.shell.trap:
            return state
        text, state.shell.trap = state.shell.trap, ""
        status = state.status
        frame = Frame("shell")
        self.frames.append(frame)
        script = parse_script(text, place=lambda _start, _end: Span(0, 0), dialect=self.dialect)
        last = met(self.run(tree_of(script), state, False))
        self.frames.pop()
        statuses |= frame.statuses
        return joined(last.with_status(status) if last is not None else None, frame.leaves)

    def run(self, node: Node, state: State, tested: bool) -> Ends:
        """Follow a node; `tested`: a failure is looked at, so that errexit does not count."""
        if self.steps >= STEPS:
            return lost(state)
        plain = _PLAIN.get(type(node).__name__)
        if plain is not None:
            return plain(self, node, state, tested)
        return self.compound[type(node).__name__](self, node, state, tested)

    def compound_list(self, node: CompoundList, state: State, tested: bool) -> Ends:
        """One and-or list after the other."""
        ends = Ends(state.with_status(0), None) if not node.items else NOWHERE
        now: State | None = state
        for item in node.items:
            if now is None:
                return NOWHERE
            if item.background:
                now = self._background(item.node, now)
                ends = Ends(now, None)
            else:
                ends = self.run(item.node, now, tested)
            now = met(ends)
        return ends if now is None or len(node.items) == 0 else by_status(now)

    def _background(self, node: Node, state: State) -> State:
        """What runs beside the script: when is not known."""
        inner = State(state.shell.copy(), state.world, 0, False)
        self.subshell(node, inner, False)
        state.world.anything_may_have_been_made()
        return state.with_status(0)

    def and_or(self, node: AndOr, state: State, tested: bool) -> Ends:
        """`A && B || C`: each operator goes by the status of all before it."""
        last = len(node.parts) - 1
        certain, before = state.certain, self.left_well
        ends = self.run(node.parts[0], state, tested or last > 0)
        for number, part in enumerate(node.parts[1:], 1):
            operator = node.operators[number - 1]
            ends = split(ends)
            entered = ends.ok if operator == "&&" else ends.failed
            if entered is None:
                continue
            entered.certain = certain and (ends.failed if operator == "&&" else ends.ok) is None
            after = self.run(part, entered, tested or number < last)
            other = ends.failed if operator == "&&" else ends.ok
            if other is None:
                ends = after
                continue
            after = split(after)
            if operator == "&&":
                ends = Ends(after.ok, joined(after.failed, other))
            else:
                ends = Ends(joined(after.ok, other), after.failed)
        return self.certain_behind(ends, certain, before)

    def certain_behind(self, ends: Ends, certain: bool, before: int) -> Ends:
        """Say of what meets again behind branches that each run comes through, if none was left as a success."""
        keeps = certain and self.left_well == before
        for state in ends:
            if state is not None:
                state.certain = keeps
        return ends

    def pipeline(self, node: Pipeline, state: State, tested: bool) -> Ends:
        """`! A | B`: each in a subshell of its own, the status is that of the last; with pipefail of any."""
        # bash looks whether errexit is on before it goes into what stands behind `!`.
        heeded = self.dialect != "bash" or state.shell.options["errexit"] is not False
        tested = tested or (node.negated and heeded)
        if len(node.parts) == 1:
            plain = type(node.parts[0]).__name__ == "Command"
            self.inverted = node.negated and plain and self.dialect == "bash"
            ends = self.run(node.parts[0], state, tested)
        else:
            ends = self._pipe(node, state, tested)
            if not node.negated:
                ends = self.checked(ends, tested)
        return inverted(ends) if node.negated else ends

    def _pipe(self, node: Pipeline, state: State, tested: bool) -> Ends:
        pipefail = state.shell.options["pipefail"]
        statuses: list[int | None] = []
        for part in node.parts:
            inner = State(state.shell.copy(), state.world, state.status, state.certain)
            statuses.append(self.subshell(part, inner, tested and not self._is_eval(part)))
        status = statuses[-1]
        if pipefail is not False and status == 0 and any(one != 0 for one in statuses):
            failures = [one for one in statuses if one != 0]
            known = pipefail and None not in failures
            status = failures[-1] if known else None
        return by_status(state.with_status(status))

    def _is_eval(self, part: Node) -> bool:
        """Whether bash forgets that the failure is looked at: it does for `eval` in a pipeline."""
        return self.dialect == "bash" and getattr(part, "program", None) == "eval"

    def subshell(self, node: Node, state: State, tested: bool, inverts: bool = False) -> int | None:
        """Run something in a copy of the shell; its files stay, all else is lost.  Its status, None for unknown.

        `inverts`: the other way round, but for one that `exit` gives.
        """
        certain, before = state.certain, self.left_well
        world = state.world
        state.shell.trap = ""
        frame = Frame("shell")
        self.frames.append(frame)
        last = met(self.run(node, state, tested))
        if inverts:
            frame.statuses = {0} if frame.statuses else set()
            if last is not None and last.status is not None:
                last.status = int(last.status == 0)
        last = joined(last, frame.leaves)
        self.frames.pop()
        last = self._trapped(last, frame.statuses)
        self.left_well = before  # only the subshell was left
        state.certain = certain
        statuses = set(frame.statuses)
        if last is not None:
            statuses.add(last.status)
            if last.world is not world:
                world.files, world.epoch = last.world.files, last.world.epoch
        if frame.statuses:
            world.anything_may_have_been_made()
        if len(statuses) == 1:
            return statuses.pop()
        return NONZERO if all(statuses) else None

    def checked(self, ends: Ends, tested: bool) -> Ends:
        """What is left where errexit may end the shell."""
        if tested or ends.failed is None:
            return ends
        errexit = ends.failed.shell.options["errexit"]
        if errexit is False:
            return ends
        if ends.ok is ends.failed:
            if errexit:
                self.fail(State(ends.failed.shell, ends.failed.world, NONZERO, False))
                return Ends(ends.failed.with_status(0), None)
            return ends
        self.fail(ends.failed)
        return Ends(ends.ok, ends.failed if errexit is None else None)

    def fail(self, state: State) -> None:
        """End the innermost shell with a failure; without a trap nothing more is kept than the status."""
        frame = next(one for one in reversed(self.frames) if one.kind == "shell")
        if state.shell.trap == "":
            frame.statuses.add(state.status)
        else:
            frame.leaves = joined(frame.leaves, state.copy())

    def leave(
        self, kind: str, state: State, levels: int = 1, continues: bool = False, copy: bool = False
    ) -> None:
        """Leave the innermost shell, function or loop with a state."""
        frame: Frame | None = None
        for one in reversed(self.frames):
            if one.kind == kind:
                frame, levels = one, levels - 1
                if levels < 1:
                    break
            elif one.kind == "shell" or (one.kind == "function" and kind == "loop"):
                break
        if frame is None:  # `return` outside of a function ends a script
            frame = next(one for one in reversed(self.frames) if one.kind == "shell")
        if kind != "shell" or not state.status:
            self.left_well += 1
            frame.left += 1
        kept = state.copy() if copy else state
        if continues:
            frame.continues = joined(frame.continues, kept)
        else:
            frame.leaves = joined(frame.leaves, kept)

    def stays_behind(self, frame: Frame, before: int) -> None:
        """A loop or function is at its end: who left it is here again, who went further out is not."""
        self.left_well = max(before, self.left_well - frame.left)

    def has_frame(self, kind: str) -> bool:
        """Whether it stands in a function, or in a loop of this function; bash forgets the loop in a subshell."""
        for one in reversed(self.frames):
            if one.kind == kind:
                return True
            if kind == "loop" and (one.kind == "function" or self.dialect == "bash"):
                return False
        return False

    # -- simple commands

    def command(self, command: Command, state: State, tested: bool) -> Ends:
        """A simple command: expansions, redirections, assignments, then what the name stands for."""
        self.steps += 1
        if self.watch is not None:
            self.watch(command, state)
        inverted, self.inverted = self.inverted, False
        expander = Expander(self, state, tested)
        given = expander.words(command.words if not command.bare else ())
        for redirection in command.redirections:
            write_through(redirection, expander.redirection(redirection), state)
        if not given and not command.bare and expander.vague:
            return self.checked(by_status(state.with_status(None)), tested)
        if not given:
            for one in command.statement_assignments:
                value = None if one.index or one.append or one.array else expander.text(one.value)
                state.shell.give(one.name, value, one.span)
            status = expander.status
            return self.checked(by_status(state.with_status(status)), tested)
        for one in command.statement_assignments:
            expander.text(one.value)
        self.inverted = inverted
        ends = self._called(command, given, state, tested)
        self.inverted = False
        return self.checked(ends, tested)

    def _called(self, command: Command, given: list[Expanded], state: State, tested: bool) -> Ends:
        name = given[0].text
        if name in state.shell.functions:
            body = state.shell.functions[name]
            if body is None or self.depth >= DEPTH:
                return lost(state)
            return self.call(body, state, tested)
        return self.runs(self, command, given, state, tested)

    def call(self, body: Node, state: State, tested: bool) -> Ends:
        """Call a function."""
        certain, before = state.certain, self.left_well
        frame = Frame("function")
        self.frames.append(frame)
        self.depth += 1
        ends = self.run(body, state, tested)
        self.depth -= 1
        self.frames.pop()
        if frame.leaves is None:
            return ends
        self.stays_behind(frame, before)
        return self.certain_behind(by_status(joined(met(ends), frame.leaves)), certain, before)


_PLAIN: dict[str, Handler] = {
    "Command": Follower.command,
    "CompoundList": Follower.compound_list,
    "AndOr": Follower.and_or,
    "Pipeline": Follower.pipeline,
}
