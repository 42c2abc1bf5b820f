/* Greylisting: who waits how long, who is known, and what a restart leaves. */
#include "check/greylist.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static const struct greylist_times times = {.delay_s = 120, .window_s = 86400, .keep_s = 3000000};
static struct greylist *list;
static char words[GREYLIST_WORDS_MAX];
static int64_t left_s;

static enum greylist_answer
ask(const char *ip, const char *domain, int64_t now_s)
{
	struct ip address;
	if (!ip_parse(str_of(ip), &address))
		abort();
	left_s = -1;
	return greylist_ask(list, &address, str_of(domain), &times, now_s, &left_s);
}

static void
test_times(void)
{
	tap_is_int(ask("192.0.2.1", "a.example", 1000), GREYLIST_NEW, "the first time");
	tap_is_int(left_s, 120, "... and it is told how long");
	tap_is_int(ask("192.0.2.1", "a.example", 1050), GREYLIST_EARLY, "too soon");
	tap_is_int(left_s, 70, "... what is left");
	tap_is_int(ask("192.0.2.1", "a.example", 1119), GREYLIST_EARLY, "a second too soon");
	tap_is_int(left_s, 1, "... one second is left");
	tap_is_int(
		ask("192.0.2.200", "A.Example", 1120), GREYLIST_AGAIN, "in time, from a neighbour");
	tap_is_int(ask("192.0.2.1", "a.example", 1121), GREYLIST_KNOWN, "known from then on");
	tap_is_int(ask("192.0.3.1", "a.example", 1121), GREYLIST_NEW, "not in another network");
	tap_is_int(ask("192.0.2.1", "b.example", 1121), GREYLIST_NEW, "not for another domain");
	tap_is_int(ask("192.0.2.1", "", 1121), GREYLIST_NEW, "the null sender is one of its own");
	tap_is_int(ask("2001:db8::1", "a.example", 1000), GREYLIST_NEW, "IPv6");
	tap_is_int(ask("2001:db8::ffff:1", "a.example", 1200), GREYLIST_AGAIN,
		"a neighbour of the /64");
	tap_is_int(ask("2001:db8:0:1::1", "a.example", 1200), GREYLIST_NEW, "another /64");
}

static void
test_ends(void)
{
	tap_is_int(ask("198.51.100.1", "c.example", 1000), GREYLIST_NEW, "new");
	tap_is_int(ask("198.51.100.1", "c.example", 1000 + 86401), GREYLIST_NEW,
		"too late: it begins anew");
	tap_is_int(ask("198.51.100.1", "c.example", 1000 + 86401 + 120), GREYLIST_AGAIN, "again");
	const int64_t known_s = 1000 + 86401 + 120;
	tap_is_int(ask("198.51.100.1", "c.example", known_s + 2999999), GREYLIST_KNOWN, "kept");
	tap_is_int(ask("198.51.100.1", "c.example", known_s + 5999998), GREYLIST_KNOWN,
		"each mail keeps it longer");
	tap_is_int(ask("198.51.100.1", "c.example", known_s + 5999998 + 3000001), GREYLIST_NEW,
		"forgotten");
	tap_is_int(ask("198.51.100.1", "c.example", 500), GREYLIST_NEW,
		"a clock that went back begins anew");
	tap_is_int(ask("198.51.100.1", "c.example", 620), GREYLIST_AGAIN, "... and goes on");
}

static void
test_files(const char *path)
{
	ask("203.0.113.1", "d.example", 1000);
	greylist_close(list);
	list = greylist_open(path, words);
	tap_ok(list != NULL, "opened again");
	tap_is_int(ask("203.0.113.1", "d.example", 1200), GREYLIST_AGAIN, "it survives a restart");
	greylist_close(list);
	FILE *const f = fopen(path, "w");
	for (int i = 0; i < 1000 && f != NULL; i++)
		fputs("this is no database ", f);
	fclose(f);
	list = greylist_open(path, words);
	tap_ok(list != NULL, "a damaged file is put aside");
	tap_is_int(ask("203.0.113.1", "d.example", 1300), GREYLIST_NEW, "... and begun anew");
	tap_ok(greylist_open("/nonexistent/greylist.db", words) == NULL,
		"a folder that is not there");
	tap_ok(str_has(str_of(words), STR("/nonexistent/greylist.db")), "... is named");
}

int
main(void)
{
	char folder[] = "/tmp/greylist-XXXXXX", path[64], other[96];
	static const char *const ends[] = {"", "-wal", "-shm", ".damaged"};
	if (mkdtemp(folder) == NULL)
		return 2;
	snprintf(path, sizeof path, "%s/greylist.db", folder);
	list = greylist_open(path, words);
	tap_ok(list != NULL, "made");
	test_times();
	test_ends();
	test_files(path);
	greylist_close(list);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(other, sizeof other, "%s%s", path, ends[i]);
		unlink(other);
	}
	rmdir(folder);
	return tap_done();
}
