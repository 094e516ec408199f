"""Follows a script as its shell would, without running anything: which command runs, in which state, and what comes after it.

A command whose end is known goes one way; one of which nothing is known goes both, and where the ways meet again only what
holds on both is left.  The rules are those of errexit (XCU 2.8.1, `set -e`) as dash and bash really keep them: in the condition of
`if` and `while`, behind `!` and before the last `&&` or `||` a failure counts for nothing, in functions and subshells called
there, too.  Source: dash 0.5.12 and bash 5.2, held against random scripts (tests/simulate/test_agreement.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sifcheck.base.source import Span
from sifcheck.base.startup import NamedTuple
from sifcheck.shell import parse_script
from sifcheck.shell.tree import (
    AndOr,
    Arithmetic,
    CaseClause,
    CompoundList,
    ForClause,
    FunctionDefinition,
    Grouping,
    IfClause,
    Item,
    Pipeline,
    Redirected,
    WhileClause,
    tree_of,
)
from sifcheck.simulate.expansion import Expander, matches
from sifcheck.simulate.state import NONZERO, State, joined

if TYPE_CHECKING:
    from sifcheck.shell import Command, Script
    from sifcheck.shell.model import Dialect
    from sifcheck.shell.tree import Node
    from sifcheck.simulate.expansion import Given

ROUNDS = 64
"""How often a loop is gone through one by one, while it is known how it goes on."""
DEPTH = 24
"""How deep calls of functions, sourced texts and substitutions are followed."""
STEPS = 40_000
"""How many commands are followed in all; behind them nothing is known."""


class Ends(NamedTuple):
    """The states in which something ends: with status zero, and with another.  Both may be the same one."""

    ok: State | None
    failed: State | None

    @property
    def both(self) -> State | None:
        """The state behind it, however it ended."""
        return joined(self.ok, self.failed)


NOWHERE = Ends(None, None)


class Frame:
    """What is left to somewhere further out: by `exit`, `return`, `break` or `continue`."""

    __slots__ = ("continues", "kind", "leaves", "statuses")

    def __init__(self, kind: str) -> None:
        self.kind = kind  # "shell", "function" or "loop"
        self.leaves: State | None = None
        self.continues: State | None = None
        self.statuses: set[int | None] = set()  # with which it failed


def by_status(state: State | None) -> Ends:
    """A state as two ends, by its status."""
    if state is None:
        return NOWHERE
    if state.status is None:
        return Ends(state, state)
    return Ends(None, state) if state.status else Ends(state, None)


Runs = Callable[["Follower", "Command", "list[Given]", State, bool], Ends]


class Follower:
    """One script that is being followed.

    `runs` is asked what a command does that is no function: it changes the state and says how it ends.  `dialect` None means a
    shell that nobody knows.
    """

    def __init__(self, dialect: Dialect | None, runs: Runs) -> None:
        self.dialect = dialect
        self.runs = runs
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
        last = joined(self._met(self.run(tree_of(script), state, False)), frame.leaves)
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
        last = self._met(self.run(tree_of(script), state, False))
        self.frames.pop()
        statuses |= frame.statuses
        return joined(last.with_status(status) if last is not None else None, frame.leaves)

    def run(self, node: Node, state: State, tested: bool) -> Ends:
        """Follow a node; `tested`: a failure is looked at, so that errexit does not count."""
        return _RUN[type(node).__name__](self, node, state, tested)

    def list(self, node: CompoundList, state: State, tested: bool) -> Ends:
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
            now = self._met(ends)
        return ends if now is None or len(node.items) == 0 else by_status(now)

    def _met(self, ends: Ends) -> State | None:
        if ends.ok is ends.failed and ends.ok is not None:
            ends.ok.status = None
        return ends.both

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
            ends = self._split(ends)
            entered = ends.ok if operator == "&&" else ends.failed
            if entered is None:
                continue
            entered.certain = certain and (ends.failed if operator == "&&" else ends.ok) is None
            after = self.run(part, entered, tested or number < last)
            other = ends.failed if operator == "&&" else ends.ok
            if other is None:
                ends = after
                continue
            after = self._split(after)
            if operator == "&&":
                ends = Ends(after.ok, joined(after.failed, other))
            else:
                ends = Ends(joined(after.ok, other), after.failed)
        return self._certain(ends, certain, before)

    def _certain(self, ends: Ends, certain: bool, before: int) -> Ends:
        """Say of what meets again behind branches that each run comes through, if none was left as a success."""
        keeps = certain and self.left_well == before
        for state in ends:
            if state is not None:
                state.certain = keeps
        return ends

    def _split(self, ends: Ends) -> Ends:
        """Two states of their own."""
        if ends.ok is not ends.failed or ends.ok is None:
            return ends
        failed = ends.ok.copy().with_status(NONZERO)
        return Ends(ends.ok.with_status(0), failed)

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
        return self._inverted(ends) if node.negated else ends

    def _inverted(self, ends: Ends) -> Ends:
        """The other way round, as `!` says."""
        ok, failed = self._split(ends)
        return Ends(
            failed.with_status(0) if failed is not None else None,
            ok.with_status(1) if ok is not None else None,
        )

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

    def subshell(self, node: Node, state: State, tested: bool) -> int | None:
        """Run something in a copy of the shell; its files stay, all else is lost.  Its status, None for unknown."""
        certain, before = state.certain, self.left_well
        world = state.world
        state.shell.trap = ""
        frame = Frame("shell")
        self.frames.append(frame)
        last = joined(self._met(self.run(node, state, tested)), frame.leaves)
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

    def leave(self, kind: str, state: State, levels: int = 1, continues: bool = False, copy: bool = False) -> None:
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
        if kind != "shell" or not state.status or state.status is None:
            self.left_well += 1
        kept = state.copy() if copy else state
        if continues:
            frame.continues = joined(frame.continues, kept)
        else:
            frame.leaves = joined(frame.leaves, kept)

    def has_frame(self, kind: str) -> bool:
        """Whether it stands in a function, or in a loop of this function; bash forgets the loop in a subshell."""
        for one in reversed(self.frames):
            if one.kind == kind:
                return True
            if kind == "loop" and (one.kind == "function" or self.dialect == "bash"):
                return False
        return False

    # -- compound commands

    def grouping(self, node: Grouping, state: State, tested: bool) -> Ends:
        """`{ }` and `( )`."""
        if not node.subshell:
            return self.run(node.body, state, tested)
        alone = node.body.items[0].node if len(node.body.items) == 1 else None
        if self.dialect == "bash" and isinstance(alone, Pipeline) and alone.negated:
            # bash takes `( ! A )` for `! ( A )`: in A a failure counts.
            inside = CompoundList((Item(alone._replace(negated=False), False),))
            inner = State(state.shell.copy(), state.world, state.status, state.certain)
            return self._inverted(by_status(state.with_status(self.subshell(inside, inner, tested))))
        inner = State(state.shell.copy(), state.world, state.status, state.certain)
        status = self.subshell(node.body, inner, tested)
        return self.checked(by_status(state.with_status(status)), tested)

    def redirected(self, node: Redirected, state: State, tested: bool) -> Ends:
        """A compound command with redirections."""
        for redirection in node.redirections:
            Expander(self, state, tested).redirection(redirection)
        return self.run(node.node, state, tested)

    def if_clause(self, node: IfClause, state: State, tested: bool) -> Ends:
        """`if`."""
        certain, before = state.certain, self.left_well
        found = NOWHERE
        now: State | None = state
        for condition, body in node.clauses:
            if now is None:
                break
            ends = self._split(self.list(condition, now, True))
            if ends.ok is not None:
                ends.ok.certain = certain and ends.failed is None
                found = self._both(found, self.list(body, ends.ok, tested))
            now = ends.failed
            if now is not None:
                now.certain = certain and found is NOWHERE and ends.ok is None
        if now is not None:
            if node.otherwise is not None:
                rest = self.list(node.otherwise, now, tested)
            else:
                rest = Ends(now.with_status(0), None)
            found = self._both(found, rest)
        return self._certain(found, certain, before)

    def _both(self, first: Ends, second: Ends) -> Ends:
        """The ends of two branches."""
        if first is NOWHERE:
            return second
        if second is NOWHERE:
            return first
        first, second = self._split(first), self._split(second)
        return Ends(joined(first.ok, second.ok), joined(first.failed, second.failed))

    def while_clause(self, node: WhileClause, state: State, tested: bool) -> Ends:
        """`while` and `until`."""
        certain, before = state.certain, self.left_well
        frame = Frame("loop")
        self.frames.append(frame)
        now: State | None = state
        status: int | None = 0
        left: State | None = None
        for round_ in range(ROUNDS):
            if now is None:
                break
            ends = self._split(self.list(node.condition, now, True))
            ends = Ends(ends.failed, ends.ok) if node.until else ends
            now = joined(ends.ok, None)
            out = ends.failed
            open_ = ends.ok is not None and ends.failed is not None
            if frame.continues is not None:
                now, frame.continues = joined(now, frame.continues), None
            if out is not None:
                left = joined(left, out.with_status(status))
            if now is None:
                break
            now.certain = certain and not open_
            body = self.list(node.body, now, tested)
            now = self._met(body)
            if frame.continues is not None:
                now, frame.continues = joined(now, frame.continues), None
            status = now.status if now is not None else status
            if open_ and round_ > 1:  # what it does is seen by now
                left = joined(left, now.copy() if now is not None else None)
                break
        else:
            if now is not None:  # it goes on, nobody knows how long
                left = joined(left, now)
                self._forget(left)
        return self._end_of_loop(left, frame, certain, before)

    def _forget(self, state: State | None) -> None:
        """Take away what may have changed in rounds that were not followed."""
        if state is not None:
            state.shell.variables.clear()
            state.status = None
            state.world.anything_may_have_been_made()

    def _end_of_loop(self, left: State | None, frame: Frame, certain: bool, before: int) -> Ends:
        self.frames.pop()
        last = joined(left, frame.leaves)
        if frame.leaves is not None:
            self.left_well = max(before, self.left_well - 1) if frame.kind == "loop" else self.left_well
        return self._certain(by_status(last), certain, before)

    def for_clause(self, node: ForClause, state: State, tested: bool) -> Ends:
        """`for`: one round for each word, where all words are known."""
        certain, before = state.certain, self.left_well
        words = None if node.words is None or node.name is None else Expander(self, state, tested).words(node.words)
        known = words is not None and len(words) <= ROUNDS and all(word.text is not None and not word.glob for word in words)
        rounds: Sequence[str | None] = [word.text for word in words] if known and words is not None else (None, None)
        frame = Frame("loop")
        self.frames.append(frame)
        now: State | None = state
        if not rounds or not known:
            state.status = 0
        left: State | None = None
        for value in rounds:
            if now is None:
                break
            if not known:
                left = joined(left, now.copy())
                now.certain = False
            if node.name is not None:
                _give(now, node.name, value)
            now = self._met(self.list(node.body, now, tested))
            if frame.continues is not None:
                now, frame.continues = joined(now, frame.continues), None
        left = joined(left, now)
        return self._end_of_loop(left, frame, certain, before)

    def case_clause(self, node: CaseClause, state: State, tested: bool) -> Ends:
        """`case`."""
        certain, before = state.certain, self.left_well
        subject = Expander(self, state, tested).text(node.word) if node.word is not None else None
        now: State | None = state
        found = NOWHERE
        falls: State | None = None
        for arm in node.items:
            entered, sure = None, False
            if now is not None:
                taken = self._taken(arm.patterns, subject, now)
                sure = taken is True
                if taken is not False:
                    entered = now if sure else now.copy()
                    entered.certain = certain and sure and found is NOWHERE
                    now = None if sure else now
            entered = joined(entered, falls)
            falls = None
            if entered is None:
                continue
            ends = self.list(arm.body, entered, tested)
            if arm.operator == ";&":
                falls = self._met(ends)
            elif arm.operator == ";;&":
                now = joined(now, self._met(ends))
            else:
                found = self._both(found, ends)
        found = self._both(found, by_status(now.with_status(0) if now is not None else None))
        found = self._both(found, by_status(falls))
        return self._certain(found, certain, before)

    def _taken(self, patterns: Sequence[object], subject: str | None, state: State) -> bool | None:
        answers = [
            matches(Expander(self, state).pattern(pattern), subject)  # type: ignore[arg-type]
            for pattern in patterns
        ]
        if True in answers[: answers.index(None)] if None in answers else True in answers:
            return True
        return None if None in answers else False

    def function_definition(self, node: FunctionDefinition, state: State, _tested: bool) -> Ends:
        """A function is known from here on."""
        state.shell.functions[node.name] = node.body
        return Ends(state.with_status(0), None)

    def arithmetic(self, node: Arithmetic, state: State, tested: bool) -> Ends:
        """`(( ))`."""
        state.shell.variables.clear()
        return self.checked(by_status(state.with_status(None)), tested)

    # -- simple commands

    def command(self, command: Command, state: State, tested: bool) -> Ends:
        """A simple command: expansions, redirections, assignments, then what the name stands for."""
        self.steps += 1
        inverted, self.inverted = self.inverted, False
        expander = Expander(self, state, tested)
        given = expander.words(command.words if not command.bare else ())
        for redirection in command.redirections:
            expander.redirection(redirection)
        if not given and not command.bare and expander.vague:
            return self.checked(by_status(state.with_status(None)), tested)
        if not given:
            for one in command.statement_assignments:
                _give(state, one.name, None if one.index or one.append or one.array else expander.text(one.value))
            status = expander.status
            return self.checked(by_status(state.with_status(status)), tested)
        for one in command.statement_assignments:
            expander.text(one.value)
        self.inverted = inverted
        ends = self._called(command, given, state, tested)
        self.inverted = False
        return self.checked(ends, tested)

    def _called(self, command: Command, given: list[Given], state: State, tested: bool) -> Ends:
        name = given[0].text
        if name in state.shell.functions and self.depth < DEPTH and self.steps < STEPS:
            body = state.shell.functions[name]
            if body is not None:
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
        self.left_well = before
        return self._certain(by_status(joined(self._met(ends), frame.leaves)), certain, before)


def _give(state: State, name: str, value: str | None) -> None:
    """Give a variable a value, None for one that nobody knows."""
    if value is None:
        state.shell.variables.pop(name, None)
    else:
        state.shell.variables[name] = value


_RUN: dict[str, Callable[..., Ends]] = {
    "Command": Follower.command,
    "CompoundList": Follower.list,
    "AndOr": Follower.and_or,
    "Pipeline": Follower.pipeline,
    "Grouping": Follower.grouping,
    "Redirected": Follower.redirected,
    "IfClause": Follower.if_clause,
    "WhileClause": Follower.while_clause,
    "ForClause": Follower.for_clause,
    "CaseClause": Follower.case_clause,
    "FunctionDefinition": Follower.function_definition,
    "Arithmetic": Follower.arithmetic,
}
