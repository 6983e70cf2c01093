/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands on an arrow of the ladder: flags, relative numbers, payload. */
#ifndef SYNSCOPE_TIMELINE_LABEL_H
#define SYNSCOPE_TIMELINE_LABEL_H

#include "paragraph.h"
#include "timeline_steps.h"

/* What stands on the arrow of a step: its flags, and its numbers from the first of their sender's on. */
void timeline_label(struct paragraph *label, const struct timeline_step *s);

#endif
