/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host that an originator asks for: TLS's server name, HTTP's Host. */
#ifndef SYNSCOPE_SERVICE_SERVER_NAME_H
#define SYNSCOPE_SERVICE_SERVER_NAME_H

#include "platform.h"

/* RFC 1035 2.3.4, and the NUL. */
enum { SERVER_NAME_SIZE = 256 };

/*
 * From the first payload of a TLS or HTTP/1 originator. The length of the name; 0: there is none, it lies
 * behind `length`, or it is not a name that can be shown (anything but visible ASCII).
 */
u32 tls_server_name(const u8 *bytes, u32 length, char name[SERVER_NAME_SIZE]);
u32 http_host(const u8 *bytes, u32 length, char name[SERVER_NAME_SIZE]);

#endif
