"""Every command with its one-line description, in the sections of `sparkq --help`.

The descriptions are repeated here so that `sparkq --help` imports no command's module (60 ms for all of them). A test
compares each with the first sentence of the command's own help.
"""

SECTIONS = {
    "Set up": {
        "setup": "Set up this repository: sparkq.yml, and the database, which Git ignores.",
        "config": "Show the current settings and where they come from, or change one.",
        "hooks": "Show the commands that run on events, whether you have allowed them, and how they last ended.",
        "config-export": "Print the current settings as a commented sparkq.yml.",
        "demo": "Show the whole workflow on real code: queue tasks, let an MCP client do them, review the results.",
        "connect": "Add this project's server to an MCP client's configuration, and check that it starts.",
        "hook": "Answer a hook of an MCP client about one of its chats.",
        "mcp": "Serve this project's queues to Claude over MCP on standard input and output.",
    },
    "Queue work": {
        "queue": "Manage queues: named lines of tasks, first in, first out.",
        "session": "Manage sessions: a session groups the queues of one piece of work.",
        "enqueue": "Put a task into a queue.",
        "scripts": "List the project's scripts by their comment headers.",
        "edit": "Change tasks that are still queued or held, or their places in the queue; earlier prompts are kept.",
        "move": "Move queued or held tasks to another queue, all of them or none.",
        "cancel": "Cancel queued or held tasks, all of them or none.",
    },
    "Look and review": {
        "answer": "Answer the question of a worker: the task becomes the next one of its queue.",
        "review": "Review finished tasks that you have not seen: accept them, or requeue them with feedback.",
        "tasks": "List tasks, newest first; the queued tasks of one queue in their order.",
        "task": "Show everything about a task: prompt, outcome, every attempt.",
        "diff": "Show what a task changed in the repository: its new, changed and deleted files, committed or not.",
        "usage": "Record what an attempt cost, from the JSON that its client printed; without that, show what is recorded.",
        "report": "Show what happened today: each result, failure and question in one line, with changes, duration and cost.",
        "stats": "Show by queue and day how many tasks were done or failed, how long they took, and what waits for your review.",
        "chat": "Show the chat behind a task, or the latest one of a queue, and the command that opens it again.",
        "branch": "Make a Git branch with a commit for each task; your work tree, the index and HEAD stay as they are.",
        "peek": "Show the next tasks of a queue without claiming them.",
        "watch": "Watch the project live: running tasks, the next ones, the finished ones.",
        "wait": "Wait until tasks are finished, or until a queue has nothing queued or running.",
        "requeue": "Put failed or cancelled tasks back in their queues, all of them or none; they keep their ids and their attempts.",
        "accept": "Accept finished tasks: they are reviewed. A late result, which came after its attempt had ended, becomes the outcome.",
        "undo": "Undo the last verdict, or that on a task: it is unreviewed again, and a requeue is undone until it is claimed.",
    },
    "Work by hand": {
        "runner": "Print a queue's tasks as text, one at a time, for chats without MCP.",
        "claim": "Claim the next task of a queue, to do it by hand or in a chat without MCP.",
        "progress": "Report that a running task is still being worked on; its timeout starts again.",
        "check": "Run the check of a running task's queue on the files as they are, before you complete the task.",
        "complete": "Complete a running task.",
        "fail": "Mark running tasks as failed, all of them or none.",
        "release": "Return running tasks to their old places in the queue, or ask the person something about one.",
    },
    "Server": {
        "start": "Start the web page and REST API in the background, and print their address.",
        "stop": "Stop the project's server, also one started by `sparkq run`.",
        "restart": "Restart the project's server in the background.",
        "run": "Serve the web page and REST API in the foreground, until Ctrl-C.",
        "status": "Show whether the server is running, and its address.",
    },
    "Care": {
        "purge": "Delete old finished tasks.",
        "backup": "Write a consistent copy of the database, even while it is in use.",
        "restore": "Put a backup or a rescue copy in the place of the database, or list them with --list.",
        "export": "Write the whole project as JSON Lines: every task, prompt, attempt and event.",
        "import": "Read an export into a new project.",
        "reload": "Read sparkq.yml and the script headers again, here and in running servers.",
        "doctor": "Check the installation and the project, and show how to fix problems.",
        "teardown": "Remove SparkQ from this project, with every task and result.",
        "help": "Show the help of a command, or list all commands.",
        "version": "Print the version.",
    },
}

COMMANDS = {name: description for commands in SECTIONS.values() for name, description in commands.items()}


def module_name(command: str) -> str:
    """Return the name of the module in which a command is implemented."""
    return f"sparkq_cli.commands.{command.replace('-', '_')}"
