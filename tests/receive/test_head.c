/* the header of a message while it arrives, and what is put in front of it */
#include "receive/head.h"
#include "tap.h"

static void
feed(struct head *h, struct str text, size_t step)
{
	head_init(h);
	while (text.len > 0 && !h->is_over) {
		const size_t used = head_add(h, str_head(text, step));
		text = str_from(text, used);
	}
	if (!h->is_over)
		head_end(h);
}

static void
looks(void)
{
	static const struct {
		const char *text, *message_id;
		unsigned received;
		bool has_date, has_from, has_8bit;
	} rows[] = {
		{"Received: a\r\nreceived : b\r\nRECEIVED:c\r\n\tReceived: folded\r\nX-Received: "
		 "d\r\n"
		 "\r\nReceived: in the body\r\n",
			NULL, 3, false, false, false},
		{"Date: x\r\nFrom: y\r\nMessage-ID: <1@a.example>\r\n\r\n", "<1@a.example>", 0,
			true, true, false},
		{"Message-Id:\r\n <long@a.example>\r\nmessage-id: <2@a.example>\r\n\r\n",
			"<long@a.example>", 0, false, false, false},
		{"Subject: \xc3\xa4\r\n\r\n", NULL, 0, false, false, true},
		{"Subject: a\r\n\r\n\xc3\xa4", NULL, 0, false, false, false},
		{"\r\nReceived: in the body\r\n\r\n", NULL, 0, false, false, false},
		{"Date: a header alone\r\n", NULL, 0, true, false, false},
		{"", NULL, 0, false, false, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t step = 1; step < 300; step = step * 3 + 1) {
			struct head h;
			feed(&h, str_of(rows[i].text), step);
			tap_ok(h.received == rows[i].received && h.has_date == rows[i].has_date &&
					h.has_from == rows[i].has_from &&
					h.has_8bit == rows[i].has_8bit,
				"row %zu in steps of %zu", i, step);
			tap_is_str(
				h.message_id, str_of(rows[i].message_id), "... and its Message-ID");
			head_fini(&h);
		}
}

/* A header without an end is let go on at the limit. */
static void
limit(void)
{
	static char line[1024];
	struct head h;
	size_t lines = 0;
	memset(line, 'x', sizeof line);
	line[0] = 'X';
	line[1] = ':';
	line[sizeof line - 2] = '\r';
	line[sizeof line - 1] = '\n';
	head_init(&h);
	while (head_add(&h, (struct str){line, sizeof line}) == sizeof line && !h.is_over &&
		lines < 10000)
		lines++;
	tap_is_int((long)((lines + 1) * sizeof line), (long)HEAD_BYTES_MAX,
		"so much of a header is looked at");
	tap_ok(h.is_over, "... and it is over");
	head_fini(&h);
}

static void
traces(void)
{
	struct buf out;
	struct trace t = {.helo = STR("client.example"),
		.client = STR("192.0.2.7"),
		.host = STR("mx.example.org"),
		.protocol = STR("ESMTPS"),
		.id = STR("038G2MHBA2000"),
		.session = STR("7Q2F"),
		.tls = STR("TLSv1.3 TLS_AES_256_GCM_SHA384"),
		.recipient = STR("you@example.org"),
		.now_ms = 1795338843120};
	buf_init(&out, 4096);
	trace_write(&t, &out);
	tap_is_str(buf_str(&out),
		STR("Received: from client.example ([192.0.2.7]) (TLSv1.3 "
		    "TLS_AES_256_GCM_SHA384)\r\n"
		    "\tby mx.example.org (Nixie) with ESMTPS id 038G2MHBA2000\r\n"
		    "\tfor <you@example.org>; Sun, 22 Nov 2026 09:14:03 +0000 (session 7Q2F)\r\n"),
		"a Received field");
	buf_clear(&out);
	t.helo = STR("a\r\nX-Forged: yes");
	t.client = STR("2001:db8::1");
	t.tls = t.recipient = STR_NONE;
	trace_write(&t, &out);
	tap_is_str(buf_str(&out),
		STR("Received: from a??X-Forged: yes ([IPv6:2001:db8::1]) by mx.example.org "
		    "(Nixie)\r\n"
		    "\twith ESMTPS id 038G2MHBA2000; Sun, 22 Nov 2026 09:14:03 +0000\r\n"
		    "\t(session 7Q2F)\r\n"),
		"what a stranger says forges no field");
	buf_clear(&out);
	struct head h;
	feed(&h, STR("Subject: x\r\n\r\n"), 100);
	head_complete(&h, &t, &out);
	tap_is_str(buf_str(&out),
		STR("Date: Sun, 22 Nov 2026 09:14:03 +0000\r\n"
		    "Message-ID: <038G2MHBA2000@mx.example.org>\r\n"),
		"what a user's mail must have");
	head_fini(&h);
	buf_clear(&out);
	feed(&h, STR("Date: x\r\nMessage-ID: <a@b>\r\n\r\n"), 100);
	head_complete(&h, &t, &out);
	tap_is_int((long)out.len, 0, "... and what has it is left alone");
	head_fini(&h);
	buf_fini(&out);
}

int
main(void)
{
	looks();
	limit();
	traces();
	return tap_done();
}
