/* SPDX-License-Identifier: GPL-2.0-or-later */
/* platform.h as the BPF programs see it. */
#ifndef SYNSCOPE_PLATFORM_KERNEL_H
#define SYNSCOPE_PLATFORM_KERNEL_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

/* Verified once, as a function of its own, instead of once for each path that reaches it. */
#define VERIFIED_ALONE __attribute__((noinline))

/* The verifier tracks packet pointers through plain loads of any alignment. */
#define load_be16(p)  bpf_ntohs(*(const __u16 *)(p))
#define load_be32(p)  bpf_ntohl(*(const __u32 *)(p))
#define load_raw32(p) (*(const __u32 *)(p))
#define load_raw64(p) (*(const __u64 *)(p))

#define swap16(v) bpf_htons(v)

/* clang 14 to 19 have no atomic load or store for BPF; these they have. */
#define fetch_and_add(p, v)	      __sync_fetch_and_add(p, v)
#define fetch_and_or(p, v)	      __sync_fetch_and_or(p, v)
#define compare_and_swap(p, old, new) __sync_val_compare_and_swap(p, old, new)
#define exchange(p, v)		      __sync_lock_test_and_set(p, v)

/*
 * What was stored before is seen before what is stored behind. Any exchange is such a barrier, but waits
 * until all is in the cache; of 16 bits there is none.
 */
#ifdef __TARGET_ARCH_x86 /* where stores are seen in their order anyway */
#define store_barrier() compiler_barrier()
#else
#define store_barrier()                                                                                      \
	do {                                                                                                 \
		__u32 any = 0;                                                                               \
		(void)exchange(&any, 1);                                                                     \
		compiler_barrier();                                                                          \
	} while (0)
#endif

/* Stores behind all that was stored before. */
#define store_release(p, v)                                                                                  \
	do {                                                                                                 \
		store_barrier();                                                                             \
		*(volatile typeof(*(p)) *)(p) = (v);                                                         \
	} while (0)

/* Keeps the compiler from moving memory accesses across, and from knowing what a value is. */
#define compiler_barrier() asm volatile("" ::: "memory")
#define hide_value(v)	   asm volatile("" : "+r"(v))
/* The same of what may be worked out once for several uses: a range that older verifiers (6.1) lose. */
#define hide_range(v) asm("" : "+r"(v))

/* What comes from memory can be anything to the verifier: it keeps no account of what was stored there. */
#define forget_value(v, at)                                                                                  \
	do {                                                                                                 \
		*(volatile typeof(v) *)(at) = (v);                                                           \
		(v) = *(volatile typeof(v) *)(at);                                                           \
	} while (0)

#endif
