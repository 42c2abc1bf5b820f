/* admin - what the files of `nixied admin` share; nobody else includes it */
#ifndef NIXIED_ADMIN_H
#define NIXIED_ADMIN_H

#include "directory/entry.h"
#include "nixied/nixied.h"

/* What a command line asks for. */
struct admin {
	struct directory *d;
	struct conf conf;
	const char *conf_path, *directory_path; /* -c, --directory */
	char path[FOLDER_PATH_MAX];             /* of the directory's file */
	char mail_folder[FOLDER_PATH_MAX];      /* "" when no configuration says where it is */
	bool is_json, is_dry, has_secrets, updates, adds_domains, is_authenticated,
		without_password;
	const char *password_file, *sender, *domain, *postmaster;
	/* What is left of the line: its words, and the options that are properties. */
	char *words[4];
	int word_count;
	struct {
		struct str name, value;
	} properties[ENTRY_PROPERTIES_MAX];
	size_t property_count;
	struct arena a;
};

/* admin_complain - "nixie-admin: WORDS" on stderr */
__attribute__((format(printf, 1, 2))) void admin_complain(const char *fmt, ...);

/* admin_stdout - an out_sink */
bool admin_stdout(void *to, const char *bytes, size_t len);

/* ---- admin_options.c */

extern const char admin_usage[];
/* admin_options - reads the line; false when the command is to end with *code */
bool admin_options(int argc, char **argv, struct admin *o, int *code);

/* ---- admin_list.c */

/* admin_list - those of a kind, as a table or as JSON; admin_show - one */
int admin_list(struct admin *o, enum entry_kind kind, struct str filter);
int admin_show(struct admin *o, enum entry_kind kind, struct str name);

/* ---- admin_way.c */

int admin_way(struct admin *o, struct str address);
int admin_check(struct admin *o);

/* ---- admin_move.c */

int admin_export(struct admin *o);
int admin_import(struct admin *o, const char *form, const char *file);

/* ---- admin_password.c */

/*
 * password_get - from --password-file, or asked for twice on a terminal
 *
 * is_needed  what to do without either: complain, or give an absent one
 * room       DIRECTORY_PASSWORD_MAX + 2; wipe it with password_wipe()
 * Returns    false after a complaint
 */
#define PASSWORD_ROOM (DIRECTORY_PASSWORD_MAX + 2)
bool password_get(const struct admin *o, bool is_needed, char room[PASSWORD_ROOM], struct str *out);
void password_wipe(char room[PASSWORD_ROOM]);

#endif
