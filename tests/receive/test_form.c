/* what is wrong with a header */
#include "receive/form.h"
#include "tap.h"

#define GOOD "From: a@a.example\r\nDate: x\r\n"

int
main(void)
{
	static const struct {
		const char *header;
		bool is_cut, is_completed;
		const char *want;
	} rows[] = {
		{GOOD, false, false, NULL},
		{GOOD "\r\n", false, false, NULL},
		{GOOD "\r\nno header: any more\r\nFrom: b@b.example\r\n", false, false, NULL},
		{"FROM:a@a.example\r\ndate : x\r\n", false, false, NULL},
		{"From: a@a.example", false, true, NULL},
		{"From: a@a.example", false, false, "it has no Date"},
		{"Date: x\r\n", false, true, "it has no From"},
		{"", false, true, "it has no From"},
		{"\r\n" GOOD, false, true, "it has no From"},
		{GOOD "From: b@b.example\r\n", false, false, "it has 2 From fields"},
		{GOOD "Subject: a\r\nsubject: b\r\nSUBJECT: c\r\n", false, false,
			"it has 3 Subject fields"},
		{GOOD "To: a\r\nTo: b\r\n", false, false, "it has 2 To fields"},
		{GOOD "Message-ID: a\r\nMessage-ID: b\r\n", false, true,
			"it has 2 Message-ID fields"},
		{GOOD "Received: a\r\nReceived: b\r\nX: a\r\nX: b\r\n", false, false, NULL},
		{GOOD "Subject: a\r\n To: folded\r\n\tTo: folded\r\nTo: a\r\n", false, false, NULL},
		{"From a@a.example Sun Nov 22\r\n" GOOD, false, false,
			"no field: From a@a.example Sun Nov 22"},
		{GOOD "what follows is no field, and is longer than is told\r\n", false, false,
			"no field: what follows is no field, and is longer "},
		{GOOD " Subject\r\n", false, false, NULL},
		{" Subject: folded behind nothing\r\n" GOOD, false, false,
			"no field:  Subject: folded behind nothing"},
		{GOOD ": no name\r\n", false, false, "no field: : no name"},
		{GOOD "S\xc3\xbc: a\r\n", false, false, "no field: S\xc3\xbc: a"},
		{"Date: x\r\nFrom: \r\n", false, false, "From names nobody"},
		{"Date: x\r\nFrom: (nobody)\r\n", false, false, "From names nobody"},
		{"Date: x\r\nFrom: root\r\n", false, false, "From names nobody"},
		{"Date: x\r\nFrom: \"a, b\" <a@a.example>\r\n", false, false, NULL},
		{"Date: x\r\nFrom: A <a@a.example>,\r\n B <b@b.example>\r\n", false, false,
			"From names several, and there is no Sender"},
		{"Date: x\r\nFrom: a@a.example, b@b.example\r\nSender: a@a.example\r\n", false,
			false, NULL},
		{"From: a@a.example\r\nSubje", true, false, NULL},
		{"From: a@a.example\r\nFrom: b@b.example\r\nDa", true, false,
			"it has 2 From fields"},
	};
	char room[FORM_WORDS_BYTES];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		tap_is_str(form_fault(str_of(rows[i].header), rows[i].is_cut, rows[i].is_completed,
				   room),
			str_of(rows[i].want), "row %zu", i);
	return tap_done();
}
