#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Installs what a Debian 12 lacks, and says so; where nothing is missing, it does and says nothing.
#
#   tests/setup.sh build    what `make` needs
#   tests/setup.sh demo     that, and what `make demo` needs
#   tests/setup.sh test     that, and what `make test` needs
#   tests/setup.sh kernels  that of `make`, and what `make test-kernels` needs
#   tests/setup.sh bench    what `make bench` needs, and the tools that it measures besides
#   tests/setup.sh lint     what `make lint` and `make format` need

# shellcheck disable=SC2086 # lists are taken apart at their blanks

# What clang links fuzzers with, of its own version; Debian 12's is 14.
fuzzing_library() {
	local version

	version=$(clang --version 2>/dev/null | sed -nE 's/.*clang version ([0-9]+).*/\1/p' | head -n 1)
	echo "libclang-rt-${version:-14}-dev"
}

BUILD_PACKAGES="gcc make pkg-config clang llvm libbpf-dev libelf-dev zlib1g-dev libpcap-dev libmd-dev
	libcap-dev libndpi-dev bpftool"
DEMO_PACKAGES="iproute2 procps python3"
TEST_PACKAGES="libcmocka-dev libcap2-bin util-linux tcpdump nftables nmap iputils-ping $(fuzzing_library)
	tshark nginx-light curl openssl dropbear-bin rabbitmq-server"
KERNEL_PACKAGES="qemu-system-x86 busybox-static cpio xz-utils iproute2 tcpdump"
BENCH_PACKAGES="tcpdump tshark tcptrace libbpf-tools linux-perf clang-16 clang-19"
LINT_PACKAGES="clang-format clang-tidy cppcheck"

# A package counts as present where dpkg says so.
is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Tools that may be there without their package (a bpftool built by hand, another python).
is_provided() {
	case $1 in
	gcc | make | clang | clang-16 | clang-19 | clang-format | clang-tidy | cppcheck | bpftool | python3 | curl | openssl)
		PATH=$PATH:/usr/sbin:/usr/local/sbin command -v "$1" >/dev/null
		;;
	linux-perf) command -v perf >/dev/null ;;
	nginx-light) PATH=$PATH:/usr/sbin command -v nginx >/dev/null ;;
	*) false ;;
	esac
}

missing() {
	local package

	for package in "$@"; do
		is_provided "$package" || is_installed "$package" || echo "$package"
	done
}

# Servers that a package would start, now or with the machine: the tests start their own. A policy of the
# machine's stays; one of ours may be left from a time when this was killed.
POLICY=/usr/sbin/policy-rc.d
MARK='# of tests/setup.sh, until it ends'
start_no_servers() {
	[ ! -e $POLICY ] || grep -qxF "$MARK" $POLICY || return 0
	trap 'rm -f $POLICY' EXIT
	printf '#!/bin/sh\n%s\nexit 101\n' "$MARK" >$POLICY && chmod 755 $POLICY
}

enable_no_servers() {
	command -v systemctl >/dev/null || return 0
	case $packages in *nginx*) systemctl --quiet disable nginx 2>/dev/null ;; esac
	case $packages in *rabbitmq*) systemctl --quiet disable rabbitmq-server epmd.socket 2>/dev/null ;; esac
	return 0
}

case ${1:-} in
build) wanted=$BUILD_PACKAGES ;;
demo) wanted="$BUILD_PACKAGES $DEMO_PACKAGES" ;;
test) wanted="$BUILD_PACKAGES $DEMO_PACKAGES $TEST_PACKAGES" ;;
kernels) wanted="$BUILD_PACKAGES $KERNEL_PACKAGES" ;;
bench) wanted="$BUILD_PACKAGES $DEMO_PACKAGES $BENCH_PACKAGES" ;;
lint) wanted="$BUILD_PACKAGES $LINT_PACKAGES" ;;
*)
	echo "usage: tests/setup.sh build|demo|test|kernels|bench|lint" >&2
	exit 2
	;;
esac

command -v dpkg-query >/dev/null || exit 0 # no Debian: the README lists what is needed
packages=$(missing $wanted | xargs)
[ -n "$packages" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "tests/setup.sh: missing: $packages; run: sudo apt-get install $packages" >&2
	exit 1
fi
echo "installing: $packages" >&2
export DEBIAN_FRONTEND=noninteractive
start_no_servers
{ apt-get -qq update && apt-get -qq install -y --no-install-recommends $packages; } >/dev/null || {
	echo "tests/setup.sh: apt-get could not install: $packages" >&2
	exit 1
}
enable_no_servers
