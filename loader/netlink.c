// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"

/* What one answer is read into; the kernel fills at most this much of a dump at a time. */
enum { ANSWER_MAX = 32768 };

void netlink_begin(struct netlink_request *r, u16 type, u16 flags, size_t fixed)
{
	memset(r, 0, sizeof(*r));
	r->header.nlmsg_len = NLMSG_LENGTH(fixed);
	r->header.nlmsg_type = type;
	r->header.nlmsg_flags = NLM_F_REQUEST | flags;
	r->header.nlmsg_seq = 1;
	/* A dump ends with NLMSG_DONE; anything else shall end with an acknowledgment. */
	if (!(flags & NLM_F_DUMP))
		r->header.nlmsg_flags |= NLM_F_ACK;
}

static struct rtattr *tail(struct netlink_request *r)
{
	return (struct rtattr *)(void *)((char *)r + NLMSG_ALIGN(r->header.nlmsg_len));
}

void netlink_add(struct netlink_request *r, u16 type, const void *data, size_t size)
{
	struct rtattr *a = tail(r);

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(a), data, size);
	r->header.nlmsg_len = NLMSG_ALIGN(r->header.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

/* Opens a nested attribute; what is added until netlink_nest_end() lies in it. */
static struct rtattr *netlink_nest(struct netlink_request *r, u16 type)
{
	struct rtattr *nest = tail(r);

	netlink_add(r, type | NLA_F_NESTED, NULL, 0);
	return nest;
}

static void netlink_nest_end(struct netlink_request *r, struct rtattr *nest)
{
	nest->rta_len = (u16)((char *)tail(r) - (char *)nest);
}

void netlink_sort(const struct rtattr **sorted, unsigned count, const void *first, size_t size)
{
	for (unsigned i = 0; i < count; i++)
		sorted[i] = NULL;
	for (const struct rtattr *a = first; RTA_OK(a, size); a = RTA_NEXT(a, size))
		if ((a->rta_type & NLA_TYPE_MASK) < count)
			sorted[a->rta_type & NLA_TYPE_MASK] = a;
}

void netlink_attributes(const struct rtattr **sorted, unsigned count, const struct nlmsghdr *message,
			size_t fixed)
{
	const char *data = NLMSG_DATA(message);
	size_t before = NLMSG_SPACE(fixed);

	netlink_sort(sorted, count, data + NLMSG_ALIGN(fixed),
		     message->nlmsg_len > before ? message->nlmsg_len - before : 0);
}

u32 netlink_u32(const struct rtattr *a)
{
	u32 value = 0;

	if (a && RTA_PAYLOAD(a) >= sizeof(value))
		memcpy(&value, RTA_DATA(a), sizeof(value));
	return value;
}

static void copy_text(char *to, size_t room, const struct rtattr *a)
{
	to[0] = 0;
	if (a)
		snprintf(to, room, "%.*s", (int)RTA_PAYLOAD(a), (const char *)RTA_DATA(a));
}

/* The end of an answer: 0 or -errno, and the kernel's words where it gave some. */
static int read_verdict(const struct nlmsghdr *message, char *words)
{
	const struct nlmsgerr *e = NLMSG_DATA(message);
	const struct rtattr *attributes[NLMSGERR_ATTR_MSG + 1];

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*e)))
		return -EPROTO;
	if (words && e->error && message->nlmsg_flags & NLM_F_ACK_TLVS) {
		netlink_attributes(attributes, COUNT_OF(attributes), message, sizeof(*e));
		copy_text(words, WORDS_MAX, attributes[NLMSGERR_ATTR_MSG]);
	}
	return e->error;
}

/* A dump that broke off ends like a whole one, but for the number that it ends with: 0 or -errno. */
static int read_end(const struct nlmsghdr *message)
{
	int error = 0;

	if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(error)))
		memcpy(&error, NLMSG_DATA(message), sizeof(error));
	return error;
}

/* Reads until the answer ends. */
static int read_answer(int fd, void (*each)(const struct nlmsghdr *, void *), void *context, char *words)
{
	char answer[ANSWER_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));

	for (;;) {
		ssize_t size = recv(fd, answer, sizeof(answer), 0);

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return size ? -errno : -EPROTO;
		for (const struct nlmsghdr *m = (void *)answer; NLMSG_OK(m, size); m = NLMSG_NEXT(m, size)) {
			if (m->nlmsg_type == NLMSG_DONE)
				return read_end(m);
			if (m->nlmsg_type == NLMSG_ERROR)
				return read_verdict(m, words);
			if (each)
				each(m, context);
		}
	}
}

