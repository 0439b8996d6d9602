"""Which headings name a task, which a part of a plan, and which a text about it."""

import re
from functools import cache

_NUMBERED = r"(?:[\W_]|\d+(?:\.\d+)*[.)]\s)*"
"""What may be before the first word of a heading: marks, a picture, the number of a chapter."""

TASK = rf"{_NUMBERED}(?:(?i:task|todo|ticket|issue|bug|work item)\s*[#-]?\d.*|[A-Z]{{1,6}}\d*-\d+\b.*|(?:T|US)\d+\b.*)"
PHASE = (
    rf"{_NUMBERED}(?:phase|milestone|stage|sprint|iteration|epic|part|wave|week|day|release|version|step|feature|"
    r"(?:user )?story|priority|group|[pqvhmws](?=\d))\s*[#-]?\d.*"
)
SUBTASK = r"[\W_]*\d+\.\d+(?:\.\d+)*\b.*"
GENERAL = r"(?:the )?(?:to[ -]?dos?|tasks?|task lists?|to-?do lists?|plan|open|backlog|checklist|open (?:tasks|items|issues)|next|list)"
FINISHED = (
    r"(?:already )?(?:done|completed?|finished|shipped|archived?|closed|resolved|delivered|history|cancell?ed|dropped)"
    r"(?: (?:tasks|items|work|features|issues|so far))?"
)
NO_WORK = (
    r"(?:table of )?contents|toc|(?:\w+ ){0,2}(?:overview|summary|background|introduction|context|vision|mission|purpose|notes?|"
    r"legend|glossary|definitions|references|links|resources|metrics|principles|assumptions|constraints|conventions|criteria|"
    r"goals?|objectives?|audience|users|personas|stakeholders|timeline|status|state|architecture|stack|strategy|statistics)"
    r"(?: \([^)]*\))?|motivation|problem(?: statement)?|solution|non-?goals?|out of scope|scope|further reading|appendix\b.*|"
    r"change ?log|revision history|decision log|licen[sc]e|current (?:status|state)\b.*|dependencies\b.*|risks?\b.*|summary\b.*|"
    r"definition of done|format\b.*|how\b.*|about\b.*|file (?:structure|map)|open questions|parallel\b.*|use cases"
)
WORK = (
    r"tasks?(?: list)?|to-?dos?|implementation(?: plan| steps| tasks| order)?|(?:action|work) ?items|next steps|steps|backlog|"
    r"execution plan|deliverables|work breakdown"
)
GROUP = (
    r"now|next(?: up)?|later|soon|someday(?:[ /]maybe)?|today|tomorrow|(?:this|next) (?:week|month|quarter|sprint|release)|"
    r"(?:short|mid|medium|long)[ -]term|(?:high|medium|low|top)(?: priority)?|(?:must|should|could|nice)[ -](?:to[ -])?haves?|"
    r"urgent|important|planned|upcoming|in progress|doing|ready|blocked|waiting|future|ideas?|perhaps|maybe|icebox|wish ?list|"
    r"bugs?|bug ?fixes|fixes|(?:new )?features?|improvements?|enhancements?|chores?|clean-?ups?|misc(?:ellaneous)?|other|"
    r"technical debt|tech debt|refactorings?|docs|documentation|tests?|testing|front-?end|back-?end"
)
"""The names of a group of tasks: when they are to be done, how urgent they are, or of what sort."""
REQUIREMENTS = (
    r"(?:(?:key|core|main|mvp|functional|product|planned) )*(?:features|requirements|capabilities|user stories|epics)"
)
CRITERIA = r".*\b(?:acceptance|success|exit|done|completion|verification) criteria\b.*|.*\bdefinition of (?:done|ready)\b.*|.*\blegend\b.*"


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile(kind, re.DOTALL if kind == TASK else re.DOTALL | re.IGNORECASE)


def matches(kind: str, heading: str) -> bool:
    """True if a heading is of a kind: one of the patterns of this module that looks at its number, TASK or PHASE."""
    return _pattern(kind).fullmatch(heading) is not None


def called(kind: str, heading: str) -> bool:
    """True if the words of a heading, without its number, marks and colon, are a name of this kind. One name of several
    (`Scope / Goals`) is enough."""
    parts = re.split(r"\s*(?:/|&|,|\band\b)\s*", heading) if kind == NO_WORK else []
    return any(_pattern(kind).fullmatch(re.sub(r"^[\W\d_]+|[\W_]+$", "", part)) for part in (heading, *parts))
