/*
 * check - what is wrong with a configuration that can be read, what is dangerous in it, and what
 * the world around it lacks
 *
 * check_settings() looks at the configuration alone; the others at files, ports and the directory,
 * and change nothing there.
 */
#ifndef NIXIED_CHECK_H
#define NIXIED_CHECK_H

#include "nixied/nixied.h"

#define FINDINGS_MAX 200 /* more are counted */

enum finding_kind {
	FINDING_GOOD,    /* as it should be */
	FINDING_NOTE,    /* worth knowing */
	FINDING_WARNING, /* works, and is dangerous or a nuisance */
	FINDING_WRONG,   /* does not work */
	FINDING_KINDS
};

struct finding {
	enum finding_kind kind;
	unsigned line;    /* of nixied.conf; 0: of none */
	struct str what;  /* "max_connections = 5: ..." */
	struct str to_do; /* empty: nothing */
};

struct findings {
	struct arena *arena; /* texts live there */
	struct finding list[FINDINGS_MAX];
	size_t count; /* of all; those past FINDINGS_MAX are not kept */
	size_t of_kind[FINDING_KINDS];
};

/* findings_add - `what` and `to_do` as printf-like words, which are copied */
__attribute__((format(printf, 5, 6))) void findings_add(struct findings *f, enum finding_kind kind,
	unsigned line, const char *to_do, const char *format, ...);

/* findings_print - to stdout, the worst first, and a line that counts them; `path`: where they are
 * from */
void findings_print(const struct findings *f, const char *path);

void check_settings(const struct config *config, struct findings *f);
/* check_parts - values that only their readers know: a server that starts would be stopped by them,
 * or pass over them in silence */
void check_parts(const struct config *config, struct findings *f);
/* check_certificates - those of each listener; `host` is the server's name, `now_s` since 1970 */
void check_certificates(
	const struct config *config, struct str host, int64_t now_s, struct findings *f);
void check_host(const struct config *config, char host[static 256], struct findings *f);
void check_folders(const struct conf *conf, struct findings *f);
/* check_filters - asks each whether it is there */
void check_filters(const struct config *config, struct findings *f);
void check_ports(const struct config *config, struct findings *f);
/* check_hooks - the script: compiled, and run once as a server does when it starts */
void check_hooks(const struct config *config, struct findings *f);
/* check_keys - those that mail is signed with */
void check_keys(const struct conf *conf, struct findings *f);
void check_directory(const struct conf *conf, struct str host, struct findings *f);

/* Where an address for listening is. */
enum reach { REACH_FILE, REACH_HOST, REACH_PRIVATE, REACH_WORLD };
enum reach address_reach(struct str address);

/* net_reach - REACH_WORLD also when only a part of it is out there */
struct net;
enum reach net_reach(const struct net *net);

#endif
