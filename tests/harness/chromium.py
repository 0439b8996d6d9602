"""The browser that the tests drive."""

import shutil

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
"""The one that people have; empty where there is none."""

HEADLESS = shutil.which("chromium-headless-shell") or CHROMIUM
"""Its engine without the windows around it, which take a third of a test's time; else the whole of it."""

MISSING = "there is no Chromium: apt-get install chromium-headless-shell chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

PAGE_FLAGS = [*FLAGS, "--renderer-process-limit=1"]
"""One process for all tabs that are ours: a new one for each was a fifth of the tests of the page."""
