// SPDX-License-Identifier: GPL-2.0-or-later
#include "service_names.h"

#include <stddef.h>

/* What Zeek writes to the service column of its conn.log; below that, what Zeek has no name for. */
static const char *const names[SERVICES] = {
	[SERVICE_AMQP] = "amqp",
	[SERVICE_BITTORRENT] = "bittorrent",
	[SERVICE_DCE_RPC] = "dce_rpc",
	[SERVICE_DNS] = "dns",
	[SERVICE_FTP] = "ftp",
	[SERVICE_HTTP] = "http",
	[SERVICE_HTTP2] = "http2",
	[SERVICE_IMAP] = "imap",
	[SERVICE_IRC] = "irc",
	[SERVICE_KRB_TCP] = "krb_tcp",
	[SERVICE_LDAP_TCP] = "ldap_tcp",
	[SERVICE_MQTT] = "mqtt",
	[SERVICE_MYSQL] = "mysql",
	[SERVICE_NFS] = "nfs",
	[SERVICE_POP3] = "pop3",
	[SERVICE_POSTGRESQL] = "postgresql",
	[SERVICE_RDP] = "rdp",
	[SERVICE_REDIS] = "redis",
	[SERVICE_RFB] = "rfb",
	[SERVICE_SIP] = "sip",
	[SERVICE_SMB] = "smb",
	[SERVICE_SMTP] = "smtp",
	[SERVICE_SOCKS] = "socks",
	[SERVICE_SSH] = "ssh",
	[SERVICE_SSL] = "ssl",
	[SERVICE_TELNET] = "telnet",
	[SERVICE_XMPP] = "xmpp",

	[SERVICE_AFP] = "afp",
	[SERVICE_AJP] = "ajp",
	[SERVICE_BGP] = "bgp",
	[SERVICE_CITRIX] = "citrix",
	[SERVICE_DRDA] = "drda",
	[SERVICE_FIX] = "fix",
	[SERVICE_GIOP] = "giop",
	[SERVICE_GIT] = "git",
	[SERVICE_MEMCACHED] = "memcached",
	[SERVICE_MONGODB] = "mongodb",
	[SERVICE_NATS] = "nats",
	[SERVICE_NNTP] = "nntp",
	[SERVICE_ORACLE] = "oracle",
	[SERVICE_PPTP] = "pptp",
	[SERVICE_RSYNC] = "rsync",
	[SERVICE_RTMP] = "rtmp",
	[SERVICE_RTSP] = "rtsp",
	[SERVICE_SMPP] = "smpp",
	[SERVICE_TDS] = "tds",
	[SERVICE_TEAMVIEWER] = "teamviewer",
	[SERVICE_ZABBIX] = "zabbix",
	[SERVICE_ZMTP] = "zmtp",
};

const char *service_name(enum service_id id)
{
	return id < SERVICES ? names[id] : NULL;
}

bool service_answers(enum service_id id)
{
	const u64 set = 1ULL << SERVICE_AJP | 1ULL << SERVICE_DNS | 1ULL << SERVICE_HTTP |
			1ULL << SERVICE_KRB_TCP | 1ULL << SERVICE_LDAP_TCP | 1ULL << SERVICE_MEMCACHED |
			1ULL << SERVICE_MONGODB | 1ULL << SERVICE_POSTGRESQL | 1ULL << SERVICE_REDIS |
			1ULL << SERVICE_RTSP | 1ULL << SERVICE_SIP | 1ULL << SERVICE_SMB |
			1ULL << SERVICE_SSL | 1ULL << SERVICE_TDS;

	return set >> id & 1;
}
