/* SPDX-License-Identifier: GPL-2.0-or-later */
/* platform.h as the native engine, the unit tests and the fuzzers see it. */
#ifndef SYNSCOPE_PLATFORM_HOST_H
#define SYNSCOPE_PLATFORM_HOST_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#define VERIFIED_ALONE static inline

/* Through memcpy: the host's sanitizers refuse misaligned loads. */
static inline __u16 load_be16(const void *p)
{
	__u16 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline __u32 load_raw32(const void *p)
{
	__u32 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline __u64 load_raw64(const void *p)
{
	__u64 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

#define load_be32(p) __builtin_bswap32(load_raw32(p))
#define swap16(v)    __builtin_bswap16(v)

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "synscope is built for little-endian machines only"
#endif

#define fetch_and_add(p, v)	      __atomic_fetch_add(p, v, __ATOMIC_RELAXED)
#define fetch_and_or(p, v)	      __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST)
#define compare_and_swap(p, old, new) __sync_val_compare_and_swap(p, old, new)
#define exchange(p, v)		      __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)

#define store_barrier()	    __atomic_thread_fence(__ATOMIC_RELEASE)
#define store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#define compiler_barrier()  __asm__ volatile("" ::: "memory")
#define hide_value(v)	    __asm__ volatile("" : "+r"(v))
#define hide_range(v)	    ((void)0)
#define forget_value(v, at) (*(at) = (v))

#endif
