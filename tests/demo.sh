#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `sudo make demo`: two hosts, real connections between them, and what synscope says of them. It ends
# by itself within some seconds, and leaves nothing behind, also when it is interrupted.

cd "$(dirname "$0")/.." || exit 1
# shellcheck source=tests/net.sh
. tests/net.sh

DELAY=0.005 # seconds, of the path in each direction: so that the ladders have something to tell
CONNECTIONS="http refused unanswered reset_by_client simultaneous_close four_step_close:6"
synscope=${SYNSCOPE:-build/synscope}
words='' watchers=''

heading() {
	printf '\n=== %s\n\n' "$*"
}

finish() {
	# shellcheck disable=SC2086 # one word for each, or none
	[ -z "$watchers" ] || kill $watchers 2>/dev/null
	wait
	[ -z "$words" ] || rm -rf "$words"
	net_end
}

# In the background, since a shell takes its traps only when it waits with `wait`.
do_and_wait() {
	"$@" &
	wait $!
}

# On host A, beside us; what it says on standard error is kept in a file.
watch() {
	nsenter --net="/run/netns/$HOST_A" "$synscope" run eth0 "${@:2}" 2>"$words/$1" &
	watchers="$watchers $!"
}

wait_until_attached() {
	for _ in {1..100}; do
		! grep -q ': ingress ' "$words/$1" || return 0
		sleep 0.1
	done
	cat "$words/$1" >&2
	return 1
}

demonstrate() {
	heading "synscope run eth0"
	watch timeline --duration 60s
	watch counters --mode tc --view counters --json --interval 60s --duration 60s >"$words/counters.json"
	wait_until_attached timeline && wait_until_attached counters || return 1
	# shellcheck disable=SC2086 # a list of names
	do_and_wait tests/traffic/connections.py --delay $DELAY $CONNECTIONS || return 1
	sleep 0.5
	# shellcheck disable=SC2086
	kill $watchers
	wait
	watchers=''
	cat "$words/timeline"
	heading "synscope run eth0 --view counters --json"
	tail -n 1 "$words/counters.json" | squeeze
}

# One line for each group of counters.
squeeze() {
	python3 -c 'if 1:
		import json, sys
		counters = json.load(sys.stdin)
		lines = [f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in counters.items()]
		print("{", ",\n".join(lines), "}", sep="\n")'
}

[ "$(id -u)" -eq 0 ] || {
	echo "the demo makes network namespaces: run it as root (sudo make demo)" >&2
	exit 1
}
do_and_wait tests/setup.sh demo && do_and_wait make --no-print-directory -s || exit 1
net_path || {
	echo "cannot make two hosts out of network namespaces" >&2
	exit 1
}
trap finish EXIT # in the place of net_path's, which it calls
words=$(mktemp -d) || exit 1
export HOST_A HOST_B HOST_M ADDR_A ADDR_B ADDR6_A ADDR6_B
demonstrate
