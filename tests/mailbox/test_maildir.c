/* test_maildir - into a mailbox, once, within its quota; and where mailboxes are */
#define _GNU_SOURCE /* syscall */
#include "mailbox/maildir.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Stands before the system's: which files, and which folders, were synced? */
static unsigned files_synced, folders_synced;

int
fdatasync(int fd)
{
	files_synced++;
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	struct stat st = {0};
	(void)fstat(fd, &st);
	*(S_ISDIR(st.st_mode) ? &folders_synced : &files_synced) += 1;
	return (int)syscall(SYS_fsync, fd);
}

static char base[] = "maildir-test.XXXXXX";
static struct mailbox_error error;

struct text {
	struct str rest;
	size_t piece; /* bytes at a time */
	long result;  /* negative: fails at the end */
};

static long
text_give(void *from, char *to, size_t room)
{
	struct text *const t = from;
	size_t n = t->piece < room ? t->piece : room;
	if (n > t->rest.len)
		n = t->rest.len;
	if (n == 0)
		return t->result;
	memcpy(to, t->rest.ptr, n);
	t->rest = str_from(t->rest, n);
	return (long)n;
}

static enum mailbox_result
deliver(const char *path, struct str body, const char *id, uint64_t quota, size_t piece, bool again)
{
	struct text text = {body, piece, 0};
	const struct mailbox_message m = {.head = STR("Return-Path: <s@example.com>\r\n"),
		.source = text_give,
		.from = &text,
		.bytes = body.len,
		.id = str_of(id),
		.host = STR("mx/1.example.org"),
		.arrived_s = 1790000000,
		.now_s = 1790000100,
		.may_be_there = again};
	return maildir_deliver(path, &m, quota, &error);
}

/* The one file in a folder: its content; the number of files in *count. */
static struct str
only_file(const char *path, const char *folder, size_t *count, char name[256])
{
	static char content[4096];
	char at[1400];
	struct str found = STR_NONE;
	snprintf(at, sizeof at, "%s/%s", path, folder);
	DIR *const d = opendir(at);
	const struct dirent *e;
	*count = 0;
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		++*count;
		snprintf(name, 256, "%s", e->d_name);
		snprintf(at, sizeof at, "%s/%s/%s", path, folder, e->d_name);
		const int fd = open(at, O_RDONLY);
		const ssize_t n = read(fd, content, sizeof content);
		close(fd);
		found = (struct str){content, n < 0 ? 0 : (size_t)n};
	}
	if (d != NULL)
		closedir(d);
	return found;
}

static size_t
count_of(const char *path, const char *folder)
{
	size_t count;
	char name[256];
	only_file(path, folder, &count, name);
	return count;
}

static const char *
path_of(const char *name)
{
	static char paths[4][128]; /* a few are used at a time */
	static size_t next;
	char *const path = paths[next++ % 4];
	snprintf(path, sizeof paths[0], "%s/%s", base, name);
	return path;
}

static void
test_content(void)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
		{"Subject: x\r\n\r\nHello\r\n", "Subject: x\n\nHello\n"},
		{"a\r\r\nb\r\n", "a\r\nb\n"},
		{"a\rb\r\n", "a\rb\n"},
		{"a\nb\r", "a\nb\r"},
		{"", ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t piece = 1; piece <= 4; piece++) {
			char name[32], want[256], file[256];
			size_t count;
			snprintf(name, sizeof name, "c%zu-%zu", i, piece);
			snprintf(want, sizeof want, "Return-Path: <s@example.com>\n%s",
				cases[i].want);
			const enum mailbox_result r = deliver(
				path_of(name), str_of(cases[i].body), "A1", 0, piece, false);
			tap_is_int(r, MAILBOX_DONE, "delivered, %zu bytes at a time", piece);
			tap_is_str(only_file(path_of(name), "new", &count, file), str_of(want),
				"what stands there");
			char ending[32];
			snprintf(ending, sizeof ending, ",S=%zu", strlen(want));
			tap_ok(str_has(str_of(file), STR("1790000000.QA1.mx_1.example.org")) &&
					str_ends_case(str_of(file), str_of(ending)),
				"under the name %s", file);
			tap_is_int(count_of(path_of(name), "tmp"), 0, "nothing is left in tmp");
		}
}

