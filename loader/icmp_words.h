/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the codes of an ICMP "destination unreachable" mean, in words. */
#ifndef SYNSCOPE_ICMP_WORDS_H
#define SYNSCOPE_ICMP_WORDS_H

#include "platform.h"

/*
 * The meaning of a code of ICMP type 3 (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1) or
 * ICMPv6 type 1 (RFC 4443 section 3.1). Never NULL.
 */
const char *unreachable_words(u8 type, u8 code);

#endif
