#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The first and only process of a virtual machine (boot.sh): two hosts, a connection that closes and one that
# is refused, seen in each way that synscope has. Prints a line for each check.

export PATH=/bin
HOST=10.9.0.1 PEER=10.9.0.2

# NAME FILE...: a check that failed, and what was printed meanwhile.
failed() {
	echo "FAIL $1"
	shift
	cat "$@" | sed 's/^/     /'
}

# NAME COUNT PATTERN FILE: as many lines with a pattern.
expect() {
	if [ "$(grep -c "$3" "$4")" = "$2" ]; then echo "ok $1"; else failed "$1" "$4" /tmp/errors; fi
}

start_hosts() {
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs devices /dev
	mount -t bpf bpf /sys/fs/bpf
	mount -t tmpfs tmpfs /run
	for module in /modules/*.ko; do insmod "$module"; done
	/bin/ip netns add peer
	/bin/ip link add va type veth peer name vb netns peer
	/bin/ip addr add $HOST/24 dev va
	/bin/ip link set va up
	/bin/ip -n peer addr add $PEER/24 dev vb
	/bin/ip -n peer link set vb up
	/bin/ip netns exec peer nc -ll -p 7 -e cat &
	sleep 2
}

connect() {
	echo hello | timeout 10 nc $PEER 7 >/dev/null
	timeout 10 nc $PEER 9 </dev/null 2>/dev/null
}

# NAME OPTION...: connections while synscope runs.
watch() {
	name=$1
	shift
	synscope run va --view conns --json "$@" >/tmp/shown 2>/tmp/errors &
	program=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do grep -q ingress /tmp/errors || sleep 1; done
	connect
	sleep 1
	kill -INT $program
	wait $program
	expect "$name" 1 '"id.resp_p": 7,.*"conn_state": "SF"' /tmp/shown
	expect "$name, refused" 1 '"id.resp_p": 9,.*"conn_state": "REJ"' /tmp/shown
}

watch_attached() {
	synscope attach va 2>/tmp/errors
	connect
	synscope conns va --json >/tmp/shown 2>>/tmp/errors
	expect "attach, conns" 1 '"id.resp_p": 7,.*"conn_state": "SF"' /tmp/shown
	synscope counters va >/tmp/shown 2>>/tmp/errors
	expect "attach, counters" 1 '"completed": 1' /tmp/shown
	synscope detach va 2>>/tmp/errors
	{
		ls /sys/fs/bpf
		/bin/tc qdisc show dev va
		/bin/ip link show va
	} >/tmp/shown
	expect "detach leaves nothing" 0 'synscope\|clsact\|prog' /tmp/shown
}

replay() {
	tcpdump -U -Z root -i va -w /tmp/capture 2>/tmp/errors &
	sleep 3
	connect
	sleep 1
	kill $!
	sleep 1
	synscope replay --json --view conns --engine native /tmp/capture >/tmp/native 2>>/tmp/errors
	synscope replay --json --view conns --engine bpf /tmp/capture >/tmp/bpf 2>>/tmp/errors
	expect "replay by the programs" 1 '"id.resp_p": 7,.*"conn_state": "SF"' /tmp/bpf
	if cmp -s /tmp/native /tmp/bpf; then echo "ok both engines agree"; else failed "both engines agree" /tmp/native /tmp/bpf; fi
}

start_hosts
echo # the firmware has left its line open
watch "native" --mode native
watch "generic" --mode generic
watch "tc" --mode tc
watch_attached
replay
echo "the end"
poweroff -f
