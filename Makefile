# SPDX-License-Identifier: GPL-2.0-or-later
#
#   make            the program, at build/synscope; needs no root
#   make demo       two hosts, real connections between them, their timelines (as root)
#   make test       all tests (as root)
#   make test-kernels   connections watched on Debian's kernels 6.1 and 6.12, in virtual machines (as root)
#   make install    PREFIX (/usr/local) and DESTDIR are honoured
#   make fuzz       the fuzzers, FUZZ_SECONDS each (60); make fuzz-short: 10 s each, for a test run
#   make bench      what it costs (as root): a large capture, each packet, end to end, scale; BENCH=WORD for parts
#   make results    the same into tests/bench/RESULTS.md (as root); BENCH=WORD measures parts anew
#   make capacity   tests/bench/CAPACITY.md: what a fast link takes, measured anew (as root)
#   make format     bring the sources into the one format; make lint checks it and more
#   make vmlinux    this kernel's types, for looking things up
#   make help       this list

CLANG     ?= clang
BPFTOOL   ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
PREFIX    ?= /usr/local
BUILD     ?= build

# As many jobs as processors where a target makes others, unless make was told how many.
JOBS       = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

VERSION   := 0.1.0
WARNINGS  := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Werror
CPPFLAGS  += -Iinclude -Iloader -I$(BUILD) -D_GNU_SOURCE -DSYNSCOPE_VERSION='"$(VERSION)"'
CFLAGS    ?= -O2 -g
# as in the kernel, which the analyzer shares its source with: records are read and written as words
override CFLAGS += -std=gnu11 -fno-strict-aliasing $(WARNINGS)
LDLIBS    += -lbpf -lelf -lz -lpcap -lmd -lcap -lndpi
BPF_FLAGS := -g -O2 -target bpf -mcpu=v3 -Wall -Wextra -Wshadow -Werror -Iinclude -Ibpf -Ivmlinux \
	     $(if $(filter x86_64,$(shell uname -m)),-D__TARGET_ARCH_x86)

