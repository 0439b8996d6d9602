#!/bin/sh
# Installs the browser that tests/browser drives, where that is possible; without it those tests are skipped.
[ -x /usr/bin/chromium ] && exit 0
if [ "$(id -u)" != 0 ]; then
    echo "No /usr/bin/chromium: as root, apt-get install chromium; the tests of the page are skipped."
elif ! command -v apt-get >/dev/null; then
    echo "No /usr/bin/chromium and no apt-get: the tests of the page are skipped."
elif ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    chromium fonts-noto-color-emoji; } >/dev/null 2>&1; then
    echo "apt-get could not install chromium: the tests of the page are skipped."
fi
exit 0
