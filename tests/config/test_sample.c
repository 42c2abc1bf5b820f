/* test_sample - nixied.conf as it is installed: right as it stands, and every default in it is the
 * default. usage: test_sample NIXIED.CONF */
#include "config/config.h"
#include "tap.h"

#include <fcntl.h>
#include <unistd.h>

#define SAMPLE_BYTES_MAX ((size_t)256 << 10)

static struct arena arena;
static struct config config;
static struct config_complaints complaints;

static bool
parse(struct str text)
{
	const bool ok = config_parse(text, &arena, &config, &complaints);
	for (size_t i = 0; i < complaints.count && i < CONFIG_COMPLAINTS_MAX; i++)
		tap_show("said", complaints.list[i].words);
	return ok;
}

/* "#name = value" becomes "name = value"; a comment has a blank behind its #. */
static struct str
uncomment(struct str text, char *room)
{
	struct str line;
	size_t n = 0;
	while (str_line(&text, &line)) {
		const bool is_setting = line.len > 1 && line.ptr[0] == '#' &&
					(ascii_is_alpha((unsigned char)line.ptr[1]) ||
						line.ptr[1] == '\t' || line.ptr[1] == '}');
		const struct str kept = is_setting ? str_from(line, 1) : line;
		if (kept.len > 0)
			memcpy(room + n, kept.ptr, kept.len);
		n += kept.len;
		room[n++] = '\n';
	}
	return (struct str){room, n};
}

int
main(int argc, char **argv)
{
	static char bytes[SAMPLE_BYTES_MAX], room[SAMPLE_BYTES_MAX];
	const int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	const ssize_t n = fd >= 0 ? read(fd, bytes, sizeof bytes) : -1;
	if (n <= 0)
		return 2;
	close(fd);
	const struct str text = {bytes, (size_t)n};
	arena_init(&arena, (size_t)16 << 20);
	tap_ok((size_t)n < sizeof bytes, "the sample is whole");
	tap_ok(parse(text), "the sample is right as it stands");
	tap_is_int(config.listener_count, 1, "and listens");
	for (int s = 0; s < SETTING_COUNT; s++)
		tap_is_int(config.values[s].line, 0, "and sets nothing: %s",
			config_row((enum config_setting)s).name.ptr);
	const struct config defaults = config;
	tap_ok(parse(uncomment(text, room)), "it is right with every comment taken away");
	tap_is_int(config.listener_count, 3, "and listens on the ports of mail");
	for (int s = 0; s < SETTING_COUNT; s++) {
		const struct setting_row row = config_row((enum config_setting)s);
		if (s == SETTING_address)
			continue; /* of listeners alone */
		tap_ok(config.values[s].line > 0, "%s stands in it", row.name.ptr);
		tap_ok(config.values[s].number == defaults.values[s].number &&
				str_eq(config.values[s].text, defaults.values[s].text),
			"with its default");
	}
	arena_fini(&arena);
	return tap_done();
}
