"""Compound commands as the follower of a script goes through them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sifcheck.shell.tree import Pipeline
from sifcheck.simulate.ends import NOWHERE, Ends, both, by_status, met, split
from sifcheck.simulate.expansion import Expander, matches
from sifcheck.simulate.flow import Follower, Frame
from sifcheck.simulate.paths import write_through
from sifcheck.simulate.state import State, joined

if TYPE_CHECKING:
    from sifcheck.shell.tree import (
        Arithmetic,
        CaseClause,
        ForClause,
        FunctionDefinition,
        Grouping,
        IfClause,
        Node,
        Redirected,
        WhileClause,
    )

ROUNDS = 64
"""How often a loop is gone through one by one, while it is known how it goes on."""


def grouping(follower: Follower, node: Grouping, state: State, tested: bool) -> Ends:
    """`{ }` and `( )`."""
    if not node.subshell:
        return follower.run(node.body, state, tested)
    alone = node.body.items[0].node if len(node.body.items) == 1 else None
    if follower.dialect == "bash" and isinstance(alone, Pipeline) and alone.negated:
        # bash inverts the status of the subshell `( ! A )` at its end: in A a failure counts.
        body: Node = alone._replace(negated=False)
    else:
        body, alone = node.body, None
    inner = State(state.shell.copy(), state.world, state.status, state.certain)
    status = follower.subshell(body, inner, tested, inverts=alone is not None)
    return follower.checked(by_status(state.with_status(status)), tested)


def redirected(follower: Follower, node: Redirected, state: State, tested: bool) -> Ends:
    """A compound command with redirections."""
    for redirection in node.redirections:
        opened = Expander(follower, state, tested).redirection(redirection)
        write_through(redirection, opened, state)
    return follower.run(node.node, state, tested)


def if_clause(follower: Follower, node: IfClause, state: State, tested: bool) -> Ends:
    """`if`."""
    certain, before = state.certain, follower.left_well
    found = NOWHERE
    now: State | None = state
    for condition, body in node.clauses:
        if now is None:
            break
        ends = split(follower.compound_list(condition, now, True))
        if ends.ok is not None:
            ends.ok.certain = certain and ends.failed is None
            found = both(found, follower.compound_list(body, ends.ok, tested))
        now = ends.failed
        if now is not None:
            now.certain = certain and found is NOWHERE and ends.ok is None
    if now is not None:
        if node.otherwise is not None:
            rest = follower.compound_list(node.otherwise, now, tested)
        else:
            rest = Ends(now.with_status(0), None)
        found = both(found, rest)
    return follower.certain_behind(found, certain, before)


def while_clause(follower: Follower, node: WhileClause, state: State, tested: bool) -> Ends:
    """`while` and `until`."""
    certain, before = state.certain, follower.left_well
    frame = Frame("loop")
    follower.frames.append(frame)
    now: State | None = state
    status: int | None = 0
    left: State | None = None
    for round_ in range(ROUNDS):
        if now is None:
            break
        ends = split(follower.compound_list(node.condition, now, True))
        ends = Ends(ends.failed, ends.ok) if node.until else ends
        now = ends.ok
        out = ends.failed
        open_ = ends.ok is not None and ends.failed is not None
        now = _continued(frame, now)
        if out is not None:
            left = joined(left, out.with_status(status))
        if now is None:
            break
        now.certain = certain and not open_
        body = follower.compound_list(node.body, now, tested)
        now = met(body)
        now = _continued(frame, now)
        status = now.status if now is not None else status
        if open_ and round_ > 1:  # what it does is seen by now
            left = joined(left, now.copy() if now is not None else None)
            break
    else:  # it goes on, nobody knows how long
        left = joined(left, now)
        _forget(left)
    return _end_of_loop(follower, left, frame, certain, before)


def _continued(frame: Frame, now: State | None) -> State | None:
    """A state joined by those that `continue` brings here."""
    brought, frame.continues = frame.continues, None
    return joined(now, brought)


def _forget(state: State | None) -> None:
    """Take away what may have changed in rounds that were not followed."""
    if state is not None:
        state.shell.variables.clear()
        state.status = None
        state.world.anything_may_have_been_made()


def _end_of_loop(follower: Follower, left: State | None, frame: Frame, certain: bool, before: int) -> Ends:
    follower.frames.pop()
    last = joined(left, frame.leaves)
    follower.stays_behind(frame, before)
    return follower.certain_behind(by_status(last), certain, before)


def for_clause(follower: Follower, node: ForClause, state: State, tested: bool) -> Ends:
    """`for`: one round for each word, where all words are known."""
    certain, before = state.certain, follower.left_well
    words = (
        None
        if node.words is None or node.name is None
        else Expander(follower, state, tested).words(node.words)
    )
    known = (
        words is not None
        and len(words) <= ROUNDS
        and all(word.text is not None and not word.glob for word in words)
    )
    rounds: Sequence[str | None] = (
        [word.text for word in words] if known and words is not None else (None, None)
    )
    frame = Frame("loop")
    follower.frames.append(frame)
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
            now.shell.give(node.name, value)
        now = met(follower.compound_list(node.body, now, tested))
        now = _continued(frame, now)
    left = joined(left, now)
    return _end_of_loop(follower, left, frame, certain, before)


def case_clause(follower: Follower, node: CaseClause, state: State, tested: bool) -> Ends:
    """`case`."""
    certain, before = state.certain, follower.left_well
    subject = Expander(follower, state, tested).text(node.word) if node.word is not None else None
    now: State | None = state
    found = NOWHERE
    falls: State | None = None
    for arm in node.items:
        entered, sure = None, False
        if now is not None:
            taken = _taken(follower, arm.patterns, subject, now)
            sure = taken is True
            if taken is not False:
                entered = now if sure else now.copy()
                entered.certain = certain and sure and found is NOWHERE
                now = None if sure else now
        entered = joined(entered, falls)
        falls = None
        if entered is None:
            continue
        ends = follower.compound_list(arm.body, entered, tested)
        if arm.operator == ";&":
            falls = met(ends)
        elif arm.operator == ";;&":
            now = joined(now, met(ends))
        else:
            found = both(found, ends)
    found = both(found, by_status(now.with_status(0) if now is not None else None))
    found = both(found, by_status(falls))
    return follower.certain_behind(found, certain, before)


def _taken(follower: Follower, patterns: Sequence[object], subject: str | None, state: State) -> bool | None:
    answers = [
        matches(Expander(follower, state).pattern(pattern), subject)  # type: ignore[arg-type]
        for pattern in patterns
    ]
    if True in answers[: answers.index(None)] if None in answers else True in answers:
        return True
    return None if None in answers else False


def function_definition(_follower: Follower, node: FunctionDefinition, state: State, _tested: bool) -> Ends:
    """A function is known from here on."""
    state.shell.functions[node.name] = node.body
    return Ends(state.with_status(0), None)


def arithmetic(follower: Follower, _node: Arithmetic, state: State, tested: bool) -> Ends:
    """`(( ))`."""
    state.shell.variables.clear()
    return follower.checked(by_status(state.with_status(None)), tested)


COMPOUND: dict[str, Callable[..., Ends]] = {
    "Grouping": grouping,
    "Redirected": redirected,
    "IfClause": if_clause,
    "WhileClause": while_clause,
    "ForClause": for_clause,
    "CaseClause": case_clause,
    "FunctionDefinition": function_definition,
    "Arithmetic": arithmetic,
}
"""What each kind of node is followed by."""
