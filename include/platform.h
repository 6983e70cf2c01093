/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few things that differ between the kernel and the host. Everything else in include/ is the
 * same source for both: it calls no helper, no system call and no libc.
 *
 * Each build supplies, before it includes analyzer.h:
 *
 *   config_current()     the settings of this run (config.h)
 *   counters_current()   the counters of this CPU (counters.h)
 *   table_bucket(i)      bucket number i of the connection table (table.h), or NULL
 *   ring_reserve(n)      room for n bytes in the event ring, or NULL when it is full
 *   ring_submit(p)       hand over what ring_reserve() gave
 *   ring_is_filling()    whether the reader is so far behind that the ring is half full
 *   clock_now()          nanoseconds, precise
 *   clock_tick()         nanoseconds, cheap; may lag behind clock_now() by one tick
 *
 * platform_kernel.h and platform_host.h supply:
 *
 *   load_be16(p), load_be32(p)    from network byte order, at any alignment
 *   load_raw32(p), load_raw64(p)  as they lie, at any alignment
 *   fetch_and_add(p, v)           atomic, and the value before: of a count, in no order with other memory
 *   fetch_and_or(p, v), exchange(p, v), compare_and_swap(p, old, new)
 *                                 atomic, the value before, and a full barrier
 *   store_barrier()               what was stored before is seen before what is stored behind
 *   store_release(p, v)           stores behind all that was stored before
 *   compiler_barrier()            the compiler moves no access to memory across
 *   hide_value(v)                 the compiler knows no longer what v is
 *   hide_range(v)                 the same in the kernel build alone; it may be merged with its like
 *   forget_value(v, at)           the verifier knows no longer what v is: it went through memory, where it
 *                                 is left; at: pointer to as many bytes as v has, not on the stack
 */
#ifndef SYNSCOPE_PLATFORM_H
#define SYNSCOPE_PLATFORM_H

#ifdef __bpf__
#include "platform_kernel.h"
#else
#include "platform_host.h"
#endif

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/*
 * What almost every segment is. A compiler that takes each way for as likely as the other one thinks that the
 * end of a long row of checks is hardly ever reached, and keeps what is needed there on the stack.
 */
#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* How many elements an array has. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
