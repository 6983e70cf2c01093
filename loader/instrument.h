/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What watches one interface: the programs, maps and links of one load of bpf/synscope.bpf.c. Loaded
 * by `run` and `attach`, found again in the BPF file system by `tail`, `counters`, `conns` and `detach`.
 */
#ifndef SYNSCOPE_INSTRUMENT_H
#define SYNSCOPE_INSTRUMENT_H

#include <net/if.h>

#include "bucket.h"
#include "record.h"
#include "told.h"

enum receive_mode { MODE_AUTO, MODE_NATIVE, MODE_GENERIC, MODE_TC };

struct instrument_options {
	enum receive_mode mode;
	bool ingress_only;
	bool stays; /* `attach`: it is going to be pinned */
	u32 max_connections;
	struct config config; /* buckets, ifindex, layer3 and hash_seed are filled in on loading */
};

struct instrument {
	struct interface interface;
	char name[IFNAMSIZ];	    /* as the kernel has it */
	char shown[IFNAMSIZ];	    /* printable: what interface.name points to */
	struct config config;	    /* as it was loaded */
	const struct bucket *table; /* config.buckets of them, mapped read-only */
	size_t table_size;	    /* bytes of the mapping */
	int ring_fd;		    /* the map; -1 of a pinned one that was opened without its ring */
	int counters_fd;
	int lock_fd;		       /* the one reader's place at a pinned ring; -1: not taken */
	struct told *told;	       /* who has that place: how far the readers have come; else NULL */
	struct synscope_bpf *skeleton; /* NULL for a pinned one */
	struct attachment *attachment; /* links and filters; NULL for a pinned one */
};

/*
 * Loads the programs for an interface and attaches them. On failure says why on standard error (one
 * line) and leaves nothing behind. 0 or -1.
 */
int instrument_open(struct instrument *i, const char *interface, const struct instrument_options *o);

/*
 * Detaches each, unless it is pinned. Once it returns none of their programs runs any more: counters, table
 * and ring are what they will be.
 */
void instruments_detach(struct instrument *instruments, int count);

/* Detaches (unless pinned) and frees. Safe on a zeroed instrument. */
void instrument_close(struct instrument *i);

/* Gives it its names. */
void instrument_name(struct instrument *i, const char *name);

/* Whether somebody took off what was pinned, and whose ring is being read here. */
bool instrument_detached(const struct instrument *i);

/* Whether the interface is still there. */
bool instrument_alive(const struct instrument *i);

/* Pins an open instrument below `bpffs`/synscope/, so that it outlives this process. 0 or -1, said. */
int instrument_pin(struct instrument *i, const char *bpffs);

struct pin;

/*
 * Opens what `attach` pinned. With `read_ring` takes the one reader's place: an error where another process
 * has it. 0 or -1, said.
 */
int instrument_open_pinned(struct instrument *i, const struct pin *p, bool read_ring);

/* Whether a detach was killed halfway: what is left looks at no frame. */
bool instrument_is_half_detached(const struct pin *p);

/* Takes what was pinned for an interface off again; NULL: everything. 0 or -1, said. */
int instrument_detach_pinned(const char *bpffs, const char *interface);

/* The counters of all CPUs added up. 0 or -errno. */
int instrument_counters(const struct instrument *i, struct counters *sum);

#endif
