// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <unistd.h>

#include "clsact.h"
#include "ethtool.h"
#include "kernel_numbers.h"
#include "probe.h"
#include "xdp_features.h"

/* What a page holds behind XDP's headroom and in front of the buffer's own record; drivers differ by a
 * little. */
enum { ONE_BUFFER_MTU = 3498 };

/* Attaching native XDP takes their queues, some even the link, down for a moment. */
static const char *const resetting[] = {
	"bnxt_en", "ena", "fec",   "gve",     "hv_netvsc", "i40e",	 "ice",
	"igb",	   "igc", "ixgbe", "ixgbevf", "mlx4_en",   "mlx5_core",	 "mvneta",
	"mvpp2",   "nfp", "qede",  "sfc",     "stmmac",	   "virtio_net", "vmxnet3",
};

bool link_is_layer3(const struct link *l)
{
	switch (l->type) {
	case ARPHRD_NONE:
	case ARPHRD_RAWIP:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case LINK_IP6GRE:
		return true;
	default:
		return false;
	}
}

static void probe_link(struct findings *f, const struct link *l)
{
	if (!(l->flags & IFF_UP))
		mend(find(f, "link", NOTE, "down: nothing will be seen"), "ip link set %s up", l->name);
	else
		find(f, "link", FINE, "up, MTU %u%s%s", l->mtu, *l->kind ? ", " : "", l->kind);
	if (link_is_layer3(l))
		find(f, "headers", FINE, "no Ethernet: frames begin with the IP header");
	else if (l->type != ARPHRD_ETHER && l->type != ARPHRD_LOOPBACK)
		find(f, "headers", LACKING, "neither Ethernet nor IP (ARPHRD type %u): not supported",
		     l->type);
}

static bool resets_queues(const char *driver)
{
	for (unsigned n = 0; n < COUNT_OF(resetting); n++)
		if (!strcmp(driver, resetting[n]))
			return true;
	return false;
}

static void probe_frags(struct findings *f, const struct link *l, u64 features)
{
	if (features & XDP_FEATURE_FRAGS)
		find(f, "frags", FINE, "yes: any MTU");
	else if (l->mtu > ONE_BUFFER_MTU)
		mend(find(f, "frags", NOTE,
			  "the driver has one buffer a frame: native XDP refuses an MTU of %u", l->mtu),
		     "synscope run --mode tc %s", l->name);
	else
		find(f, "frags", FINE, "no, nor needed with an MTU of %u", l->mtu);
}

/* From what the driver says of itself; where it can't, the attempt will tell. True where there may be native
 * XDP. */
static bool probe_native(struct findings *f, const struct link *l, const struct ethtool_facts *e)
{
	const char *driver = *e->driver ? e->driver : "none named";
	u64 features;

	if (l->flags & IFF_LOOPBACK || link_is_layer3(l)) {
		find(f, "native_xdp", FINE, "not on such an interface: the tc program sees what is received");
		return false;
	}
	if (xdp_features(l->ifindex, &features)) {
		find(f, "native_xdp", NOTE, "this kernel can't say (6.3 can): attaching will (driver: %s)",
		     driver);
		return true;
	}
	if (!(features & XDP_FEATURE_BASIC)) {
		find(f, "native_xdp", NOTE, "no (driver: %s): the tc program sees what is received", driver);
		return false;
	}
	find(f, "native_xdp", FINE, "yes (driver: %s)", driver);
	probe_frags(f, l, features);
	return true;
}

/* What native XDP would cost or change here. */
static void probe_price(struct findings *f, const struct link *l, const struct ethtool_facts *e)
{
	if (resets_queues(e->driver))
		mend(find(f, "queue_reset", NOTE,
			  "%s resets its queues when native XDP comes or goes: a short gap", e->driver),
		     "synscope run --mode tc %s", l->name);
	if (!strcmp(l->kind, "veth"))
		mend(find(f, "veth_peer", NOTE,
			  "native XDP here takes the other end's segmentation offload away: bulk into it "
			  "slows"),
		     "synscope run --mode tc %s", l->name);
	if (e->vlan_offload)
		mend(find(f, "vlan_offload", NOTE,
			  "on: tags of received frames are gone before XDP sees them"),
		     "ethtool -K %s rxvlan off (or: synscope run --mode tc %s)", l->name, l->name);
	else
		find(f, "vlan_offload", FINE, "off: XDP sees the tags");
	if (e->lro)
		mend(find(f, "lro", NOTE, "on: most drivers refuse native XDP with it"),
		     "ethtool -K %s lro off", l->name);
	else
		find(f, "lro", FINE, "off");
}

static void name_program(char *name, size_t size, u32 id)
{
	struct bpf_prog_info info = {};
	u32 length = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &length);
		close(fd);
	}
	snprintf(name, size, "%s%sid %u", info.name, *info.name ? ", " : "", id);
}

static void probe_xdp(struct findings *f, const struct link *l)
{
	static const char *const modes[] = {"", "native", "generic", "offloaded", "several"};
	char name[64];
	struct finding *one;

	if (l->xdp_mode == XDP_ATTACHED_NONE || l->xdp_mode >= COUNT_OF(modes)) {
		find(f, "xdp_program", FINE, "none");
		return;
	}
	name_program(name, sizeof(name), l->xdp_program);
	one = find(f, "xdp_program", NOTE, "%s (%s)", name, modes[l->xdp_mode]);
	if (strncmp(name, "synscope_", 9) != 0)
		mend(one, "synscope run --mode tc %s (it is left alone)", l->name);
}

struct names {
	char text[160];
	size_t used;
};

static void add_name(const char *name, u32 id, void *context)
{
	struct names *n = context;
	size_t room = sizeof(n->text) - n->used;
	int size;

	(void)id;
	size = snprintf(n->text + n->used, room, "%s%s", n->used ? "; " : "", name);
	n->used += (size_t)size < room ? (size_t)size : 0;
}

static void probe_tc(struct findings *f, const struct link *l, bool egress)
{
	u32 ids[16], flags = 0, count = COUNT_OF(ids);
	struct names names = {};
	char name[64];
	bool allowed = true, all;

	if (bpf_prog_query(l->ifindex,
			   (enum bpf_attach_type)(egress ? ATTACH_TCX_EGRESS : ATTACH_TCX_INGRESS), 0, &flags,
			   ids, &count)) {
		allowed = errno != EPERM;
		count = 0;
	}
	for (u32 n = 0; n < count && n < COUNT_OF(ids); n++) {
		name_program(name, sizeof(name), ids[n]);
		add_name(name, ids[n], &names);
	}
	all = !clsact_each(l->ifindex, egress, add_name, &names);
	find(f, egress ? "tc_egress" : "tc_ingress", FINE, "%s",
	     names.used ? names.text
	     : !allowed ? "not to be seen without CAP_NET_ADMIN"
	     : all	? "no programs"
			: "not known");
}

void probe_interface(struct findings *f, const struct link *l)
{
	struct ethtool_facts e;

	ethtool_ask(&e, l->name);
	probe_link(f, l);
	if (probe_native(f, l, &e))
		probe_price(f, l, &e);
	if (e.gro || e.tso)
		find(f, "gro_tso", FINE, "%s%s%s: a large buffer counts as the segments on the wire",
		     e.gro ? "GRO" : "", e.gro && e.tso ? ", " : "", e.tso ? "TSO" : "");
	probe_xdp(f, l);
	probe_tc(f, l, false);
	if (!(l->flags & IFF_LOOPBACK))
		probe_tc(f, l, true);
}