SOURCES   := $(wildcard loader/*.c)
OBJECTS   := $(SOURCES:loader/%.c=$(BUILD)/%.o)
HEADERS   := $(wildcard include/*.h loader/*.h)
SKELETON  := $(BUILD)/synscope.skel.h

ifeq ($(V),1)
  Q :=
  say :=
else
  Q := @
  say = @printf '  %-8s %s\n' "$(1)" "$(2)";
endif

.PHONY: all
all: $(BUILD)/synscope
	@: # else make says that there is nothing to be done

$(BUILD)/synscope: $(OBJECTS)
	$(call say,LINK,$@) $(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/%.o: loader/%.c $(HEADERS) $(SKELETON) Makefile | $(BUILD)
	$(call say,CC,$@) $(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/synscope.bpf.o: bpf/synscope.bpf.c $(wildcard bpf/*.h include/*.h vmlinux/*.h) Makefile | $(BUILD)
	$(call say,BPF,$@) $(CLANG) $(BPF_FLAGS) -c $< -o $@

$(SKELETON): $(BUILD)/synscope.bpf.o
	$(call say,SKEL,$@) $(BPFTOOL) gen skeleton $< name synscope_bpf > $@.new && mv $@.new $@

$(BUILD):
	$(Q)mkdir -p $@

# What root has built belongs to whom the sources belong to: so `make` goes on without root.
give_back = chown -R --reference=Makefile $(BUILD)

# ---- tests -----------------------------------------------------------------

UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
SCENARIOS  := $(wildcard tests/scenario/*.c)
LIBRARY    := $(filter-out $(BUILD)/main.o,$(OBJECTS))

.PHONY: tests
tests: all $(UNIT_TESTS) $(if $(SCENARIOS),$(BUILD)/tests/run_scenario)

$(BUILD)/tests/unit/%: tests/unit/%.c $(LIBRARY) $(HEADERS) $(wildcard tests/unit/*.h)
	$(Q)mkdir -p $(@D)
	$(call say,TEST,$@) $(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) $< $(LIBRARY) -lcmocka $(LDLIBS) -o $@

$(BUILD)/tests/run_scenario: $(SCENARIOS) $(wildcard tests/scenario/*.h) $(LIBRARY) $(HEADERS)
	$(Q)mkdir -p $(@D)
	$(call say,TEST,$@) $(CC) $(CPPFLAGS) -Itests/scenario $(CFLAGS) $(SCENARIOS) $(LIBRARY) $(LDLIBS) -o $@

.PHONY: test
test:
	$(Q)tests/setup.sh test
	$(Q)$(MAKE) --no-print-directory $(JOBS) tests
	$(Q)tests/run.sh; status=$$?; $(give_back); exit $$status

# Debian's kernels 6.1 and 6.12 in virtual machines.
.PHONY: test-kernels
test-kernels:
	$(Q)tests/setup.sh kernels
	$(Q)$(MAKE) --no-print-directory $(JOBS) all
	$(Q)$(give_back); BUILD=$(BUILD) tests/kernels/boot.sh

.PHONY: demo
demo:
	$(Q)tests/setup.sh demo
	$(Q)$(MAKE) --no-print-directory $(JOBS) all
	$(Q)$(give_back); tests/demo.sh

# How long `make fuzz` runs each target, in seconds.
FUZZ_SECONDS ?= 60
FUZZ_FLAGS   := -g -O1 -fno-strict-aliasing -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
FUZZERS      := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: fuzzers fuzz fuzz-short
fuzzers: $(FUZZERS)

# Each is built of what it fuzzes, and brings functions of its own for the rest.
$(BUILD)/tests/fuzz/fuzz_analyzer: loader/engine_native.c
$(BUILD)/tests/fuzz/fuzz_capture: loader/capture.c loader/ending.c loader/link_type.c loader/pcapng.c loader/printable.c \
				     loader/engine_native.c
$(BUILD)/tests/fuzz/fuzz_capture: FUZZ_LIBS := -lpcap
$(BUILD)/tests/fuzz/fuzz_views: $(filter-out loader/main.c,$(SOURCES)) $(SKELETON)
$(BUILD)/tests/fuzz/fuzz_views: FUZZ_LIBS := $(LDLIBS)
$(BUILD)/tests/fuzz/fuzz_service: $(wildcard loader/service*.c)
$(BUILD)/tests/fuzz/fuzz_service: FUZZ_LIBS := -lndpi

$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(HEADERS) $(wildcard tests/fuzz/*.h)
	$(Q)mkdir -p $(@D)
	$(call say,FUZZ,$@) $(CLANG) $(CPPFLAGS) -std=gnu11 $(WARNINGS) $(FUZZ_FLAGS) $(filter %.c,$^) $(FUZZ_LIBS) -o $@

# NAME, seconds: one run; what it finds stays in build/corpus/NAME.
fuzz_run = corpus=$(BUILD)/corpus/$$name; mkdir -p $$corpus; \
	$(BUILD)/tests/fuzz/$$name -max_total_time=$(1) -print_final_stats=1 -artifact_prefix=$$corpus. \
		$$corpus $$(test -d tests/fuzz/corpus/$$name && echo tests/fuzz/corpus/$$name)

fuzz:
	$(Q)tests/setup.sh test
	$(Q)$(MAKE) --no-print-directory $(JOBS) fuzzers
	$(Q)for name in $(notdir $(FUZZERS)); do $(call fuzz_run,$(FUZZ_SECONDS)) || exit 1; done

# Part of the test run: ten seconds each, side by side, where clang has what fuzzers are linked with.
fuzz-short:
	$(Q)mkdir -p $(BUILD); passed=0; failed=0; \
	if ! echo 'int LLVMFuzzerTestOneInput(void){return 0;}' | \
		$(CLANG) $(FUZZ_FLAGS) -x c - -o $(BUILD)/fuzz-probe 2>/dev/null; then \
		echo "clang cannot link fuzzers"; echo "0 passed, 0 failed, $(words $(FUZZERS)) skipped"; exit 0; \
	fi; \
	rm -f $(BUILD)/fuzz-probe; \
	$(MAKE) --no-print-directory $(JOBS) fuzzers || \
		{ echo "0 passed, $(words $(FUZZERS)) failed, 0 skipped"; exit 1; }; \
	set --; \
	for name in $(notdir $(FUZZERS)); do \
		($(call fuzz_run,10)) >$(BUILD)/$$name.log 2>&1 & set -- "$$@" $$!; \
	done; \
	for name in $(notdir $(FUZZERS)); do \
		wait $$1; fuzzed=$$?; shift; \
		if [ $$fuzzed -eq 0 ]; then \
			passed=$$((passed + 1)); echo "ok   $$name"; \
		else \
			failed=$$((failed + 1)); echo "FAIL $$name"; tail -n 50 $(BUILD)/$$name.log; \
		fi; \
	done; \
	echo "$$passed passed, $$failed failed, 0 skipped"; [ $$failed -eq 0 ]

# ---- speed -------------------------------------------------------------------

# How large a capture `make bench` replays.
BENCH_MEGABYTES ?= 1024

BENCHES := $(BUILD)/tests/bench
PACKETS := $(wildcard tests/bench/packets*.c)

# Those of them that are installed say what they make of the program.
COMPILERS := $(foreach c,clang-14 clang-16 clang-19,$(if $(shell command -v $(c)),$(c)))

# Its parts, each by its command. BENCH=WORD: only those with the word in their names.
bench_replay   := python3 tests/bench/replay.py $(BUILD)/synscope $(BENCH_MEGABYTES)
bench_packets  := $(BENCHES)/packets
bench_endtoend := tests/bench/endtoend.py
bench_scale    := tests/bench/endtoend_scale.py
bench_part      = $(if $(or $(if $(BENCH),,all),$(findstring $(BENCH),$(1))),$(Q)$(bench_$(1))$(2))
figures_of      = $(call bench_part,$(1), --json >$(BUILD)/bench/$(1).jsonl)

.PHONY: bench results
bench:
	$(Q)tests/setup.sh bench
	$(Q)$(MAKE) --no-print-directory benches

# The same as JSON, in build/bench/, and tests/bench/RESULTS.md written anew from all that lies there.
results:
	$(Q)tests/setup.sh bench
	$(Q)$(MAKE) --no-print-directory figures

# What is installed by then.
.PHONY: benches figures bench-programs bench-packets bench-endtoend
bench-programs: all bench-packets bench-endtoend $(COMPILERS:%=$(BENCHES)/synscope-%.bpf.o)

benches: bench-programs
	$(call bench_part,replay)
	$(call bench_part,packets)
	$(call bench_part,endtoend)
	$(call bench_part,scale)

figures: bench-programs
	$(Q)mkdir -p $(BUILD)/bench
	$(call figures_of,replay)
	$(call figures_of,packets)
	$(call figures_of,endtoend)
	$(call figures_of,scale)
	$(Q)tests/bench/results.py $(BUILD)/bench/*.jsonl

# The tables of tests/bench/CAPACITY.md, measured anew.
.PHONY: capacity
capacity:
	$(Q)tests/setup.sh bench
	$(Q)$(MAKE) --no-print-directory bench-packets
	$(Q)tests/bench/capacity.py $(BENCHES)/packets

# To be run by hand: build/tests/bench/packets --quick
bench-packets: $(BENCHES)/packets $(BENCHES)/stamp.bpf.o $(BENCHES)/beside.bpf.o $(BUILD)/synscope.bpf.o

$(BENCHES)/synscope-%.bpf.o: bpf/synscope.bpf.c $(wildcard bpf/*.h include/*.h vmlinux/*.h)
	$(Q)mkdir -p $(@D)
	$(call say,BPF,$@) $* $(BPF_FLAGS) -c $< -o $@

$(BENCHES)/packets: $(PACKETS) $(wildcard tests/bench/*.h) $(LIBRARY) $(HEADERS)
	$(Q)mkdir -p $(@D)
	$(call say,BENCH,$@) $(CC) $(CPPFLAGS) -Itests/bench $(CFLAGS) $(PACKETS) $(LIBRARY) $(LDLIBS) -o $@

bench-endtoend: $(addprefix $(BENCHES)/,load flood flood.bpf.o empty.bpf.o beside.bpf.o beside plain_reader)

$(BENCHES)/plain_reader: tests/bench/plain_reader.c $(LIBRARY) $(HEADERS)
	$(Q)mkdir -p $(@D)
	$(call say,BENCH,$@) $(CC) $(CPPFLAGS) $(CFLAGS) $< $(LIBRARY) $(LDLIBS) -o $@

$(BENCHES)/beside: tests/bench/beside.c tests/bench/packets_object.c tests/bench/packets_object.h $(LIBRARY) $(HEADERS)
	$(Q)mkdir -p $(@D)
	$(call say,BENCH,$@) $(CC) $(CPPFLAGS) $(CFLAGS) $(filter %.c,$^) $(LIBRARY) $(LDLIBS) -o $@

$(BENCHES)/load: $(wildcard tests/bench/load*.[ch])
	$(Q)mkdir -p $(@D)
	$(call say,BENCH,$@) $(CC) $(CPPFLAGS) $(CFLAGS) $(filter %.c,$^) -pthread -o $@

$(BENCHES)/flood: tests/bench/flood.c tests/bench/flood.h
	$(Q)mkdir -p $(@D)
	$(call say,BENCH,$@) $(CC) $(CPPFLAGS) $(CFLAGS) $< -lbpf -pthread -o $@

$(BENCHES)/%.bpf.o: tests/bench/%.bpf.c $(wildcard tests/bench/*.h include/*.h vmlinux/*.h)
	$(Q)mkdir -p $(@D)
	$(call say,BPF,$@) $(CLANG) $(BPF_FLAGS) -Itests/bench -c $< -o $@

# ---- the code's own rules ----------------------------------------------------

STYLED := $(wildcard include/*.h loader/*.[ch] bpf/*.[ch] tests/*/*.[ch])

