"""Pure decisions on changes: who may answer what, and how few packs a line may have."""

from __future__ import annotations

from supply.amending.terms import Answer, ChangeState

_ENDS = {
    Answer.ACCEPT: ChangeState.ACCEPTED,
    Answer.DECLINE: ChangeState.DECLINED,
    Answer.WITHDRAW: ChangeState.WITHDRAWN,
}


def answered(state: ChangeState, answer: Answer, *, by_proposer: bool) -> ChangeState | None:
    """Return where an answer leads from ``state``; None where it is not theirs to give.

    The other side accepts or declines, who proposed withdraws, each once.
    """
    theirs = (answer is Answer.WITHDRAW) is by_proposer
    return _ENDS[answer] if state is ChangeState.OPEN and theirs else None


def fewest_packs(wanted: int, to_ship: int, resend: int) -> int:
    """Return to how many packs a line may go down: none that was sent, or is owed at no charge."""
    return wanted - max(to_ship - resend, 0)


def following_packs(to_ship: int, confirmed: int, shipped: int, resend: int) -> int:
    """Return how many packs still to leave were never confirmed: those that follow later."""
    return max(to_ship - resend - max(confirmed - shipped, 0), 0)
