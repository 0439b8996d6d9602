"""`-` in a terminal: a text that is pasted or typed, to its last character."""

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, attempts, take
from tests.harness.terminal import CTRL_C, CTRL_D, Terminal
from tests.promises import holds


@holds("pasted-text")
def test_a_pasted_answer_keeps_lines_that_a_terminal_cuts(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    answer = "".join(f"word {number} " for number in range(10_000)) + "end"
    with Terminal(shell, "complete", "1", "--attempt", "1", "-") as terminal:
        terminal.until("Paste or type the result, then press Ctrl-D.")
        for at in range(0, len(answer), 500):
            terminal.press(answer[at : at + 500].encode())
            terminal.until(answer[at : at + 500][-5:])
        terminal.press(b"\r" + CTRL_D)
        assert terminal.end() == 0

    assert attempts(sq, 1)[0].result == f"{answer}\n"


def test_a_typed_answer_can_be_corrected_and_broken_off(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    take(sq)
    with Terminal(shell, "fail", "1", "-") as terminal:
        terminal.until("Paste or type the error message, then press Ctrl-D.")
        terminal.press("first\r\x7fsecond é\x7f\x7f line".encode() + CTRL_D)
        assert terminal.end() == 0
    with Terminal(shell, "fail", "2", "-") as terminal:
        terminal.until("press Ctrl-D.")
        terminal.press(b"half a sentence")
        terminal.until("half a sentence")
        assert terminal.break_off(CTRL_C, then=b"") == 130

    assert attempts(sq, 1)[0].error == "first\nsecond line"
    assert tasks.get(sq, 2).status == "running"
