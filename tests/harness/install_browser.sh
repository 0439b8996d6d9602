#!/bin/sh
# Installs the browser that the tests drive, where that is possible; without it those tests are skipped.
wanted=
for one in chromium chromium-headless-shell; do
    command -v "$one" >/dev/null || wanted="$wanted $one"
done
[ -z "$wanted" ] && exit 0
if [ "$(id -u)" != 0 ]; then
    echo "Missing:$wanted. As root: apt-get install$wanted. Without either, the tests of the page are skipped."
elif ! command -v apt-get >/dev/null; then
    echo "Missing:$wanted, and no apt-get. Without either, the tests of the page are skipped."
else
    apt-get update -qq >/dev/null 2>&1
    for one in $wanted fonts-noto-color-emoji; do
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$one" >/dev/null 2>&1 ||
            echo "apt-get could not install $one. Without chromium or its headless shell, the tests of the page are skipped."
    done
fi
exit 0
