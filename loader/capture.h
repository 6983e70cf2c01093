/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads capture files, and brings the frames of every link type into one shape for both engines. */
#ifndef SYNSCOPE_CAPTURE_H
#define SYNSCOPE_CAPTURE_H

#include <pcap/pcap.h>

#include "engine_native.h"
#include "link_type.h"
#include "pcapng.h"

/* A frame with an Ethernet header, whatever the capture's link type was. */
struct captured_frame {
	u64 time;	/* ns since the epoch */
	u32 captured;	/* bytes in data, 14 to FRAME_PREFIX_MAX; short frames are padded with zeros */
	u32 length;	/* bytes on the wire, with the Ethernet header */
	u32 interface;	/* which of a pcapng file's interfaces saw it; 0 in a pcap */
	const u8 *data; /* until the next frame is read */
};

struct capture {
	const char *path;
	int fd;
	FILE *file;
	pcap_t *pcap; /* of a pcap file; NULL: it is a pcapng */
	struct pcapng pcapng;
	const struct link_type *link_type; /* of a pcap file */
	u64 size;			   /* bytes of the file; 0: not known */
	u32 longest;			   /* frame until now, as the file says; bytes */
	char *read_ahead;		   /* the file's buffer */
	bool given_up;			   /* the process was asked to end, and the pipe brought no end */
	void (*before_wait)(void *);	   /* called when a pipe has nothing to read yet; may be NULL */
	void *before_wait_context;
	u8 shaped[FRAME_PREFIX_MAX]; /* the current frame, where it is not what the file has */
};

/*
 * Opens a pcap or pcapng file, "-" for standard input. 0, or -1, said; but where c->given_up is set there was
 * nothing to say.
 */
int capture_open(struct capture *c, const char *path);

/* The next frame: 1; the end, or c->given_up: 0; the file is broken here: -1, said. */
int capture_next(struct capture *c, struct captured_frame *f);

/* The name that a pcapng file gives an interface, or NULL. */
const char *capture_interface_name(const struct capture *c, u32 interface);

/* How far the reader has come in the file, bytes; 0: not known. */
u64 capture_position(const struct capture *c);

/* Whether a path ("-": standard input) is a file, which has an end, and not a pipe. */
bool capture_is_regular(const char *path);

/* Whether a path leads to the file that is read: to open it for writing would empty it. */
bool capture_is_file(const struct capture *c, const char *path);

void capture_close(struct capture *c);

#endif
