# SPDX-License-Identifier: GPL-2.0-only
#
#   make            the program, at build/synscope; needs no root
#   make demo       two hosts, real connections between them, their timelines (as root)
#   make test       all tests (as root)
#   make install    PREFIX (/usr/local) and DESTDIR are honoured
#   make help       what else there is

CLANG     ?= clang
BPFTOOL   ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
PREFIX    ?= /usr/local
BUILD     ?= build

VERSION   := 0.1.0
WARNINGS  := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Werror
CPPFLAGS  += -Iinclude -Iloader -I$(BUILD) -D_GNU_SOURCE -DSYNSCOPE_VERSION='"$(VERSION)"'
CFLAGS    ?= -O2 -g
CFLAGS    += -std=gnu11 $(WARNINGS)
LDLIBS    += -lbpf -lelf -lz -lpcap -lmd -lcap
BPF_FLAGS := -g -O2 -target bpf -mcpu=v3 -Wall -Wextra -Wshadow -Werror -Iinclude -Ibpf -Ivmlinux

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

$(BUILD)/synscope: $(OBJECTS)
	$(call say,LINK,$@) $(CC) $(CFLAGS) $(LDFLAGS) $^ $(LDLIBS) -o $@

$(BUILD)/%.o: loader/%.c $(HEADERS) $(SKELETON) | $(BUILD)
	$(call say,CC,$@) $(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

$(BUILD)/synscope.bpf.o: bpf/synscope.bpf.c $(wildcard bpf/*.h include/*.h vmlinux/*.h) | $(BUILD)
	$(call say,BPF,$@) $(CLANG) $(BPF_FLAGS) -c $< -o $@

$(SKELETON): $(BUILD)/synscope.bpf.o
	$(call say,SKEL,$@) $(BPFTOOL) gen skeleton $< name synscope_bpf > $@.new && mv $@.new $@

$(BUILD):
	$(Q)mkdir -p $@

.PHONY: install
install: all
	install -D -m 755 $(BUILD)/synscope $(DESTDIR)$(PREFIX)/sbin/synscope

.PHONY: vmlinux
vmlinux:
	$(BPFTOOL) btf dump file /sys/kernel/btf/vmlinux format c > vmlinux/vmlinux_$$(uname -r).h

.PHONY: clean
clean:
	rm -rf $(BUILD)
