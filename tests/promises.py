"""What SparkQ promises, one sentence each. `@holds("claim-once")` at a test says which promise it holds.

`python -m tests.promises` prints every promise with its tests.
"""

import ast
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])

TESTS = Path(__file__).parent

PROMISES = {
    # The life cycle
    "task-status": "A task is queued, running, succeeded or failed.",
    "moves-are-data": "The life cycle is data that SQL, hints and documentation read.",
    "model": "The whole life cycle equals a plain model of it, with two connections, stale attempts and any clock.",
    "one-transaction": "Every transition is one transaction: whole or not at all.",
    "enqueue": "enqueue puts a task at the end of its queue; when it returns, the task is on the disk.",
    "enqueue-front": "New tasks go to the front of their queue when asked, several in their order.",
    "default-queue": "Without --queue, commands take SPARKQ_QUEUE, the setting queue, the only queue, or the only one of the only active session.",
    "names-by-case": "Two queues, or two sessions, never have names that differ only in upper and lower case.",
    "queue-delete": "A queue is deleted only without any task, by the user.",
    "titles": "A title is the first line of the prompt that says something, and loses only marks of Markdown that are marks there.",
    "plans": "A plan is split as its writer would: items, headings or rows with all that belongs to them, without what is done; nothing is lost unsaid.",
    "ids": "Verbs for several tasks take ids and ranges, all or none; an id is never taken for a reason or a result.",
    "bulk": "Verbs take all tasks of a queue or a status: they are shown before you are asked, and without a terminal --yes is needed.",
    "idempotency-key": "The same key returns the task that was created with it, and is refused for another prompt or queue.",
    "edit": "A queued task can be edited: a new prompt revision.",
    "place": "Queued tasks can be put right behind or before another one of their queue, in the order that you name them; a released task still finds its old place.",
    "move": "A waiting task can be moved to another queue: it keeps its id and its history, and the counts of both queues are right; a running task stays.",
    "cancel": "A queued task can be cancelled: neither succeeded nor failed, already reviewed, and not for a worker to bring back.",
    "prompt-revisions": "Each change of a task's prompt is a row of its own; earlier ones stay.",
    "complete": "complete needs the current attempt and keeps the summary and the data.",
    "fail": "fail needs the current attempt and keeps the message and its type.",
    "same-outcome-again": "The same outcome again is harmless; another outcome is a conflict.",
    "release": "A released task waits at its old place; its attempt ends released.",
    "question": "A task whose worker asked is handed to nobody until you answer; the next claim has question and answer, and the task is first.",
    "pause": "A paused queue accepts tasks and hands out none, however it is asked; claims that wait get them when you resume it.",
    "strict-queue": "A queue with a review limit never has more running and unreviewed tasks than that, whoever claims; a verdict wakes a claim that waits.",
    "usage-limit": "The claims of a chat that reached its usage limit wait for its end: neither stale nor failed, and released if it says nothing.",
    "requeue": "requeue keeps id and attempts, goes to the end, or to the front when asked.",
    "requeue-again": "A succeeded task goes back only with --again.",
    "requeue-feedback": "Feedback and the earlier outcome reach the next claimer; a new prompt is the next revision.",
    "twice-only-on-purpose": "A task runs again only after its attempt failed or was released, or after a requeue.",
    "manual": "SparkQ never runs a task by itself: Claude decides and executes.",
    "manual-recovery": "Nothing recovers by itself: a person requeues what failed.",
    "only-by-the-user": "Verdicts, deletions, settings and answers are refused in an agent's shell, where reading and work go on.",
    "review-state": "In a queue with a review limit each outcome is pending until you decide, then approved or rejected.",
    "unseen": "A prompt or instructions are not changed over a revision that was not shown; the text that you wrote is kept.",
    "no-verdict-for-a-model": "Nothing that a model reads offers it a verdict, or a command that opens a gate.",
    "artefacts": "A task that you accept leaves its text and its patch in a folder of yours, until you take that back; no purge and no teardown removes them.",
    "undo": "The last verdict, or that on a task, can be taken back until something else happens to the task: a bulk verdict as one, a requeue until it is claimed.",
    "verdict-doors": "Every verdict and every move says in the timeline by which door it came, and from which program where that is known.",
    "review": "A person reviews finished tasks: accepts them, or requeues them with feedback.",
    "events": "Every transition leaves an event: the timeline of a task and the feed of the doors.",
    "history-stays": "What ended an attempt is never overwritten.",
    "nothing-lost": "Nothing is lost: no late result, no earlier attempt, no bytes of a corrupt file.",
    # Claims
    "claim-once": "The head of a queue goes to exactly one claimer, however many chats and commands run, and each claim is the next attempt.",
    "fifo": "Each queue is first in, first out by a position of the queue, never by a clock.",
    "claim-given": "A given queued task can be claimed instead of the head.",
    "empty-is-null": "An empty queue is null, not an error.",
    "lost-claim": "A worker that lost its claim cannot settle: a conflict that says who holds the task, its text kept.",
    "heartbeat": "A heartbeat, with or without a note, restarts the stale clock.",
    "no-lock-errors": "Chats and commands on one project never meet a locked database.",
    # Staleness
    "warn": "After 1 x timeout a silent task is warned, and not before.",
    "auto-fail": "After 2 x timeout a silent task fails with error_type timeout, and not before.",
    "auto-fail-after-sleep": "After the laptop slept or nothing was running the warning comes first, then one whole timeout in which the machine runs.",
    "clock-set-back": "A clock that is set back makes no duration negative and no deadline more than two timeouts away.",
    "timeouts-are-no-failures": "A timeout is not counted as the worker's failure.",
    "late-result": "A result after the end of its attempt is refused as a conflict but kept and shown; a person may accept it while no other attempt runs or has succeeded.",
    "task-classes": "FAST_SCRIPT 30 s, MEDIUM_SCRIPT 300, LLM_LITE 300, LLM_HEAVY 900, editable in sparkq.yml.",
    "timeout-override": "A task's own timeout overrides that of its class.",
    "sweep-without-leader": "Staleness is computed on read and applied by claim, list and peek, without a leader.",
    "idempotent-sweep": "Many sweeps at once change each task once and never overwrite a completion.",
    "sweeps-of-processes": "Long-lived processes sweep every auto_fail_interval_seconds.",
    # Queues and sessions
    "queue-names": "Queue names are unique in the project, whatever the session.",
    "queue-states": "An ended queue accepts no new tasks and is drained; an archived one is hidden, accepts and hands out nothing, lets running tasks settle, and can be unarchived.",
    "queue-instructions": "A queue has instructions for its workers.",
    "sessions": "Named sessions group work; ending one ends its queues.",
    "context": "Work context lasts across a queue session: instructions, sessions, history.",
    # Every door
    "one-suite": "One behaviour suite runs through every door: library, command line, MCP and HTTP.",
    "no-server-needed": "Every door works on the store itself, beside the others: nothing needs a running server.",
    "task-keys": "A task has the same documented keys at every door, made by the core: among them its times, its warning and its deadline.",
    "slim-lists": "Lists leave out prompts, results, data and absent values.",
    "keyset": "The next page starts after a key, not after a count of rows.",
    "times": "Times are integer UTC milliseconds in the file and ISO 8601 with Z at every door.",
    "typed-ids": "Tasks are shown as #42 and may be typed as 42.",
    "ids-never-reused": "An id is never used for a second task, even after the newest task was purged.",
    "text": "NUL, lone surrogates and more than 1 MiB are refused at every door; everything else is kept to the byte.",
    "text-is-data": "Task text cannot inject into a terminal, SQL or a path.",
    "direct-calls": "Asynchronous doors call the sub-millisecond core directly, long work in a thread.",
    # Errors
    "refusals": "Every refusal has a kind, a code of its own, a sentence and the next step.",
    "exit-codes": "invalid 2, not_found 3, conflict 4, storage 74, busy 75: for every kind.",
    "mcp-errors": "Over MCP each kind is an is_error result {error, kind, message, next}.",
    "http-status": "Over HTTP each kind has its status: 400 or 422, 404, 409, 503, 507.",
    "nearest-names": "A not_found names the nearest existing names.",
    "nothing-changed": "What was refused has changed nothing.",
    "defects": "Any other exception is a defect: one line for the user, its traceback in a file.",
    # Storage
    "sqlite-without-the-race": "The SQLite in use is 3.51.3 or newer, whatever Python brings.",
    "wal-and-identity": "The database is in WAL mode and carries application_id and user_version.",
    "full-synchronous": "synchronous is FULL, so that an acknowledged result survives power loss, and foreign keys are checked.",
    "survives-death": "An acknowledged enqueue or result survives the death of any process.",
    "owner-only": "Only the owner can read or write the file and its folder.",
    "only-setup-creates": "Only setup creates the file; every other command opens the one that exists.",
    "created-under-a-lock": "Processes that set up at once make one database, whole or not at all.",
    "clear-file-errors": "A missing, empty, foreign, newer or corrupt file is a clear error.",
    "never-recreated": "Nothing is ever silently recreated, not even when the file vanishes while it is open.",
    "busy-budget": "A locked database is retried for 10 seconds with short random sleeps, then refused as busy.",
    "busy-aside": "While another process holds the write lock, reads, the page and chats go on; writers wait aside for 10 seconds.",
    "fair-waiting": "Among eight processes that write without a pause none starves: the least served gets at least 0.4 of the most served.",
    "connections": "One connection for each thread and process, never across a fork.",
    "counters": "The stored counters are correct after every step.",
    "no-growing-scan": "No statement walks or sorts a table that grows with the number of stored tasks, unless it is listed.",
    "million": "Claim, enqueue, a page and the counts cost at a million tasks what they cost at a thousand.",
    "migrations": "Older files are migrated to today's schema once, in one transaction, by the first process that opens them.",
    # Configuration
    "projects": "One project per repository, configured by sparkq.yml, with one database.",
    "config-location": "The project is found by SPARKQ_CONFIG, then sparkq.yml in the working directory, the nearest parent, the repository's root.",
    "work-trees": "Linked work trees find the database of the main one.",
    "home-is-no-project": "The home directory is never the project of a folder below it.",
    "relative-paths": "Relative paths start at the file.",
    "defaults": "Each setting of sparkq.yml has a default: 127.0.0.1:5005, sparkq/data/sparkq.db, sparkq/logs/sparkq.log, purge 3 days, poll 30 s, auto-fail 30 s, env dev.",
    "environment": "SPARKQ_SECTION__KEY overrides the file.",
    "flags": "Command flags override the environment and the file: sparkq run --port, --host, --env.",
    "strict": "Unknown keys, aliases, duplicate keys and wrong types are errors that name file, line and key.",
    "config-table": "The config table serves when there is no sparkq.yml.",
    "env-modes": "dev and test bust caches, prod caches.",
    "script-headers": "A header is read where and as people write it; what cannot be read is said by `sparkq scripts --check`.",
    "script-index": "Scripts are indexed by their comment headers; reload checks the index.",
    "script-fields": "name, description, inputs, outputs, tags, timeout and task_class are read.",
    # Maintenance
    "delete-as-shown": "A task, a purge or a project is deleted as it was shown when you were asked: a result that came meanwhile is not.",
    "purge-ages": "Purge deletes tasks purge.older_than_days (3) after their review, and unreviewed ones purge.unreviewed_days (30) after their outcome or newest late text, in small batches.",
    "purge-never-open-work": "Purge never removes a queued or running task.",
    "purge-archived": "Purge leaves the tasks of an archived queue alone unless you name the queue.",
    "purge-one-look": "The background purge deletes nothing at one look of the clock: what is due is marked, and an unreviewed task goes only after a day of rounds.",
    "purge-is-said": "What a purge will delete unread is shown a day before, and what it deleted for a week after.",
    "purge-lines": "A purged task leaves one line, unless purge.keep_lines is false.",
    "doctor-disk": "The doctor says why the database cannot be written, and goes on where a file or folder cannot be looked at.",
    "doctor-git": "The doctor says where Git refuses the repository.",
    "doctor-clients": "The doctor names the clients that have the project, entries for another checkout, missing commands, and the plugin.",
    "doctor-approval": "The doctor says where Claude Code does not start the project's server because you have not approved it.",
    "search-words": "A search finds words that no spaces divide, shows the best match first, and marks the place that matches.",
    "search-batches": "A search indexes in small batches, between which others write, and says if it has not indexed everything.",
    "deleted-text-goes": "After a deletion its texts leave the file and its log as soon as the project is quiet, and within a day.",
    "space-goes-back": "The space of deleted tasks goes back to the disk.",
    "auto-purge": "Long-lived processes purge by themselves, one of them each hour.",
    # Security
    "token": "A non-loopback host is explicit and needs a token.",
    "no-web-page-gets-in": "No web page, no other user and no other machine reads or changes the queue.",
    # MCP: tools
    "tool-list_queues": "list_queues shows how many tasks of each queue have which status.",
    "tool-peek": "peek shows the next tasks.",
    "tool-list_tasks": "list_tasks lists by title, filtered and paged.",
    "tool-get_task": "get_task shows a whole task.",
    "tool-queue_instructions": "queue_instructions returns the instructions and their revision.",
    "tool-enqueue": "enqueue puts a task at the end of a queue, idempotent with a key.",
    "tool-claim": "claim returns prompt, tool, how, timeout, deadline, attempt, feedback, previous, instructions, remaining.",
    "tool-progress": "progress moves the deadline.",
    "tool-complete": "complete settles a claimed task.",
    "tool-fail": "fail settles a claimed task as failed.",
    "tool-release": "release returns a task to its old place in the queue.",
    "tool-requeue": "requeue puts a failed task back in its queue.",
    # MCP
    "mcp-instructions-each-packet": "Every packet of a claim has the queue's instructions, since no context can be known to have seen them.",
    "mcp-claim-next": "claim_next: true returns the next claim with the answer.",
    "mcp-budget": "At most 12 tools and 1,300 visible tokens in all.",
    "mcp-list-size": "A list of 20 tasks is at most 1.5 KB.",
    "mcp-loop-calls": "See queues, claim with instructions, complete: at most 4 calls, one more for each further task.",
    "mcp-loop-size": "The whole loop is at most 4 KB besides the prompt.",
    "mcp-cut": "An answer is at most 2,000 tokens unless asked for; what is cut names the call that reads on.",
    "mcp-strict": "Unknown, missing and wrong arguments are refused, and the tool's arguments are named.",
    "mcp-hints": "Every tool has a title and says whether it reads, writes, repeats harmlessly; none destroys.",
    "mcp-same-facts": "Text and structured content carry the same facts, errors too.",
    "mcp-remembers-attempts": "attempt may be left out only where just one can be meant; otherwise the call is refused and its text kept.",
    "chat-gone": "A chat that is gone is known within a second, however it ended, and its claims stay.",
    "mcp-mentions": "Active queues and the newest tasks to review can be attached to a chat by name, in a list that is kept up to date.",
    "mcp-chats": "A chat outlives its process, and contexts share it: each can finish its work, and none is told to end another's.",
    "mcp-hook": "A client's hooks tell which chat works and where, cost no token, and never disturb a chat.",
    "assignment": "A chat works a queue until it is empty, the number or the hour, and always ends; no other chat is held.",
    "mcp-open-claims": "A claim says what else the chat holds, as information: it may be a subagent's.",
    "assignment-counts": "The number of an assignment and its failures in a row are counted as they happen: a purge, a deletion or a set clock changes neither.",
    "assignment-interrupt": "A chat that you interrupted, and with which you went on to something else, is not led back to its queue.",
    "walk-away": "After setup and connect, a chat empties a queue of twelve tasks without a question: Claude Code headless and on a terminal, Codex, Gemini CLI.",
    "recipes": "The recipes of the guide for walking away work as they are written, and each of them ends.",
    "plugin-permits": "A command of the plugin permits SparkQ's tools for its chat, in the terminal, headless and in the background.",
    "plugin-fresh": "With --fresh each task is done by a subagent of its own, one at a time, that sees the queue's instructions.",
    "mcp-wait": "claim waits up to an hour for a task and leaves none behind when the client goes away.",
    "mcp-upkeep": "An idle server fails tasks whose workers are silent.",
    "mcp-clients": "Inspector, TypeScript SDK, Python SDK and the conformance tool work with the command and the HTTP door.",
    "mcp-claude-code": "Claude Code finishes its work: in one chat or several, cleared, compacted, split, resumed, killed or woken.",
    "mcp-installation": "Plugin, bundle, registry entry and example configurations start what they name.",
    "mcp-board": "list_queues carries a board that shows queues and latest results in hosts with MCP Apps and fetches nothing.",
    "mcp-holder-is-alive": "Every call of the holder about its task restarts the stale clock.",
    "mcp-nothing-destructive": "Accepting, purging, deleting and setting up are not tools, and no error text names such a command.",
    "mcp-visible-escapes": "Task text reaches the model with what acts or hides as visible escapes, and commands nothing.",
    "mcp-both-eras": "Every handshake version and the modern era are served, a probe followed by initialize too.",
    "mcp-first-answers": "What a server answers before it loads the SDK is what the SDK answers, in each version.",
    "mcp-without-project": "The server starts and explains itself where nothing was set up.",
    "mcp-robust": "Malformed, oversized and floods of lines are answered; it ends within a second.",
    "mcp-resources": "Each resource returns the same facts as its tool.",
    "mcp-completion": "Queue names are completed.",
    "mcp-push": "A subscriber is notified of what another process wrote.",
    "mcp-prompts": "work_queue, review_results and plan_tasks need no argument.",
    "playbook": "WORKER_PLAYBOOK.md: the operating guide for workers.",
    # The command line
    "json-of-a-list": "A single thing is one JSON object, a list is its noun and a total.",
    "cli-commands": "Every documented command exists.",
    "cli-help": "Every command explains itself anywhere, and the overview lists them all.",
    "cli-spelling": "The commands are spelled as documented.",
    "cli-json": "--json on every command that prints data: one object on stdout, nothing beside it.",
    "cli-errors": "Errors go to stderr only, as sentences, or as JSON with --json.",
    "cli-prompts": "Prompts come from an argument, - (stdin), --file or $EDITOR.",
    "cli-colour": "No colour when not on a terminal or with NO_COLOR.",
    "cli-completion": "The shell completes queue names and task ids.",
    "cli-asks": "Destructive commands ask; --yes answers.",
    "cli-alone": "sparkq alone shows the state of the project.",
    "cli-safe": "Nothing prints a task's text raw: control, C1 and bidi characters are shown visibly, markup never interpreted.",
    "cli-light": "The command imports neither mcp, fastapi, uvicorn nor pydantic.",
    "cli-suggests": "An unknown command is answered with what does it or is spelled nearly so, never with one that deletes work.",
    "cli-words": "Words of other programs, nouns and plurals run the command that they mean.",
    "cli-pipes": "A pipe that closes early is quiet.",
    "cli-quiet": "--quiet prints nothing but errors.",
    "cli-interrupted": "Ctrl-C ends a command without a traceback and without half a change.",
    "cli-start-up": "sparkq tasks takes at most 1.6 x the time of importing typer.",
    "terminal-marks": "Stale, failed and timed out are marked in the terminal, with letters where emoji cannot be shown.",
    # The commands
    "command-edit": "sparkq edit changes a queued task.",
    "command-move": "sparkq move takes queued tasks to another queue.",
    "command-cancel": "sparkq cancel takes a queued task out of its queue.",
    "command-accept": "sparkq accept takes a late result as the outcome.",
    "command-undo": "sparkq undo takes back the last verdict, or those on the given tasks.",
    "command-review": "sparkq review walks through what finished, lists it, or marks it.",
    "command-progress": "sparkq progress prolongs a running task with a note.",
    "command-release": "sparkq release returns a running task to its queue.",
    "command-answer": "sparkq answer answers the question of a worker, and lists the open ones.",
    "command-mcp": "sparkq mcp serves the project over MCP.",
    "command-demo": "sparkq demo does real work through a real MCP client and leaves nothing behind.",
    "setup-one-project": "Setup beside another project asks or is refused, and a command there names that project.",
    "a-recorded-day": "A plan goes in, three queues are sorted and worked with moves, bulk verbs and a question, a report comes out.",
    "cli-wrap": "On a terminal long lines of a task's texts are broken between words, at any width.",
    "cli-links": "Ids are links to the page where the terminal has links and the server runs.",
    "cli-manual": "sparkq help --man prints a manual page with every command and option.",
    "command-help": "sparkq help shows the help of a command, or lists all.",
    "command-version": "sparkq version prints the version.",
    "settings-on-every-branch": "Where sparkq.yml is not on this branch, its last settings stand in for it, and SparkQ says so.",
    "command-config": "sparkq config shows settings and changes one.",
    "command-restore": "sparkq restore lists the copies of the database and puts one back.",
    "command-backup": "sparkq backup copies the database while others work.",
    "command-export": "sparkq export writes the whole project as JSON Lines.",
    "from-version-one": "A project of SparkQ 1 is recognised, and comes over whole or not at all; its files are kept.",
    "command-import": "sparkq import reads an export: the round trip is exact.",
    "command-runner": "The runner has --once, --run, --watch and --drain, polls as configured, and prints prompts for chats without MCP.",
    "command-watch": "sparkq watch shows the project live.",
    "command-wait": "sparkq wait returns when tasks are finished.",
    "command-start": "sparkq start runs the server in the background.",
    "command-stop": "sparkq stop ends the server.",
    "command-restart": "sparkq restart restarts the server.",
    "command-run": "sparkq run serves in the foreground, with --env dev and --env prod.",
    "command-status": "sparkq status says whether the server runs.",
    "command-session": "sparkq session creates, lists and ends sessions.",
    "command-queue": "sparkq queue creates, lists, archives and unarchives queues.",
    "command-enqueue": "sparkq enqueue puts a task into a queue.",
    "command-diff": "sparkq diff shows what each task changed, exactly, as a patch that applies and can be undone.",
    "command-chat": "sparkq chat leads from a task or a queue back into the chat that worked on it.",
    "command-hook": "sparkq hook answers a client, and never disturbs a chat.",
    "way-back": "The command that sparkq chat prints opens the chat that did the work, also after /clear, --continue and --resume, and of a subagent.",
    "way-back-harmless": "What a client says of itself cannot become another command in the way back into its chat.",
    "snapshots-harm-nothing": "A snapshot that is killed or meets a full disk loses and delays no task, and leaves .git untouched.",
    "command-branch": "sparkq branch makes a branch with one commit a task, and touches neither work tree, index nor HEAD.",
    "command-usage": "sparkq usage reads what Claude Code, Codex and Gemini print, and keeps with an attempt what it cost.",
    "command-peek": "sparkq peek shows the next tasks.",
    "quiet-peek": "sparkq peek --quiet prints nothing, and --id only ids; they end with 0 if a task is queued and with 1 if none is; errors keep their codes.",
    "quiet-claim": "sparkq claim --quiet prints the task that it took, or nothing, and then ends with 1.",
    "command-claim": "sparkq claim takes the next task.",
    "command-check": "sparkq check runs the queue's check in the worker's shell, and records how it ended.",
    "check": "A strict queue with a check completes a task only on the very files on which its check has passed.",
    "command-complete": "sparkq complete settles a task as done.",
    "command-fail": "sparkq fail settles a task as failed.",
    "settle-next": "sparkq complete and fail --next settle a task and hand out the next of its queue.",
    "unprinted-claims": "A claim whose text cannot be printed is given back: a closed pipe, a full disk, a closed terminal.",
    "command-requeue": "sparkq requeue puts a failed task back.",
    "command-tasks": "sparkq tasks lists tasks, with filters.",
    "command-task": "sparkq task ID shows one task.",
    "command-purge": "sparkq purge deletes old finished tasks.",
    "command-reload": "sparkq reload reads settings and the script index again.",
    "command-hooks": "sparkq hooks shows the hooks with their last runs, and allows or denies them.",
    "command-config-export": "sparkq config-export prints the settings as YAML.",
    "command-scripts": "sparkq scripts lists the scripts it discovers.",
    # The runner
    "runner-one-at-a-time": "The runner shows one task at a time with the command that completes it.",
    "runner-instructions": "The runner prints the queue's instructions once, at its start.",
    "runner-lock": "One runner per queue, held by an operating system lock in the project's run folder, opened without following links.",
    "runner-worker": "The runner's worker id is worker-{hostname}-{queue}, and does not change with the host's name.",
    "runner-reader": "After a timeout the runner claims nothing more until it sees that somebody reads.",
    "runner-hangup": "A closed terminal gives back the task that the runner printed there; Ctrl-C leaves it claimed.",
    "runner-watch": "runner --watch prints at its polls and for signs of its task, not for other writes.",
    "runner-once-again": "A task that is still open is marked when the runner prints it again.",
    "runner-busy": "A runner outlives a held lock.",
    "runner-text": "The runner's text works in a chat with a shell and in one without, and no text of a task changes its commands.",
    "pasted-text": "A text that is pasted into a terminal for `-` keeps its long lines.",
    # Setup and teardown
    "command-doctor": "sparkq doctor checks the installation and says how to fix it.",
    "command-connect": "sparkq connect writes a client's configuration and checks it.",
    "connect-keeps": "sparkq connect keeps every other byte of a client's file, and --remove and teardown take out exactly what it added.",
    "connect-allow": "With sparkq connect --allow, a client uses the tools without a question, and only you can say so.",
    "connect-anywhere": "An entry that sparkq connect writes into a project never works the queues of another checkout.",
    "wrapper": "sparkq.sh makes a virtual environment and passes everything on.",
    "other-commands": "sparkq-runner and sparkq-complete are installed.",
    "command-setup": "Setup asks for every setting, shows each default, confirms all, writes sparkq.yml and the database.",
    "setup-no-silent-defaults": "No default is silent: --yes prints every setting.",
    "rescue": "A process whose database was removed or replaced copies it from its open handle, once, and says where.",
    "restore": "Restoring loses nothing: what was there is set aside, and every acknowledged write is in one of the files.",
    "daily-backup": "A backup is made each day something changed; only too many of its own are removed, never yours.",
    "durable-files": "A backup, an export and the settings get their names when they are whole and on the disk.",
    "git-commands": "No everyday command of Git commits, removes or replaces the database, on any branch.",
    "setup-again": "Setup again keeps what is there.",
    "command-teardown": "Teardown removes the database, sparkq.yml, locks and logs, in two stages, and can be repeated.",
    "teardown-backups": "Teardown asks about backups separately and keeps them unless you say yes to that, or --backups.",
    "teardown-force": "teardown --force asks nothing.",
    "teardown-help": "teardown --help says what will be deleted.",
    # HTTP
    "server": "FastAPI on localhost:5005 with the page at /ui and REST at /api.",
    "server-without-files": "A server whose files were removed is found and stopped, and rescues its database; one of a deleted project ends.",
    "rest-nouns": "REST for sessions, queues, tasks, tools, task classes, scripts, config, purge, reload, with pages and filters; 400, 404, 409.",
    "rest-docs": "Interactive documentation at /docs, offline.",
    "rest-changes": "GET /api/tasks/{id}/changes shows the files of a change with their lines, in bounded pages, or says why there is none.",
    "command-stats": "sparkq stats shows by queue and by local day how many tasks were done, failed or timed out, how long they took, and what they cost.",
    "command-report": "sparkq report and GET /api/report show each attempt that ended in a time in one line, with counts by hour, queue and local day.",
    "split-preview": "POST /api/tasks/split shows the tasks that a text would become, by the code that makes them.",
    "live-changes": "A stream of changes sends what the events of a moment touched as one message, with the counts of the queues.",
    "known-parameters": "Every GET route refuses a query parameter that it does not have.",
    "installable": "The page can be installed: a manifest with icons that the server draws itself.",
    "token-page": "A browser without the token is shown a page that asks for it; programs are answered in JSON.",
    "board": "The board and the heads of all queues are one request each: next, running with note and chat, to review, reviewed today; whole totals.",
    "rest-rendered": "GET /api/tasks/{id}/rendered is Markdown as a bounded tree of known elements, never HTML, and opens only web and mail addresses.",
    "rest-health": "Health and version answer.",
    "rest-events": "Server-sent events at /api/events, other processes' writes too.",
    "rest-v1": "The worker contract of SparkQ v1 keeps working.",
    "resume": "A task that timed out runs again for the worker that had it, unless another worker or the person has it by now.",
    # The page
    "page-offline": "The page at / and /ui works offline from the installed package.",
    "text-on-the-page": "Task text executes nothing on the page.",
    "page-views": "The page has an overview, a task list with filters and sorting, task details, and refreshes by itself.",
    "page-marks": "Visual indicators on the page, light and dark mode.",
    # Strangers
    "hooks-know-the-change": "A hook of an outcome knows what the task changed, though that is recorded after the answer.",
    "hooks-after-yes": "Hooks run only after your yes to exactly this content, which no repository and no agent can give.",
    "other-owners": "A project, database or repository of another user is not used unless you trust its folder.",
    "right-project": "A client that names its project is refused by another one's server, and a page of another project loads again.",
    "other-users": "Another user of the machine gets no answer from the server, on any route.",
    "hooks-bounded": "A few hooks run at a time, each for a limited time, and how they ended is kept.",
    # The code and its tests
    "modules": "A module has one job, at most 350 lines, and a docstring that says what it promises.",
    "sql-constants": "SQL is in upper-case constants, never formatted when it runs.",
    "every-promise-has-a-test": "A promise without a test fails the suite.",
    "mutants": "Each mutant of the source in tests/mutants is caught by the tests that it names.",
    "e2e": "End-to-end tests of all scenarios: kills, faults, a browser.",
    "documentation": "User guide, CLI, REST and MCP references, architecture, reliability.",
    "wording": "Public pages say local-first and single-user, never distributed.",
}


