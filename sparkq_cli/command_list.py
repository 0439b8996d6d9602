"""Every command with its one-line description, in the sections of `sparkq --help`.

The descriptions are repeated here so that `sparkq --help` imports no command's module (60 ms for all of them). A test
compares each with the first sentence of the command's own help.
"""

SECTIONS = {
    "Set up": {
        "setup": "Set this repository up: sparkq.yml, the database, and what Git should ignore.",
        "config": "Show the settings in force and where they come from, or change one.",
        "config-export": "Print the settings in force as a commented sparkq.yml.",
        "demo": "Show the whole loop on real work: queue tasks, let a real MCP client do them, review the results.",
        "connect": "Tell an MCP client where this project's server is, and check that it starts.",
        "mcp": "Serve this project's queues to Claude over MCP on standard input and output.",
    },
    "Queue work": {
        "queue": "Named lines of tasks, first in, first out.",
        "session": "Named stretches of work: a label over queues.",
        "enqueue": "Put a task into a queue.",
        "scripts": "List the project's scripts by their comment headers.",
        "edit": "Change a task that is still queued; its earlier prompts are kept.",
        "cancel": "Take a queued task out of the line.",
    },
    "Look and review": {
        "review": "Go through finished work that you have not seen: accept it, or send it back with feedback.",
        "tasks": "List tasks: newest first, the queued ones of one queue in their order.",
        "task": "Show a task whole: prompt, outcome, every attempt.",
        "peek": "Show the next tasks of a queue without claiming them.",
        "watch": "Watch the project live: running with age against timeout, next up, just finished.",
        "wait": "Return when tasks are finished, or when a queue has nothing queued or running.",
        "requeue": "Put a failed task back in its queue: same id, its attempts stay.",
        "accept": "Take the late result of a task that timed out as its outcome.",
    },
    "Work by hand": {
        "runner": "Stream a queue's tasks as text, one at a time, for chats without MCP.",
        "claim": "Take the next task of a queue, to do it by hand or in a chat without MCP.",
        "progress": "Say that a running task is still being worked on: its timeout starts again.",
        "complete": "Settle a running task as done.",
        "fail": "Settle a running task as failed.",
        "release": "Give a running task back to its old place in the queue.",
    },
    "Server": {
        "start": "Serve the web page and REST API in the background; says where once they answer.",
        "stop": "Stop the project's server, also one of `sparkq run`.",
        "restart": "Stop the project's server, if one runs, and start one in the background.",
        "run": "Serve the web page and REST API in the foreground, until Ctrl-C.",
        "status": "Say whether the server runs, and where.",
    },
    "Care": {
        "purge": "Delete old finished tasks.",
        "backup": "Write a sound copy of the database while others go on working.",
        "export": "Write the whole project as JSON Lines: every task, prompt, attempt and event.",
        "import": "Read an export into a new project.",
        "reload": "Read sparkq.yml and the script headers anew, and tell running servers to.",
        "doctor": "Check that everything is in order, and say what mends what is not.",
        "teardown": "Remove SparkQ from this project, with every task and result.",
        "version": "Print the version.",
    },
}

COMMANDS = {name: description for commands in SECTIONS.values() for name, description in commands.items()}


def module_name(command: str) -> str:
    """Return the name of the module in which a command is implemented."""
    return f"sparkq_cli.commands.{command.replace('-', '_')}"
