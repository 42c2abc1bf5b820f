#include "judge/verp.h"
#include "tap.h"

#define ARENA_LIMIT_BYTES ((size_t)1 << 20)

/* clang-format off */
static const struct row {
	const char *in, *want; /* NULL: nobody is encoded */
} rows[] = {
	{"bounces+ann=example.net@lists.example.org", "ann@example.net"},
	{"devel-bounces+ann.beck=example.net@lists.example.org", "ann.beck@example.net"},
	{"devel-bounces+ann-beck=example.net@lists.example.org", "ann-beck@example.net"},
	{"bounces+ann+news=example.net@lists.example.org", "ann+news@example.net"},
	{"owner-devel-ann=example.net@lists.example.org", "ann@example.net"},
	/* ezmlm */
	{"club-return-123-ann=example.net@lists.example.org", "ann@example.net"},
	{"club-return-123-ann-beck=example.net@lists.example.org", "ann-beck@example.net"},
	{"club-return-123-ann+x=example.net@lists.example.org", "ann+x@example.net"},
	{"club-return-ann=example.net@lists.example.org", NULL},
	/* services, with ids */
	{"bounces+1234567-0a1b-ann=example.net@em.service.example", "ann@example.net"},
	{"bounces+1234567-0a1b-ann-beck=example.net@em.service.example", "ann-beck@example.net"},
	{"bounce+1a2b3c.4d5e6f-ann=example.net@mg.service.example", "ann@example.net"},
	{"bounce-mc.us4_123.456-ann-beck=example.net@mail1.service.example", "ann-beck@example.net"},
	{"bounces+be-ann=example.net@lists.example.org", "be-ann@example.net"}, /* no digit: no id */
	{"bounces+1a2-ann=example.net@lists.example.org", "1a2-ann@example.net"}, /* too short */
	{"bounces+1a2b-ann=example.net@lists.example.org", "ann@example.net"},
	{"bounces+1-2-3-ann=example.net@lists.example.org", "ann@example.net"},
	{"bounces+1-2-3-4-ann=example.net@lists.example.org", "4-ann@example.net"}, /* one too many */
	/* list managers with signs of their own */
	{"bounce+ann==a==example.net==club@lists.example.org", "ann@example.net"},
	{"bounce+ann==a==example.net@lists.example.org", NULL},
	{"owner-club*ann**example.net@listserv.example.org", "ann@example.net"},
	{"club**example.net@listserv.example.org", NULL},
	/* BATV stands around the return path; what it encodes itself is the sender */
	{"prvs=1234abcdef=bounces+ann=example.net@lists.example.org", "ann@example.net"},
	{"prvs=1234abcdef=bob@example.org", NULL},
	{"prvs=bob/1234abcdef@example.org", NULL},
	/* so does SRS */
	{"SRS0=HHH=TT=example.net=ann@forwarder.example", NULL},
	{"SRS0+HHH=TT=example.net=ann@forwarder.example", NULL},
	{"srs1=HHH=other.example==HHH=TT=example.net=ann@forwarder.example", NULL},
	{"bounces+SRS=AbCdE=XY@tenant.example", NULL},
	/* nobody */
	{"bob@example.org", NULL},
	{"bob+news@example.org", NULL},
	{"bounces+ann=localhost@lists.example.org", NULL},
	{"bounces+=example.net@lists.example.org", NULL},
	{"-ann=example.net@lists.example.org", NULL},
	{"=example.net@lists.example.org", NULL},
	{"a=b=example.net@lists.example.org", NULL},
	{"bounces+ann=example.net", NULL},
	{"@lists.example.org", NULL},
	{"", NULL},
};

static const struct row signed_rows[] = {
	{"prvs=1234abcdef=bob@example.org", "bob@example.org"},
	{"PRVS=1234ABCDEF=Bob@Example.ORG", "Bob@Example.ORG"},
	{"prvs=bob/1234abcdef@example.org", "bob@example.org"},
	{"prvs=1234abcdef=bounces+ann=example.net@lists.example.org", "bounces+ann=example.net@lists.example.org"},
	{"prvs=1234abcdef=@example.org", "prvs=1234abcdef=@example.org"},
	{"prvs=1234abcdef@example.org", "prvs=1234abcdef@example.org"},
	{"prvs@example.org", "prvs@example.org"},
	{"bob=x@example.org", "bob=x@example.org"},
	{"prvs=1234abcdef=bob", "prvs=1234abcdef=bob"},
	{"", ""},
};
/* clang-format on */

int
main(void)
{
	struct arena a;
	arena_init(&a, ARENA_LIMIT_BYTES);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct str got = verp_decode(str_of(rows[i].in), &a);
		if (rows[i].want == NULL)
			tap_ok(!str_is_set(got), "verp: '%s' encodes nobody", rows[i].in);
		else
			tap_is_str(got, str_of(rows[i].want), "verp: '%s'", rows[i].in);
	}
	for (size_t i = 0; i < sizeof signed_rows / sizeof *signed_rows; i++)
		tap_is_str(verp_unsigned(str_of(signed_rows[i].in), &a),
			str_of(signed_rows[i].want), "without its tag: '%s'", signed_rows[i].in);
	tap_ok(!str_is_set(verp_decode(STR_NONE, &a)), "verp: absent");
	arena_fini(&a);
	return tap_done();
}