/* An attempt that is made again finds what the first one left. */
static void
test_once(void)
{
	const char *const path = path_of("once");
	char from[700], to[700], name[256];
	size_t count;
	const struct str body = STR("x\r\n");
	deliver(path, body, "B2R0", 0, 10, false);
	tap_is_int(deliver(path, body, "B2R0", 0, 10, true), MAILBOX_DONE, "again");
	tap_is_int(count_of(path, "new"), 1, "and there is one");
	tap_is_int(deliver(path, body, "B2R1", 0, 10, true), MAILBOX_DONE,
		"another recipient of the message");
	tap_is_int(count_of(path, "new"), 2, "has his own");
	tap_is_int(deliver(path, body, "B2R", 0, 10, true), MAILBOX_DONE,
		"an id that is the head of another's");
	tap_is_int(count_of(path, "new"), 3, "is not that");

	/* The attempt of before came as far as tmp, or the mailbox has lost a folder. */
	const char *const half = path_of("half");
	deliver(half, body, "H1", 0, 10, false);
	snprintf(from, sizeof from, "%s/tmp/1790000000.QH2.mx_1.example.org", half);
	const int fd = open(from, O_CREAT | O_WRONLY, 0600);
	tap_ok(fd >= 0 && write(fd, "ha", 2) == 2, "half a message in tmp");
	close(fd);
	tap_is_int(deliver(half, body, "H2", 0, 10, true), MAILBOX_DONE, "again");
	tap_ok(count_of(half, "new") == 2 && count_of(half, "tmp") == 0, "it is whole in new");
	snprintf(from, sizeof from, "%s/tmp", half);
	snprintf(to, sizeof to, "%s/cur", half);
	tap_ok(rmdir(from) == 0 && rmdir(to) == 0, "two folders are gone");
	tap_is_int(deliver(half, body, "H3", 0, 10, false), MAILBOX_DONE, "they are made again");
	tap_ok(access(from, F_OK) == 0 && access(to, F_OK) == 0, "both");
	deliver(half, body, "H3", 0, 10, false);
	tap_is_int(count_of(half, "new"), 3, "who does not look replaces what is the same");

	/* Read meanwhile: moved to cur, with flags. */
	const char *const read_path = path_of("read");
	deliver(read_path, body, "C3R0", 0, 10, false);
	only_file(read_path, "new", &count, name);
	snprintf(from, sizeof from, "%s/new/%s", read_path, name);
	snprintf(to, sizeof to, "%s/cur/%s:2,RS", read_path, name);
	tap_ok(rename(from, to) == 0, "the owner reads it");
	tap_is_int(deliver(read_path, body, "C3R0", 0, 10, true), MAILBOX_DONE, "again");
	tap_is_int(count_of(read_path, "new"), 0, "and he does not get it twice");
}

