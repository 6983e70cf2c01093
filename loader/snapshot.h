/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole reads of records that other CPUs may be writing. */
#ifndef SYNSCOPE_SNAPSHOT_H
#define SYNSCOPE_SNAPSHOT_H

#include "bucket.h"

/* Whether a slot of the table holds a record. */
bool table_slot_taken(const struct bucket *table, u32 slot);

/*
 * Copies the record of a slot. Each direction's block is whole (its version word is even and the same
 * before and after); the parts of a record may be a segment apart. Where a block is being written all the
 * while, as by a CPU that its hypervisor stopped, some of its numbers may be a segment apart, too. False: the
 * slot is free.
 */
bool snapshot(const struct bucket *table, u32 slot, struct connection *c);

#endif
