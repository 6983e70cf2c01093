// SPDX-License-Identifier: GPL-2.0-or-later
#include "icmp_words.h"

#include "wire.h"

const char *unreachable_words(u8 type, u8 code)
{
	static const char *const words[] = {
		[0] = "network unreachable",
		[1] = "host unreachable",
		[2] = "protocol unreachable",
		[3] = "port unreachable",
		[5] = "source route failed",
		[6] = "network unknown",
		[7] = "host unknown",
		[8] = "source host isolated",
		[9] = "network administratively prohibited",
		[10] = "host administratively prohibited",
		[11] = "network unreachable for this type of service",
		[12] = "host unreachable for this type of service",
		[13] = "administratively prohibited",
		[14] = "host precedence violation",
		[15] = "precedence cutoff in effect",
	};
	static const char *const words_v6[] = {
		[0] = "no route to the destination",
		[1] = "administratively prohibited",
		[2] = "beyond the scope of the source address",
		[3] = "address unreachable",
		[4] = "port unreachable",
		[5] = "source address failed a policy",
		[6] = "rejected by a route",
	};
	const char *found = NULL;

	if (type == ICMPV6_DESTINATION_UNREACHABLE && code < COUNT_OF(words_v6))
		found = words_v6[code];
	else if (type == ICMP_DESTINATION_UNREACHABLE && code < COUNT_OF(words))
		found = words[code];
	return found ? found : "unreachable";
}