static void
test_failures(void)
{
	struct text text = {STR("half of it"), 4, -EIO};
	const char *const path = path_of("broken");
	struct mailbox_message m = {.source = text_give,
		.from = &text,
		.id = STR("D4"),
		.host = STR("h"),
		.arrived_s = 1};
	enum mailbox_result r = maildir_deliver(path, &m, 0, &error);
	tap_ok(r == MAILBOX_UNREADABLE && error.code == EIO, "a message that cannot be read: %s",
		error.words);
	tap_ok(count_of(path, "new") == 0 && count_of(path, "tmp") == 0, "leaves nothing");

	r = deliver("maildir-test-nowhere/x", STR("x"), "E5", 0, 9, false);
	tap_ok(r == MAILBOX_FAILED && error.code == ENOENT, "no folder above it: %s", error.words);
	tap_ok(mailbox_folder_make(path_of("above"), &error), "one is made");
	tap_ok(mailbox_folder_make(path_of("above"), &error), "or is there");
	tap_is_int(deliver(path_of("above/x"), STR("x"), "E5", 0, 9, false), MAILBOX_DONE, "then");
	tap_ok(!mailbox_folder_make("maildir-test-nowhere/x", &error) && error.code == ENOENT,
		"none in nothing: %s", error.words);

	const int fd = open(path_of("file"), O_CREAT | O_WRONLY, 0600);
	close(fd);
	r = deliver(path_of("file"), STR("x"), "E6", 0, 9, false);
	tap_ok(r == MAILBOX_FAILED, "a file in its place: %s", error.words);
	if (symlink("/tmp", path_of("link")) == 0) {
		r = deliver(path_of("link"), STR("x"), "E7", 0, 9, false);
		tap_ok(r == MAILBOX_FAILED, "a link in its place: %s", error.words);
	}

	char longest[MAILBOX_HEAD_MAX + 1];
	memset(longest, 'h', sizeof longest);
	text = (struct text){STR(""), 4, 0};
	m.head = (struct str){longest, MAILBOX_HEAD_MAX};
	r = maildir_deliver(path_of("head"), &m, 0, &error);
	tap_is_int(r, MAILBOX_DONE, "the longest head");
	m.head.len++;
	r = maildir_deliver(path_of("head"), &m, 0, &error);
	tap_is_int(r, MAILBOX_FAILED, "a byte more");
}

enum { THREADS = 8, NEW_BOXES = 100 };

struct first {
	const char *path;
	char id[8];
	bool ok;
};

static void *
deliver_first(void *of)
{
	struct first *const f = of;
	struct mailbox_error ignored;
	struct text text = {STR("x"), 1, 0};
	const struct mailbox_message m = {.source = text_give,
		.from = &text,
		.bytes = 1,
		.id = str_of(f->id),
		.host = STR("h"),
		.arrived_s = 1};
	f->ok = maildir_deliver(f->path, &m, 0, &ignored) == MAILBOX_DONE;
	return NULL;
}

/* The first mails of a mailbox come at once: none of them finds it half made. */
static void
test_first_mails(void)
{
	size_t failed = 0;
	for (int box = 0; box < NEW_BOXES; box++) {
		char path[128], name[16];
		snprintf(name, sizeof name, "first%d", box);
		snprintf(path, sizeof path, "%s", path_of(name));
		struct first firsts[THREADS];
		pthread_t threads[THREADS];
		for (int i = 0; i < THREADS; i++) {
			firsts[i] = (struct first){.path = path};
			snprintf(firsts[i].id, sizeof firsts[i].id, "G%d", i);
			if (pthread_create(&threads[i], NULL, deliver_first, &firsts[i]) != 0)
				exit(1);
		}
		for (int i = 0; i < THREADS; i++) {
			pthread_join(threads[i], NULL);
			failed += !firsts[i].ok;
		}
	}
	tap_is_int((long long)failed, 0, "%d first mails at once for each of %d mailboxes", THREADS,
		NEW_BOXES);

	char new_folder[160];
	const char *const path = path_of("halved");
	snprintf(new_folder, sizeof new_folder, "%s/new", path);
	char tmp_folder[160];
	snprintf(tmp_folder, sizeof tmp_folder, "%s/tmp", path);
	tap_ok(mkdir(path, 0700) == 0 && mkdir(tmp_folder, 0700) == 0, "a mailbox with tmp alone");
	tap_is_int(deliver(path, STR("x"), "H1", 0, 9, false), MAILBOX_DONE, "gets its mail");
	tap_is_int((long long)count_of(path, "new"), 1, "in new");
}

