/* options - those of Sendmail, of which most mean nothing here and all are taken */
#include "sendmail/sendmail.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define WORDS_BYTES 4096 /* of a complaint: a line of a reply is shorter */

static const char usage[] =
	"Usage: nixie-sendmail [OPTION]... [RECIPIENT]...\n"
	"Hands the message on standard input to the mail server, and waits until it has it.\n"
	"\n"
	"  -t          the recipients are those of To, Cc and Bcc, as well\n"
	"  -i, -oi     a line with a dot alone does not end the message\n"
	"  -f ADDRESS  the sender; <> is none, as of reports\n"
	"  -F NAME     the sender's name, when the message has no From\n"
	"  -N WORDS    which reports are wanted: never, or some of success,failure,delay\n"
	"  -R full|hdrs  how much of the message a report brings back\n"
	"  -V ID       an id for reports\n"
	"  -v          say what the server answered\n"
	"  -bs         speak SMTP on standard input and output\n"
	"  -bp         show what waits (mailq)\n"
	"  -bi         rebuild the aliases: they need none (newaliases)\n"
	"  -C FILE     the configuration; else $NIXIED_CONF, else /etc/nixie/nixied.conf\n"
	"  --help      this help\n"
	"\n"
	"The server is that of $NIXIE_SUBMIT (127.0.0.1:25, unix:/run/nixie.sock), else the\n"
	"first listener of the configuration that takes mail from this host. Other options of\n"
	"Sendmail are taken and mean nothing.\n"
	"Exit status: 0 when the server has the message for everybody, else one of sysexits(3).\n";

void
complain(const char *fmt, ...)
{
	char words[WORDS_BYTES];
	va_list ap;
	va_start(ap, fmt);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is, a line above */
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	fprintf(stderr, "nixie-sendmail: %s\n", words);
}

static bool
fault(int *code, const char *what, const char *why)
{
	complain("%s: %s", what, why);
	*code = EXIT_USAGE;
	return false;
}

/* -b and its letter. */
static bool
mode_read(struct options *o, const char *letter, int *code)
{
	static const struct {
		char letter;
		enum mode mode;
	} modes[] = {{'m', MODE_SEND}, {'s', MODE_SESSION}, {'p', MODE_QUEUE}, {'i', MODE_ALIASES}};
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (letter[0] == modes[i].letter && letter[1] == '\0') {
			o->mode = modes[i].mode;
			return true;
		}
	if (letter[0] == 'v' && letter[1] == '\0')
		return fault(code, "-bv",
			"where mail to an address goes is told by: nixied try --to ADDRESS");
	complain("-b%s: modes are -bm, -bs, -bp and -bi; all else of -b is the server's (nixied)",
		letter);
	*code = EXIT_USAGE;
	return false;
}

static bool
notify_read(struct options *o, struct str words, int *code)
{
	static const struct {
		struct str word;
		unsigned bit;
	} bits[] = {{STR_INIT("never"), 1}, {STR_INIT("success"), 2}, {STR_INIT("failure"), 4},
		{STR_INIT("delay"), 8}};
	while (words.len > 0) {
		const struct str word = str_trim(str_cut(&words, ','));
		size_t i = 0;
		while (i < 4 && !str_eq_case(word, bits[i].word))
			i++;
		if (i == 4)
			return fault(code, "-N", "never, or some of success,failure,delay");
		o->notify |= bits[i].bit;
	}
	return ((o->notify & 1) == 0 || o->notify == 1) || fault(code, "-N", "never goes alone");
}

static bool
ret_read(struct options *o, struct str word, int *code)
{
	o->is_ret_full = str_eq_case(word, STR("full"));
	o->is_ret_headers = str_eq_case(word, STR("hdrs"));
	return o->is_ret_full || o->is_ret_headers || fault(code, "-R", "full or hdrs");
}

static bool
option_take(struct options *o, int letter, const char *value, int *code)
{
	switch (letter) {
	case 'f':
	case 'r':
		o->sender = str_unwrap(str_of(value), '<', '>');
		return true;
	case 'F':
		o->full_name = str_of(value);
		return true;
	case 'N':
		return notify_read(o, str_of(value), code);
	case 'R':
		return ret_read(o, str_of(value), code);
	case 'V':
		o->envelope_id = str_of(value);
		return true;
	case 'C':
		o->conf_path = value;
		return true;
	case 'b':
		return mode_read(o, value, code);
	case 't':
		o->reads_recipients = true;
		return true;
	case 'i':
		o->ignores_dots = true;
		return true;
	case 'o':
		o->ignores_dots |= value[0] == 'i';
		return true;
	case 'v':
		o->is_told = true;
		return true;
	case 'I':
		o->mode = MODE_ALIASES;
		return true;
	case 'q': /* the server looks after its queue by itself */
		o->mode = MODE_NOTHING;
		return true;
	default: /* known, and means nothing here */
		return true;
	}
}

/* All that Sendmail 8 has, so that the value of none is taken for a recipient. */
#define LETTERS "+:A:B:b:C:d:e:F:f:Gh:IiL:mN:nO:o:p:q::R:r:sTtUV:vX:x"

bool
options_read(int argc, char **argv, struct options *o, int *code)
{
	const struct str name = argc > 0 ? str_of(argv[0]) : STR("");
	*o = (struct options){.mode = MODE_SEND};
	if (str_ends_case(name, STR("mailq")))
		o->mode = MODE_QUEUE;
	if (str_ends_case(name, STR("newaliases")))
		o->mode = MODE_ALIASES;
	if (argc > 1 && str_eq(str_of(argv[1]), STR("--help"))) {
		fputs(usage, stdout);
		*code = EXIT_SENT;
		return false;
	}
	for (int letter; (letter = getopt(argc, argv, LETTERS)) != -1;) {
		const char given[] = {'-', (char)optopt, '\0'};
		if (letter == '?')
			return fault(code, optopt == '-' && optind < argc ? argv[optind] : given,
				"no such option; --help lists them");
		if (letter == ':')
			return fault(code, given, "needs a value");
		if (!option_take(o, letter, optarg, code))
			return false;
	}
	o->operands = argv + optind;
	o->operand_count = argc - optind;
	return true;
}
