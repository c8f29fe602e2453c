#!/bin/sh
# Everything a fresh Debian 12 with python3, make and root (or sudo) needs. Quick when nothing is missing.
set -eu
cd "$(dirname "$0")/.."

packages="chromium python3-venv python3-dev gcc swig libpcsclite-dev pcscd vsmartcard-vpcd opensc openssl poppler-utils
fontconfig fonts-ipamj-mincho fonts-morisawa-bizud-gothic fonts-noto-cjk fonts-open-sans espeak-ng libegl1 libgl1 libglib2.0-0 libfontconfig1 libdbus-1-3
libxkbcommon0 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1"
# programs of other people that the tests let use the virtual card (docs/card-clients.md); Java is used where it is there
packages="$packages openssh-client gnutls-bin libnss3-tools libengine-pkcs11-openssl gpg-agent scdaemon pcsc-tools"

if command -v dpkg-query >/dev/null 2>&1; then
	missing=""
	for package in $packages; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
	done
	if [ -n "$missing" ]; then
		echo "setup: installing$missing"
		sudo=""
		if [ "$(id -u)" != 0 ]; then
			command -v sudo >/dev/null 2>&1 || { echo "setup: needs root (or sudo) to install:$missing" >&2; exit 1; }
			sudo="sudo"
		fi
		$sudo apt-get update -q >/dev/null
		# the services of the packages are not needed here and must not start
		ended=$(mktemp)
		{
			$sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends $missing &&
				echo 0 > "$ended"
		} | PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 python3 docs/counted.py "setup: packages" "$(echo $missing | wc -w)" "Setting up"
		[ -s "$ended" ] || exit 1
		rm -f "$ended"
	fi
else
	echo "setup: not a Debian system; install the equivalents of: $packages" >&2
fi

stamp=.venv/.stamp
wanted=$(cat pyproject.toml constraints.txt docs/setup.sh | cksum)
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
	echo "setup: python packages into .venv"
	[ -x .venv/bin/python ] || python3 -m venv .venv
	ended=$(mktemp)
	{
		PYTHONWARNINGS=ignore .venv/bin/python -m pip install --progress-bar off --disable-pip-version-check -c constraints.txt -e ".[dev]" &&
			echo 0 > "$ended"
	} | PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 python3 docs/counted.py "setup: python packages" "$(grep -c == constraints.txt)" Collecting
	[ -s "$ended" ] || exit 1
	rm -f "$ended"
	echo "$wanted" > "$stamp"
fi
