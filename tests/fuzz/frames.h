/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fuzzers of the analyzer are fed with: one byte of settings; then for each frame two bytes of its
 * length, one byte of time since the frame before, and the frame.
 */
#ifndef SYNSCOPE_FUZZ_FRAMES_H
#define SYNSCOPE_FUZZ_FRAMES_H

#include <stdlib.h>
#include <string.h>

#include "platform.h"

struct frames {
	const u8 *at;
	size_t left;
	u64 now; /* ns */
};

struct fuzzed_frame {
	u8 *data; /* of exactly the captured size, so that a byte read behind it is seen */
	u32 captured;
	u32 length;
};

/* A step of time from one byte: below a millisecond, or up to four minutes. */
static u64 time_step(u8 code)
{
	return code < 192 ? code * 5000ULL : (code - 191) * 4000000000ULL;
}

/* The next frame, and its time in f->now. False: there is none. The caller frees frame->data. */
static bool frames_next(struct frames *f, struct fuzzed_frame *frame)
{
	enum { FRAME_HEADER = 3 };

	if (f->left < FRAME_HEADER)
		return false;
	frame->length = (u32)f->at[0] << 8 | f->at[1];
	f->now += time_step(f->at[2]);
	f->at += FRAME_HEADER;
	f->left -= FRAME_HEADER;
	frame->captured = frame->length < f->left ? frame->length : (u32)f->left;
	frame->data = malloc(frame->captured ? frame->captured : 1);
	if (!frame->data)
		abort();
	memcpy(frame->data, f->at, frame->captured);
	f->at += frame->captured;
	f->left -= frame->captured;
	return true;
}

#endif
