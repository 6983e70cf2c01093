#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs what `make test` built: unit programs, scenarios, and the end-to-end tests. One line for each;
# what a failed one said follows it. The last line sums them up: N passed, N failed, N skipped.
#
#   tests/run.sh [WORD]...   only end-to-end tests with one of the words in their names
#
# End-to-end tests run side by side, two for each processor, since they wait most of the time; or TEST_JOBS.

cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
CAPTURES=${CAPTURES:-../shared/pcaps}
passed=0 failed=0 skipped=0
declare -A running # process: test
work=$(mktemp -d) || exit 1
said=$work/said
trap 'rm -rf "$work"' EXIT
trap 'kill "${!running[@]}" 2>/dev/null; wait; exit 143' INT TERM

report() {
	printf '%-4s %s\n' "$1" "$2"
}

# What a program counted in a line with all the three words, or 0.
counted() {
	grep -oE "[0-9]+ $1" "$said" | tail -n 1 | grep -oE '^[0-9]+' || echo 0
}

# cmocka's counts: [  PASSED  ] N test(s), and likewise FAILED and SKIPPED.
cmocka_counted() {
	sed -nE "s/^\[ +$1 +\].* ([0-9]+) test\(s\).*/\1/p" "$said" | tail -n 1 | grep . || echo 0
}

# SECONDS COMMAND...: in the background, since a shell takes its traps only when it waits with `wait`. Sets status.
limited() {
	timeout --kill-after=10 "$@" >"$said" 2>&1 &
	running[$!]=$2
	wait $!
	status=$?
	running=()
}

# NAME STATUS PASSED FAILED SKIPPED: adds up, and a program that failed without a count is one failure.
add() {
	local name=$1 status=$2 ok=$3 bad=$4 left=$5

	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + left))
	if [ "$bad" -gt 0 ]; then
		report FAIL "$name"
		sed 's/^/     /' "$said"
	else
		report ok "$name ($ok)"
	fi
}

run_units() {
	local program status

	for program in "$BUILD"/tests/unit/*; do
		if [ -d "$program" ] || [ ! -x "$program" ]; then continue; fi
		limited 120 "$program"
		add "unit ${program##*/}" "$status" "$(cmocka_counted PASSED)" "$(cmocka_counted FAILED)" \
			"$(cmocka_counted SKIPPED)"
	done
}

run_scenarios() {
	local status

	[ -x "$BUILD/tests/run_scenario" ] || return
	limited 120 "$BUILD/tests/run_scenario" tests/scenario/*.txt
	add "scenarios" "$status" "$(counted passed)" "$(counted failed)" "$(counted skipped)"
}

# A program that prints the three counts in its last line: NAME COMMAND...
run_counted() {
	local name=$1 status

	shift
	limited 400 "$@"
	add "$name" "$status" "$(counted passed)" "$(counted failed)" "$(counted skipped)"
}

# Captures with the verdicts of other tools, and the scenarios as captures: both engines on all of them.
run_captures() {
	local made=$work/made

	mkdir "$made" || return
	for scenario in tests/scenario/*.txt; do
		"$BUILD/tests/run_scenario" --pcap "$made/$(basename "$scenario" .txt).pcap" "$scenario" >/dev/null 2>&1
	done
	run_counted "captures: the verdicts of other tools" \
		python3 tests/captures/compare.py "$BUILD/synscope" "$CAPTURES"
	run_counted "captures: completeness of random connections, as tshark has it" \
		python3 tests/captures/completeness_agrees.py "$BUILD/synscope"
	run_counted "captures: each field of the JSON is documented" \
		python3 tests/captures/fields_are_documented.py "$BUILD/synscope" "$made"
	run_counted "captures: both engines print the same bytes" \
		python3 tests/captures/engines_agree.py "$BUILD/synscope" "$made" --quick
}

is_wanted() {
	local word

	[ $# -gt 1 ] || return 0
	for word in "${@:2}"; do
		[[ $1 != *"$word"* ]] || return 0
	done
	return 1
}

# Waits for one of the running tests. 77 says that the machine lacks something.
end_test() {
	local pid status test name

	wait -n -p pid "${!running[@]}"
	status=$?
	test=${running[$pid]}
	unset "running[$pid]"
	name=${test//_/ }
	case $status in
	0) passed=$((passed + 1)) && report ok "e2e $name" ;;
	77)
		skipped=$((skipped + 1))
		report SKIP "e2e $name: $(grep -m 1 '^SKIP' "$work/$test" | cut -c 7-)"
		;;
	*)
		failed=$((failed + 1))
		report FAIL "e2e $name"
		sed 's/^/     /' "$work/$test"
		;;
	esac
}

# A test is one script.
run_end_to_end() {
	local jobs=${TEST_JOBS:-$((2 * $(nproc)))} test name

	for test in tests/e2e/*_*.py tests/e2e/*_*.sh; do
		name=${test##*/}
		[ -x "$test" ] && is_wanted "$name" "$@" || continue
		name=${name%.*}
		timeout --kill-after=10 "${TEST_TIMEOUT:-120}" "$test" >"$work/$name" 2>&1 &
		running[$!]=$name
		[ ${#running[@]} -lt "$jobs" ] || end_test
	done
	while [ ${#running[@]} -gt 0 ]; do
		end_test
	done
}

if [ $# -eq 0 ]; then
	run_units
	run_scenarios
	run_counted "what older kernels' verifiers refuse" \
		python3 tests/kernels/older_verifiers.py "$BUILD/synscope.bpf.o"
	run_captures
	run_counted "fuzzers, ten seconds each" make --no-print-directory -s fuzz-short
fi
run_end_to_end "$@"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