def holds(*names: str) -> Callable[[Test], Test]:
    """Mark a test as one that holds these promises. Raises ValueError for a name that PROMISES does not have."""
    if unknown := [name for name in names if name not in PROMISES]:
        raise ValueError(f"Unknown promise {', '.join(unknown)}.")
    return lambda test: test


def held() -> dict[str, list[str]]:
    """The tests of each promise that has any, as node ids below `tests/`: `core/test_claim.py::test_x`."""
    tests: dict[str, list[str]] = defaultdict(list)
    for file in sorted(TESTS.rglob("test_*.py")):
        for name, node in _tests_of(ast.parse(file.read_text(encoding="utf-8"))):
            for promise in _promises_of(node):
                tests[promise].append(f"{file.relative_to(TESTS)}::{name}")
    return dict(tests)


def _tests_of(module: ast.Module) -> list[tuple[str, list[ast.expr]]]:
    """What pytest would collect of a module: each name, and the expressions that may call `holds`."""
    tests: list[tuple[str, list[ast.expr]]] = []
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            tests.append((node.name, node.decorator_list))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):  # TestX = holds("…")(X.TestCase)
            tests += [(target.id, [node.value.func]) for target in node.targets if isinstance(target, ast.Name)]
    return [(name, expressions) for name, expressions in tests if name.lower().startswith("test")]


def _promises_of(expressions: list[ast.expr]) -> list[str]:
    """The arguments of `holds(…)` among these expressions."""
    calls = [node for node in expressions if isinstance(node, ast.Call)]
    return [
        argument.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == holds.__name__
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]


if __name__ == "__main__":
    tests = held()
    for promise, sentence in PROMISES.items():
        print(f"{promise}: {sentence}", *tests.get(promise, ["NO TEST"]), sep="\n    ")
