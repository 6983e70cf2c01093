#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Boots other kernels than the host's, Debian's own, in virtual machines without a disk, and watches real
# connections there: verifiers differ, and what one of them takes another one refuses.
#
#   tests/kernels/boot.sh [PACKAGE...]   linux-image-cloud-amd64 (6.1) and linux-image-6.12-cloud-amd64
#
# Each package is downloaded and unpacked, not installed. What is checked there is in guest.sh. The last line
# printed is: N passed, N failed, N skipped.

cd "$(dirname "$0")/../.." || exit 1
BUILD=${BUILD:-build}
SECONDS_MAX=300
MODULES="drivers/net/veth net/sched/sch_ingress net/sched/cls_bpf"
passed=0 failed=0 skipped=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM

# PACKAGE DIRECTORY: unpacks the kernel that a package is, or depends on.
unpack_kernel() {
	local package=$1 directory=$2 real

	real=$(apt-cache depends "$package" 2>/dev/null | awk '/Depends: linux-image-[0-9]/ {print $2; exit}')
	mkdir -p "$directory" && cd "$directory" || return 1
	apt-get -qq download "${real:-$package}" >/dev/null 2>&1 && dpkg-deb -x ./*.deb . && rm ./*.deb
}

# ROOT PROGRAM: with the libraries that it is linked with.
put() {
	local library

	cp "$2" "$1/bin/"
	for library in $(ldd "$2" | grep -oE '/[^ ]+'); do
		mkdir -p "$1$(dirname "$library")"
		cp -nL "$library" "$1$library"
	done
}

# KERNEL: the directory of the guest, and from it the image that the kernel starts with.
make_guest() {
	local kernel=$1 root=$work/root program applet module

	rm -rf "$root"
	mkdir -p "$root"/{bin,etc,modules,proc,sys,dev,tmp,run}
	echo "root:x:0:0::/:/bin/sh" >"$root/etc/passwd" # whom tcpdump looks for
	put "$root" "$BUILD/synscope"
	for program in ip tc tcpdump; do put "$root" "$(PATH=$PATH:/usr/sbin command -v $program)"; done
	cp "$(command -v busybox)" "$root/bin/busybox"
	for applet in sh mount insmod nc sleep timeout grep cat cmp sed ls poweroff; do
		ln -s busybox "$root/bin/$applet"
	done
	for module in $MODULES; do
		cp "$kernel"/lib/modules/*/kernel/"$module".ko* "$root/modules/" 2>/dev/null
	done
	find "$root/modules" -name '*.xz' -exec xz -d {} +
	install -m 755 tests/kernels/guest.sh "$root/init"
	(cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/image"
}

# What the guest printed, line by line; a guest that did not come to its end has failed.
read_guest() {
	local name=$1 ended=

	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"ok "*) passed=$((passed + 1)) && echo "ok   $name: ${line#* }" ;;
		"FAIL "*) failed=$((failed + 1)) && echo "FAIL $name: ${line#* }" ;;
		"     "*) echo "$line" ;;
		"the end") ended=1 ;;
		esac
	done
	[ "$ended" ] || { echo "FAIL $name: did not come to its end" && failed=$((failed + 1)); }
}

boot() {
	local package=$1 kernel=$work/kernel

	rm -rf "$kernel"
	if ! (unpack_kernel "$package" "$kernel"); then
		echo "skip $package: can't be downloaded"
		skipped=$((skipped + 1))
		return
	fi
	make_guest "$kernel"
	timeout --foreground "$SECONDS_MAX" qemu-system-x86_64 -m 1024 -smp 2 -nographic -no-reboot -kernel "$kernel"/boot/vmlinuz-* \
		-initrd "$work/image" -append "console=ttyS0 quiet panic=-1" </dev/null >"$work/said" 2>&1
	read_guest "$(basename "$kernel"/lib/modules/*)" <"$work/said"
}

if [ "$(uname -m)" != x86_64 ]; then
	echo "0 passed, 0 failed, 1 skipped"
	exit 0
fi
[ $# -gt 0 ] || set -- linux-image-cloud-amd64 linux-image-6.12-cloud-amd64
for package in "$@"; do boot "$package"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