.PHONY: format lint lint-installed
format:
	clang-format -i $(STYLED)

lint:
	$(Q)tests/setup.sh lint
	$(Q)$(MAKE) --no-print-directory lint-installed

lint-installed: $(SKELETON)
	clang-format --dry-run -Werror $(STYLED)
	cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,performance,portability \
		-Iinclude -Iloader -I$(BUILD) --suppress=missingIncludeSystem \
		'-DLIBBPF_OPTS(type,name,...)=struct type name = {__VA_ARGS__}' loader/*.c
	$(Q)mkdir -p $(BUILD)/lint # what bpftool wrote is not ours to mend
	$(Q)(echo '// NOLINTBEGIN'; cat $(SKELETON); echo '// NOLINTEND') > $(BUILD)/lint/synscope.skel.h
	clang-tidy --quiet --warnings-as-errors='*' loader/*.c -- -I$(BUILD)/lint $(CPPFLAGS) -std=gnu11

.PHONY: help
help:
	@sed -n 's/^#   //p' Makefile

.PHONY: install
install: all
	install -D -m 755 $(BUILD)/synscope $(DESTDIR)$(PREFIX)/sbin/synscope

.PHONY: vmlinux
vmlinux: | $(BUILD)
	$(BPFTOOL) btf dump file /sys/kernel/btf/vmlinux format c > $(BUILD)/vmlinux.new
	mv $(BUILD)/vmlinux.new vmlinux/vmlinux_$$(uname -r).h

.PHONY: clean
clean:
	rm -rf $(BUILD)
