#include "cli/format.h"

#include "cli/csv.h"
#include "cli/sisimai.h"

#include <string.h>

static enum nixie_rc
put_as_json(struct put *p, const struct nixie_report *r, const struct nixie_style *style)
{
	if (style->pretty)
		put_words(p, ",\n");
	return nixie_report_json(r, style, put_sink, p);
}

static enum nixie_rc
put_as_text(struct put *p, const struct nixie_report *r, const struct nixie_style *style)
{
	put_words(p, "\n====\n\n");
	return nixie_report_text(r, style, put_sink, p);
}

static enum nixie_rc
put_as_csv(struct put *p, const struct nixie_report *r, const struct nixie_style *style)
{
	csv_put(p, nixie_report_info(r), style);
	return p->failed ? NIXIE_NOMEM : NIXIE_OK;
}

static enum nixie_rc
put_as_sisimai(struct put *p, const struct nixie_report *r, const struct nixie_style *style)
{
	sisimai_put(p, nixie_report_info(r), style, style->pretty ? ",\n" : "");
	return p->failed ? NIXIE_NOMEM : NIXIE_OK;
}

/* The first of each `as` is its default. */
static const struct format formats[] = {
	{"ndjson", NULL, "", "", "", false, put_as_json},
	{"json", NULL, "[\n", ",\n", "]\n", true, put_as_json},
	{"csv", NULL, CSV_HEADER, "", "", false, put_as_csv},
	{"text", NULL, "", "\n====\n\n", "", false, put_as_text},
	{"ndjson", "sisimai", "", "", "", false, put_as_sisimai},
	{"json", "sisimai", "[\n", ",\n", "]\n", true, put_as_sisimai},
};

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

const struct format *
format_find(const char *output, const char *as, const char **what, const char **why)
{
	bool has_as = false;
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
		if (!is_same(formats[i].as, as))
			continue;
		has_as = true;
		if (output == NULL || strcmp(formats[i].output, output) == 0)
			return &formats[i];
	}
	*what = has_as ? output : as;
	*why = !has_as      ? "is nobody whose names are known here; --as takes sisimai"
	       : as != NULL ? "no such format: --as sisimai is written as ndjson or json"
			    : "no such format: parse writes ndjson, json, csv or text";
	return NULL;
}
