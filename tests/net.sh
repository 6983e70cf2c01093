#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two hosts as network namespaces, for tests and the demonstration. Source it and call a function, or
#
#   tests/net.sh hosts COMMAND...   two hosts joined by one veth pair
#   tests/net.sh path COMMAND...    the same with a third namespace between them: tests/traffic/path.py
#                                   carries the frames, and can delay, hold and drop them
#
# Each host has an interface eth0. What COMMAND finds in its environment:
#
#   HOST_A HOST_B HOST_M   names of the namespaces (HOST_M: the path between them)
#   ADDR_A ADDR_B ADDR6_A ADDR6_B
#   BPFFS                  a BPF file system of its own
#
# Everything is gone when the shell that asked for it ends, whatever ends it.

NET_PREFIX=${NET_PREFIX:-synscope}
ADDR_A=10.9.0.1 ADDR_B=10.9.0.2 ADDR6_A=fd09::1 ADDR6_B=fd09::2
HOST_A='' HOST_B='' HOST_M='' BPFFS=''

net_say() {
	echo "tests/net.sh: $*" >&2
}

# Asks for the clean-up before there is anything to clean up.
net_begin() {
	HOST_A=$NET_PREFIX-$$-a HOST_B=$NET_PREFIX-$$-b HOST_M=''
	trap net_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

# Kills what runs in the hosts, and takes the hosts away. What a test pinned goes with its file system.
net_end() {
	local host pid

	trap - EXIT
	trap '' INT TERM HUP
	for host in $HOST_A $HOST_B $HOST_M; do
		for pid in $(ip netns pids "$host" 2>/dev/null); do
			[ "$pid" = $$ ] || kill "$pid" 2>/dev/null
		done
	done
	for host in $HOST_A $HOST_B $HOST_M; do
		ip netns del "$host" 2>/dev/null
	done
	if [ -n "$BPFFS" ]; then
		umount "$BPFFS" 2>/dev/null
		rmdir "$BPFFS" 2>/dev/null
	fi
	return 0
}

# A namespace whose links carry nothing but what its users send.
net_namespace() {
	ip netns add "$1" &&
		ip netns exec "$1" sysctl -qw net.ipv6.conf.default.router_solicitations=0 \
			net.ipv6.conf.default.accept_dad=0 net.ipv4.tcp_fastopen=3 &&
		ip -n "$1" link set lo up
}

# HOST ADDRESS ADDRESS6
net_addresses() {
	ip -n "$1" link set eth0 up &&
		ip -n "$1" addr add "$2/24" dev eth0 &&
		ip -n "$1" addr add "$3/64" dev eth0 nodad
}

# Neighbours are known from the start, so that no ARP stands between the segments.
net_neighbours() {
	local mac_a mac_b

	mac_a=$(ip netns exec "$HOST_A" cat /sys/class/net/eth0/address)
	mac_b=$(ip netns exec "$HOST_B" cat /sys/class/net/eth0/address)
	ip -n "$HOST_A" neigh replace "$ADDR_B" lladdr "$mac_b" dev eth0
	ip -n "$HOST_A" neigh replace "$ADDR6_B" lladdr "$mac_b" dev eth0
	ip -n "$HOST_B" neigh replace "$ADDR_A" lladdr "$mac_a" dev eth0
	ip -n "$HOST_B" neigh replace "$ADDR6_A" lladdr "$mac_a" dev eth0
}

net_ready() {
	net_addresses "$HOST_A" "$ADDR_A" "$ADDR6_A" &&
		net_addresses "$HOST_B" "$ADDR_B" "$ADDR6_B" &&
		net_neighbours
}

# Two hosts, one wire.
net_hosts() {
	net_begin
	net_namespace "$HOST_A" && net_namespace "$HOST_B" &&
		ip -n "$HOST_A" link add eth0 type veth peer name eth0 netns "$HOST_B" &&
		net_ready
}

# Two hosts with a path between them that a program carries.
net_path() {
	net_begin
	HOST_M=$NET_PREFIX-$$-m
	net_namespace "$HOST_A" && net_namespace "$HOST_B" && net_namespace "$HOST_M" &&
		ip netns exec "$HOST_M" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1 &&
		ip -n "$HOST_A" link add eth0 type veth peer name left netns "$HOST_M" &&
		ip -n "$HOST_B" link add eth0 type veth peer name right netns "$HOST_M" &&
		ip -n "$HOST_M" link set left up promisc on &&
		ip -n "$HOST_M" link set right up promisc on &&
		net_ready
}

net_bpffs() {
	BPFFS=$(mktemp -d "${TMPDIR:-/tmp}/$NET_PREFIX-bpffs.XXXXXX") &&
		mount -t bpf bpf "$BPFFS"
}

net_main() {
	local kind=$1
	shift
	case $kind in
	hosts | path) "net_$kind" && net_bpffs ;;
	*)
		net_say "hosts or path, then a command"
		exit 2
		;;
	esac || {
		net_say "cannot make the hosts"
		exit 1
	}
	export HOST_A HOST_B HOST_M ADDR_A ADDR_B ADDR6_A ADDR6_B BPFFS NET_PREFIX
	# In the background, since a shell takes its traps only when it waits with `wait`.
	"$@" &
	child=$!
	trap 'kill $child 2>/dev/null; wait $child; exit 143' INT TERM HUP
	wait $child
	exit $?
}

[ "${BASH_SOURCE[0]}" != "$0" ] || net_main "$@"
