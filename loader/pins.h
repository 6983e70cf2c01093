/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `attach` leaves in the BPF file system, and how it is found again:
 *
 *   DIR/synscope/INTERFACE@NETNS/   one directory for an interface of one network namespace
 *       table counters ring         the maps
 *       program_ingress ..._egress  the programs
 *       link_ingress link_egress    what holds them to the interface (none for a clsact filter)
 *       info                        struct pin_info; pinned last: what has it is complete
 *       told                        struct told, by the first tail
 *
 * NETNS is the namespace's cookie, which, unlike its inode number, is never used anew. Dots, which the
 * BPF file system reserves, are written %2e.
 */
#ifndef SYNSCOPE_PINS_H
#define SYNSCOPE_PINS_H

#include <limits.h>

#include "config.h"
#include "event.h"
#include "netlink.h"

/* The value of the map `info`. The first three members stay as they are in every version. */
struct pin_info {
	u32 layout;	  /* LAYOUT_VERSION of who pinned it */
	u32 size;	  /* of this structure */
	char version[16]; /* of the program */
	u64 since;	  /* ns, on the records' clock */
	u32 ifindex;
	u8 ingress; /* enum hook_way */
	u8 egress;
	u8 ingress_only;
	u8 reserved;
	struct config config;
};

#define BPFFS_DEFAULT "/sys/fs/bpf"

struct pin {
	const char *bpffs; /* as it was named */
	char directory[PATH_MAX];
	char interface[LINK_NAME_SIZE];
	u64 netns;
	bool here;		/* in this process's network namespace */
	char renamed[IFNAMSIZ]; /* by pin_find(): what its interface is called now, if that is another one */
};

/* " --bpffs DIR", for a command that is advised; empty for the default. */
const char *bpffs_option(const char *bpffs);

enum pin_search { PINS_HERE, PINS_EVERYWHERE };

/* Whether it is known in which network namespace this is; else said why not. */
bool pins_know_netns(void);

/* Whether `bpffs` is a BPF file system. 0, or -1, said, with the command that mounts one. */
int pins_check(const char *bpffs);

/* The place of an interface of this network namespace; whether there is something shows its directory. */
void pin_place(struct pin *p, const char *bpffs, const char *interface);

/*
 * What is pinned for an interface of this network namespace, which may be named by an alternative name, or by
 * another one than when it was attached. Its place where there is nothing.
 */
void pin_find(struct pin *p, const char *bpffs, const char *interface);

/*
 * The number of the interface that something was attached to in this network namespace, and what that is
 * called now. 0: it is not known, or gone.
 */
u32 pin_interface(const struct pin *p, char name[IF_NAMESIZE]);

/* Names it by what its interface is called now, if that is there. */
void pin_rename(struct pin *p);

/* 0 where there is something that this user can look at; else -ENOENT, or why not. */
int pin_look(const struct pin *p);

/* Says that what is pinned can't be looked at, and what to do; -1. */
int pin_say_hidden(const struct pin *p, int error);

/* Whether this user can't even tell what is pinned below `bpffs`. */
bool pins_are_hidden(const char *bpffs);

/* Everything pinned below `bpffs`; *pins is to be freed. The count, or -1, said. */
int pins_list(const char *bpffs, enum pin_search search, struct pin **pins);

/* Makes the directory. 0, or -1, said: there is one already. */
int pin_make(const struct pin *p);

/* Says that it is attached already, and what to do; -1. */
int pin_say_attached(const struct pin *p);

/* Says that nothing is attached there, and where to look; -1. */
int pin_say_absent(const struct pin *p);

/* Pins a descriptor in the directory. 0, or -1, said. */
int pin_put(const struct pin *p, const char *name, int fd);

/* Opens what is pinned in the directory. The descriptor or -errno. */
int pin_get(const struct pin *p, const char *name);

/*
 * The same of a map, which must be of this type (enum bpf_map_type), with values of so many bytes (0: any)
 * and so many entries: another one, whoever pinned it, is -EBADF, since the kernel would write more than was
 * asked for.
 */
int pin_get_map(const struct pin *p, const char *name, u32 type, u32 value_size, u32 entries);

/* What such an error means. */
const char *pin_error(int error);

/* Makes the map `info` and pins it. 0, or -1, said. */
int pin_put_info(const struct pin *p, const struct pin_info *info);

/* 0, or -1, said: there is nothing, it is incomplete, of another version, or not for this user to read. */
int pin_get_info(const struct pin *p, struct pin_info *info);

/* The same, saying nothing, for who takes it off or lists it: 0, or -errno; -EPROTO: of another version. */
int pin_read_info(const struct pin *p, struct pin_info *info);

/* Whether such an error says that this user may not look, and nothing of what is there. */
bool pin_is_denied(int error);

/* Its interface is gone, which a pinned link outlives; by now another one may have its name. */
bool pin_is_orphan(const struct pin *p);

/* Detaches the links, removes all pins, the directory, and the one above it once that is empty. 0 or -1,
 * said. */
int pin_remove(const struct pin *p);

/* Takes the one reader's place at the ring; the kernel gives it back however the process ends. The descriptor
 * or -1, said. */
int pin_lock_ring(const struct pin *p);

/* Says so if what is pinned below `bpffs` vanishes with this mount namespace. */
void pins_warn_if_private(const char *bpffs);

#endif
