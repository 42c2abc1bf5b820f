/* test_shelf - mail that is kept in a mailbox for a while: bounded by age and size, and nobody
 * else's */
#include "mailbox/shelf.h"
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW_S 1790000000

static char base[] = "shelf-test.XXXXXX";
static char mailbox[64];
static struct mailbox_error error;
static const struct shelf_bounds wide = {.since_s = 0, .bytes_max = 1 << 20};

static enum mailbox_result
put(const char *id, int64_t arrived_s, struct str text, const struct shelf_bounds *bounds)
{
	struct str rest = text;
	const struct mailbox_message m = {.head = STR("X: y\r\n"),
		.source = mailbox_source_text,
		.from = &rest,
		.bytes = text.len,
		.id = str_of(id),
		.host = STR("mx.example.org"),
		.arrived_s = arrived_s,
		.now_s = arrived_s};
	return shelf_put(mailbox, &m, bounds, &error);
}

/* Files in a folder of the mailbox whose name has the words. */
static int
count(const char *folder, const char *words)
{
	char path[200];
	int n = 0;
	snprintf(path, sizeof path, "%s/%s", mailbox, folder);
	DIR *const d = opendir(path);
	for (const struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		n += e->d_name[0] != '.' && strstr(e->d_name, words) != NULL;
	if (d != NULL)
		closedir(d);
	return n;
}

static void
touch(const char *name)
{
	char path[200];
	snprintf(path, sizeof path, "%s/%s", mailbox, name);
	const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	tap_ok(fd >= 0 && close(fd) == 0, "a file of somebody else");
}

static void
test_put(void)
{
	struct stat st = {0};
	char path[200];
	tap_is_int(put("038G1", NOW_S, STR("hello\r\n"), &wide), MAILBOX_DONE,
		"into a mailbox that was never used");
	tap_is_int(count(".Rejects/new", ".QR038G1.mx.example.org,S=11"), 1, "it lies there");
	snprintf(path, sizeof path, "%s/.Rejects/maildirfolder", mailbox);
	tap_ok(stat(path, &st) == 0, "which is a folder of Maildir++");
	tap_is_int(maildir_used(mailbox, 1 << 20, NOW_S), 0, "it counts for no quota");
	snprintf(path, sizeof path, "%s/cur", mailbox);
	tap_ok(stat(path, &st) == 0, "and the mailbox is whole");
}

static void
test_age(void)
{
	const struct shelf_bounds bounds = {.since_s = NOW_S + 50, .bytes_max = 1 << 20};
	char from[200], to[300];
	put("038G2", NOW_S + 60, STR("later\r\n"), &wide);
	touch(".Rejects/cur/1000000000.M1P1.host,S=5:2,S");
	touch(".Rejects/cur/notes");
	/* read meanwhile */
	snprintf(from, sizeof from, "%s/.Rejects/new/%d.QR038G1.mx.example.org,S=11", mailbox,
		NOW_S);
	snprintf(to, sizeof to, "%s/.Rejects/cur/%d.QR038G1.mx.example.org,S=11:2,S", mailbox,
		NOW_S);
	tap_ok(rename(from, to) == 0, "one is read");
	shelves_tidy(base, &bounds);
	tap_is_int(count(".Rejects/cur", "QR038G1"), 0, "what is old goes, read or not");
	tap_is_int(count(".Rejects/new", "QR038G2"), 1, "what is not stays");
	tap_is_int(count(".Rejects/cur", ""), 2, "and so does what others put there");
}

static void
test_size(void)
{
	static char text[1001];
	const struct shelf_bounds bounds = {.since_s = 0, .bytes_max = 3 * (1000 + 5) + 12};
	memset(text, 'x', sizeof text - 1);
	put("038G3", NOW_S + 70, str_of(text), &bounds);
	put("038G4", NOW_S + 80, str_of(text), &bounds);
	put("038G5", NOW_S + 90, str_of(text), &bounds);
	tap_is_int(count(".Rejects/new", ""), 4, "as much as there may be");
	put("038G6", NOW_S + 90, str_of(text), &bounds);
	tap_is_int(count(".Rejects/new", ""), 3, "past that the oldest go");
	tap_is_int(count(".Rejects/new", "QR038G2") + count(".Rejects/new", "QR038G3"), 0,
		"... these");
	put("038G7", NOW_S + 99, str_of(text), &(struct shelf_bounds){0, 900});
	tap_is_int(count(".Rejects/new", ""), 0, "also itself, when it alone is too much");
	tap_is_int(count(".Rejects/cur", ""), 2, "and never what others put there");
}

static void
test_wrong(void)
{
	char id[80];
	memset(id, 'A', sizeof id);
	id[64] = '\0';
	tap_is_int(put(id, NOW_S, STR("x"), &wide), MAILBOX_DONE, "an id may be long");
	id[64] = 'A';
	id[65] = '\0';
	tap_is_int(put(id, NOW_S, STR("x"), &wide), MAILBOX_FAILED, "but not any length");
	tap_ok(error.words[0] != '\0', "... and says so");
	tap_ok(!shelf_tidy("shelf-test.nowhere", &wide), "a mailbox that is not there has none");
}

int
main(void)
{
	if (mkdtemp(base) == NULL)
		return 2;
	snprintf(mailbox, sizeof mailbox, "%s/example.org/user", base);
	test_put();
	test_age();
	test_size();
	test_wrong();
	char command[100];
	snprintf(command, sizeof command, "rm -rf %s", base);
	tap_is_int(system(command), 0, "tidied up");
	return tap_done();
}
