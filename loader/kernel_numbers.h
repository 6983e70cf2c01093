/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of the kernel's interfaces that the headers of Debian 12 do not have yet. */
#ifndef SYNSCOPE_KERNEL_NUMBERS_H
#define SYNSCOPE_KERNEL_NUMBERS_H

enum {
	ATTACH_TCX_INGRESS = 46, /* enum bpf_attach_type; 6.6 */
	ATTACH_TCX_EGRESS = 47,
	TCX_FLAG_BEFORE = 1 << 3,
	HELPER_XDP_GET_BUFF_LEN = 188, /* enum bpf_func_id; 5.18: knows the length of all buffers */
	LINK_IP6GRE = 823,	       /* ARPHRD_ */
};

#endif
