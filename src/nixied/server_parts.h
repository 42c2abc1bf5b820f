/*
 * server_parts - what a running nixied consists of, for the files that put it together: server.c
 * (its life), server_place.c (what the system gives), server_open.c (each part), server_reload.c
 *
 * Private to these. Each function that returns a bool has said on stderr, or to the operator, what
 * is wrong when it is false.
 */
#ifndef NIXIED_SERVER_PARTS_H
#define NIXIED_SERVER_PARTS_H

#include <event2/event_struct.h>

#include "feedback/feedback.h"
#include "net/turn.h"
#include "nixied/confine.h"
#include "nixied/delivery.h"
#include "nixied/nixied.h"
#include "nixied/server.h"

struct server {
	struct conf conf, before; /* `before`: of the last reload, which sessions may still use */
	struct {
		struct conf conf;  /* that is to be taken, when its script is compiled */
		bool is_open;      /* somebody is asked whether his part is right */
		bool is_due_again; /* SIGHUP meanwhile */
	} renewal;
	struct event_base *base;
	struct turn turn; /* of the loop */
	struct receive *receive;
	struct workers *workers, *mailbox_workers;
	struct eventlog *log;
	struct directory *directory;
	struct dns *dns;
	struct checks *checks;
	struct filters *filters;
	struct hooks *hooks; /* NULL: there is no script */
	struct signing *signing;
	struct return_paths *return_paths;
	struct feedback *feedback; /* to those whose domains wrote */
	struct disk *disk;
	struct queue *queue;
	struct delivery *delivery;
	struct control *control;
	struct metrics *metrics; /* NULL: nobody asked for it */
	int64_t started_ms;
	int64_t after_crash_ms; /* the time of the start, when the server before did not end in
				   order */
	char directory_path[FOLDER_PATH_MAX];
	struct event ends[2], reload, queue_wakes, refresh, idle;
	int64_t patience_ms; /* wall time: when the last deliveries are left to their fate */
	bool is_stopping;
	bool has_less_files, has_less_calls; /* confine.h */
};

/* of the configuration in force */
const struct config_value *server_value(const struct server *s, enum config_setting setting);
/* into the log, as what the operator has to know */
void server_alarm(void *server, const char *words);
/* a message is in the queue: it is looked at now */
void server_accepted(void *server, uint64_t message);
void server_refused(void *server, const struct notice *notice);

/* what may need root, in this order; then, after it became somebody else, its bounds */
bool server_make_folders(const struct server *s, const struct confine_user *user);
bool server_allow_files(const struct server *s);
bool server_open_ports(struct server *s);
void server_confine(struct server *s);

/* server_life_begin - whether the server before ended in order is known by a file that only such an
 * end removes. Without it, the log does not name what may be sent twice; nothing else suffers */
void server_life_begin(struct server *s);
void server_life_end(const struct server *s);

bool server_open_log(struct server *s);
bool server_open_directory(struct server *s);
bool server_open_queue(struct server *s);
bool server_open_checks(struct server *s);
bool server_open_hooks(struct server *s);
bool server_open_signing(struct server *s);
bool server_open_return_paths(struct server *s);
bool server_start_delivery(struct server *s);
bool server_open_feedback(struct server *s);
bool server_open_control(struct server *s);

/* of what is sent to those whose domains wrote; `words` says what is wrong */
bool server_configure_feedback(struct server *s, char words[static FEEDBACK_WORDS_MAX]);
/* SIGHUP */
void server_on_reload(evutil_socket_t signal, short what, void *server);

#endif
