// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "capabilities.h"
#include "kernel_numbers.h"
#include "mount.h"
#include "probe.h"

/* Its number in every network namespace. */
enum { LOOPBACK = 1 };

/* Whether the kernel has TCX links (6.6); false as well where this process may not ask. */
static bool probe_tcx(void)
{
	u32 ids[64], flags = 0, count = COUNT_OF(ids);

	return !bpf_prog_query(LOOPBACK, (enum bpf_attach_type)ATTACH_TCX_INGRESS, 0, &flags, ids, &count);
}

static void probe_release(struct findings *f)
{
	struct utsname name;
	unsigned major = 0, minor = 0;
	bool enough;

	uname(&name);
	sscanf(name.release, "%u.%u", &major, &minor);
	enough = major > 5 || (major == 5 && minor >= 15);
	find(f, "kernel", enough ? FINE : LACKING, "%s%s", name.release,
	     enough ? "" : "; 5.15 or newer is needed");
}

static bool probe_rights(struct findings *f)
{
	char missing[128];
	bool complete = capabilities_missing(missing, sizeof(missing));

	if (!complete)
		mend(find(f, "capabilities", LACKING, "%s missing: to attach, and to see all of this",
			  missing),
		     "%s", capabilities_grant());
	else if (capabilities_in_user_namespace())
		find(f, "capabilities", NOTE, "those of a user namespace: bpf(2) asks for the host's");
	else
		find(f, "capabilities", FINE, "all that is needed");
	return complete;
}

static void probe_btf(struct findings *f)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		find(f, "btf", NOTE, "the kernel has none (CONFIG_DEBUG_INFO_BTF); synscope does without");
	else
		find(f, "btf", FINE, "yes");
}

static void probe_features(struct findings *f)
{
	bool ring = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL) == 1;
	bool frags = libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, (enum bpf_func_id)HELPER_XDP_GET_BUFF_LEN,
					     NULL) == 1;

	find(f, "ring_buffer", ring ? FINE : LACKING, ring ? "yes" : "no; kernel 5.8 or newer has it");
	if (frags)
		find(f, "xdp_frags", FINE, "yes: jumbo frames can be seen by native XDP");
	else
		mend(find(f, "xdp_frags", NOTE,
			  "no (kernel 5.18): native XDP only up to an MTU of about 3500"),
		     "synscope run --mode tc IFACE");
	if (probe_tcx())
		find(f, "tcx", FINE, "yes: the tc programs are links, and end with the process");
	else
		find(f, "tcx", NOTE,
		     "no (kernel 6.6): clsact filters; what a kill -9 leaves, the next run removes");
}

static void probe_jit(struct findings *f)
{
	FILE *file = fopen("/proc/sys/net/core/bpf_jit_enable", "re");
	int on = 1;

	if (!file)
		return;
	if (fscanf(file, "%d", &on) == 1 && !on)
		mend(find(f, "jit", NOTE, "off: BPF programs are interpreted, several times slower"),
		     "sysctl net.core.bpf_jit_enable=1");
	else
		find(f, "jit", FINE, "on");
	fclose(file);
}

static void probe_bpffs(struct findings *f, const char *bpffs)
{
	struct statfs fs;

	if (statfs(bpffs, &fs) || (unsigned)fs.f_type != BPF_FS_MAGIC)
		mend(find(f, "bpffs", NOTE, "%s is no BPF file system; `attach` needs one, `run` doesn't",
			  bpffs),
		     mount_is_private() ? "nsenter --net=/run/netns/NAME instead of ip netns exec, then: "
					  "mount -t bpf bpf %s"
					: "mount -t bpf bpf %s",
		     bpffs);
	else if (mount_is_private() && !mount_is_outside(bpffs))
		mend(find(f, "bpffs", NOTE,
			  "%s is mounted in this private mount namespace only, and ends with it", bpffs),
		     "nsenter --net=/run/netns/NAME instead of ip netns exec");
	else
		find(f, "bpffs", FINE, "%s", bpffs);
}

void probe_kernel(struct findings *f, const char *bpffs)
{
	probe_release(f);
	/* Who may not load anything would be told that the kernel can nothing. */
	if (probe_rights(f))
		probe_features(f);
	probe_btf(f);
	probe_jit(f);
	probe_bpffs(f, bpffs);
}
