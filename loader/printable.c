// SPDX-License-Identifier: GPL-2.0-or-later
#include "printable.h"

#include "platform.h"

/*
 * How many bytes the character has that a text begins with (RFC 3629); 0: it is none, or a control character.
 */
static u32 character_length(const u8 *at)
{
	/* The least code of two, three and four bytes; between 0x80 and it are more control characters. */
	static const u32 least[] = {0xa0, 0x800, 0x10000};
	u32 more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1, code = *at & (0x3fU >> more);

	if (*at < 0x80)
		return *at >= 0x20 && *at != 0x7f;
	if (*at < 0xc2 || *at > 0xf4)
		return 0;
	for (u32 i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80) /* the text's end is none either */
			return 0;
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < least[more - 1] || code > 0x10ffff || (code & ~0x7ffU) == 0xd800)
		return 0;
	return more + 1;
}

void make_printable(char *text)
{
	while (*text) {
		u32 length = character_length((const u8 *)text);

		if (!length)
			*text = '?';
		text += length ? length : 1;
	}
}