int netlink_talk(int protocol, struct netlink_request *r, void (*each)(const struct nlmsghdr *, void *),
		 void *context, char *words)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), one = 1, result;

	if (words)
		words[0] = 0;
	if (fd < 0)
		return -errno;
	/* Without them an answer carries no words; with NETLINK_CAP_ACK it doesn't repeat the request. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	if (send(fd, r, r->header.nlmsg_len, 0) < 0)
		result = -errno;
	else
		result = read_answer(fd, each, context, words);
	close(fd);
	return result;
}

static void read_xdp(struct link *l, const struct rtattr *nest)
{
	const struct rtattr *xdp[IFLA_XDP_HW_PROG_ID + 1];

	if (!nest)
		return;
	netlink_sort(xdp, COUNT_OF(xdp), RTA_DATA(nest), RTA_PAYLOAD(nest));
	if (xdp[IFLA_XDP_ATTACHED])
		l->xdp_mode = *(const u8 *)RTA_DATA(xdp[IFLA_XDP_ATTACHED]);
	l->xdp_program = netlink_u32(xdp[IFLA_XDP_PROG_ID]);
}

static void read_kind(struct link *l, const struct rtattr *nest)
{
	const struct rtattr *info[IFLA_INFO_KIND + 1];

	if (!nest)
		return;
	netlink_sort(info, COUNT_OF(info), RTA_DATA(nest), RTA_PAYLOAD(nest));
	copy_text(l->kind, sizeof(l->kind), info[IFLA_INFO_KIND]);
}

static void read_link(const struct nlmsghdr *message, void *context)
{
	const struct rtattr *a[IFLA_XDP + 1];
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct link *l = context;

	if (message->nlmsg_type != RTM_NEWLINK)
		return;
	netlink_attributes(a, COUNT_OF(a), message, sizeof(*info));
	l->ifindex = info->ifi_index;
	l->type = info->ifi_type;
	l->flags = info->ifi_flags;
	copy_text(l->name, sizeof(l->name), a[IFLA_IFNAME]);
	l->mtu = netlink_u32(a[IFLA_MTU]);
	read_kind(l, a[IFLA_LINKINFO]);
	read_xdp(l, a[IFLA_XDP]);
}

int link_find(struct link *l, const char *name)
{
	struct netlink_request r;

	memset(l, 0, sizeof(*l));
	if (!*name || strlen(name) >= LINK_NAME_SIZE)
		return -ENODEV;
	netlink_begin(&r, RTM_GETLINK, 0, sizeof(r.link));
	netlink_add(&r, strlen(name) < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name, strlen(name) + 1);
	return netlink_talk(NETLINK_ROUTE, &r, read_link, l, NULL);
}

bool link_is_gone(u32 ifindex)
{
	char name[IF_NAMESIZE];

	return !if_indextoname(ifindex, name) && (errno == ENXIO || errno == ENODEV);
}

int link_say_not_found(const char *name, int error)
{
	return say_error("%s: %s", name,
			 error == -ENODEV ? "no such interface (`ip link` lists them)" : strerror(-error));
}

static int set_xdp(int ifindex, int program, u32 flags, const int *expected, char *words)
{
	struct netlink_request r;
	struct rtattr *nest;

	netlink_begin(&r, RTM_SETLINK, 0, sizeof(r.link));
	r.link.ifi_index = ifindex;
	nest = netlink_nest(&r, IFLA_XDP);
	netlink_add(&r, IFLA_XDP_FD, &program, sizeof(program));
	netlink_add(&r, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	if (expected)
		netlink_add(&r, IFLA_XDP_EXPECTED_FD, expected, sizeof(*expected));
	netlink_nest_end(&r, nest);
	return netlink_talk(NETLINK_ROUTE, &r, NULL, NULL, words);
}

void link_xdp_words(int ifindex, int program, u32 flags, char words[WORDS_MAX])
{
	/* Should it succeed after all, it is undone at once, and nobody else's program with it. */
	if (!set_xdp(ifindex, program, flags | XDP_FLAGS_UPDATE_IF_NOEXIST, NULL, words))
		set_xdp(ifindex, -1, flags | XDP_FLAGS_REPLACE, &program, NULL);
}