static void
file_write(const char *path, const char *name, const char *content)
{
	char at[700];
	snprintf(at, sizeof at, "%s/%s", path, name);
	FILE *const f = fopen(at, "w");
	fputs(content, f);
	fclose(f);
}

static void
test_quota(void)
{
	enum { HEAD = 29 }; /* Return-Path and its LF */
	char path[128];
	snprintf(path, sizeof path, "%s", path_of("quota"));
	const struct str body = STR("0123456789");
	tap_is_int(deliver(path, body, "F1", 10, 99, false), MAILBOX_DONE, "exactly the quota");
	tap_is_int(
		deliver(path_of("quota2"), body, "F1", 9, 99, false), MAILBOX_FULL, "a byte more");
	tap_is_int(deliver(path, body, "F2", 10 + HEAD + 9, 99, false), MAILBOX_FULL,
		"what is there counts");
	tap_is_int(deliver(path, body, "F3", 10 + HEAD + 10, 99, false), MAILBOX_DONE,
		"with the size on disk");
	tap_is_int(maildir_used(path, 49, 1790000000), 2 * (10 + HEAD), "what is used");
	tap_is_int(maildir_used(path_of("none"), 49, 0), 0, "no mailbox yet");

	/* Folders count, Trash does not; a size in a name is believed. */
	char at[300];
	static const char *const folders[] = {
		".Work", ".Work/new", ".Work/cur", ".Trash", ".Trash/new", ".Trash/cur"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(at, sizeof at, "%s/%s", path, folders[i]);
		if (mkdir(at, 0700) != 0)
			puts("# no folder");
	}
	file_write(path, ".Work/cur/1.a.h,S=1000:2,S", "short");
	file_write(path, ".Work/new/2.b.h", "12345");
	file_write(path, ".Trash/cur/3.c.h,S=500:2,", "x");
	file_write(path, "maildirsize", "rubbish");
	tap_is_int(maildir_used(path, 5000, 1790000000), 2 * (10 + HEAD) + 1005,
		"counted anew when the file is rubbish");

	/* What others append counts; a file that says "full" is believed while it is fresh. */
	file_write(path, "maildirsize", "5000S\n4000 3\n-1500 -1\n");
	tap_is_int(maildir_used(path, 5000, 1790000000), 2500, "the lines are summed up");
	file_write(path, "maildirsize", "5000S\n4995 3\n");
	struct stat st = {0};
	snprintf(at, sizeof at, "%s/maildirsize", path);
	stat(at, &st);
	struct text text = {body, 99, 0};
	struct mailbox_message m = {.source = text_give,
		.from = &text,
		.bytes = 10,
		.id = STR("F9"),
		.host = STR("h"),
		.now_s = (int64_t)st.st_mtime + 899};
	tap_is_int(maildir_deliver(path, &m, 5000, &error), MAILBOX_FULL, "full, and just written");
	m.now_s += 5;
	tap_is_int(maildir_deliver(path, &m, 5000, &error), MAILBOX_DONE,
		"full, but a quarter of an hour old: counted, and there is room");
	file_write(path, "maildirsize", "4000S\n1 1\n");
	const bool is_anew = maildir_used(path, 5000, 1790000000) > 1000;
	tap_ok(is_anew, "of another quota: counted anew");
}

/* Since when mail finds no room: from the first that was turned away until one fits. */
static void
test_full_since(void)
{
	char path[128];
	const int64_t day = 86400, first = 1790000000;
	const struct str body = STR("0123456789");
	struct text text = {body, 99, 0};
	struct mailbox_message m = {.source = text_give,
		.from = &text,
		.bytes = 10,
		.id = STR("F1"),
		.host = STR("h"),
		.now_s = first};
	snprintf(path, sizeof path, "%s", path_of("since"));
	tap_is_int(maildir_deliver(path, &m, 20, &error), MAILBOX_DONE, "there is room");
	tap_is_int(maildir_full_since(path, first + 1, false), first + 1, "nothing is remembered");
	m.id = STR("F2");
	m.now_s = first + day;
	tap_is_int(maildir_deliver(path, &m, 15, &error), MAILBOX_FULL, "there is none");
	tap_is_int(error.full_since_s, first + day, "since now");
	m.now_s = first + 3 * day;
	tap_is_int(maildir_deliver(path, &m, 15, &error), MAILBOX_FULL, "nor two days later");
	tap_is_int(error.full_since_s, first + day, "since two days");
	tap_is_int(maildir_full_since(path, first + 4 * day, true), first + day, "so it says");
	tap_is_int(maildir_full_since(path, first, true), first, "a clock that went back");
	text.rest = body;
	tap_is_int(maildir_deliver(path, &m, 40, &error), MAILBOX_DONE, "room again");
	files_synced = folders_synced = 0;
	tap_is_int(maildir_full_since(path, first + 5 * day, true), first + 5 * day,
		"which begins anew");
	tap_ok(files_synced == 1 && folders_synced == 1, "... and survives the loss of power");
	tap_is_int(maildir_full_since(path, first + 6 * day, true), first + 5 * day,
		"and is remembered");
	tap_ok(files_synced == 1 && folders_synced == 1, "... without being written again");
	file_write(path, "nixied-full", "some time ago\n");
	tap_is_int(maildir_full_since(path, first + 7 * day, true), first + 7 * day, "rubbish");
	tap_is_int(maildir_full_since(path, first + 8 * day, true), first + 7 * day,
		"is written anew");
	tap_is_int(maildir_full_since(path_of("none"), first, true), first, "no mailbox yet");
}

static void
test_paths(void)
{
	static const struct {
		const char *domain, *local, *want;
	} cases[] = {
		{"example.org", "john", "/m/example.org/john"},
		{"Example.ORG", "John.Doe", "/m/example.org/john.doe"},
		{"example.org", "..", "/m/example.org/%2E."},
		{"example.org", ".hidden", "/m/example.org/%2Ehidden"},
		{"example.org", "-rf", "/m/example.org/%2Drf"},
		{"example.org", "a/../../b", "/m/example.org/a%2F..%2F..%2Fb"},
		{"example.org", "a b\"%", "/m/example.org/a%20b%22%25"},
		{"example.org", "jörg", "/m/example.org/jörg"},
		{"[192.0.2.1]", "x", "/m/%5B192.0.2.1%5D/x"},
		{"example.org", "", NULL},
		{"", "x", NULL},
	};
	char path[MAILBOX_PATH_MAX], local[300];
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const bool ok = mailbox_path(
			STR("/m"), str_of(cases[i].domain), str_of(cases[i].local), path);
		tap_is_str(ok ? str_of(path) : STR_NONE, str_of(cases[i].want), "<%s@%s>",
			cases[i].local, cases[i].domain);
	}
	memset(local, 'x', sizeof local);
	tap_ok(mailbox_path(STR("/m"), STR("d"), (struct str){local, 255}, path),
		"the longest name");
	tap_ok(!mailbox_path(STR("/m"), STR("d"), (struct str){local, 256}, path), "a longer one");
	char deep[MAILBOX_PATH_MAX];
	memset(deep, 'b', sizeof deep);
	tap_ok(mailbox_path((struct str){deep, MAILBOX_PATH_MAX - 5}, STR("d"), STR("x"), path),
		"the longest path");
	tap_ok(!mailbox_path((struct str){deep, MAILBOX_PATH_MAX - 4}, STR("d"), STR("x"), path),
		"a longer one");
}

int
main(void)
{
	if (mkdtemp(base) == NULL)
		return 99;
	test_content();
	test_once();
	test_failures();
	test_first_mails();
	test_quota();
	test_full_since();
	test_paths();
	char command[64];
	snprintf(command, sizeof command, "rm -rf '%s'", base);
	return system(command) == 0 ? tap_done() : 99;
}
