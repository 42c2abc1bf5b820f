#include "web/refused.h"

#define HEAD_BYTES 4096 /* how far into an archive its kind is looked for */

enum file { OUTLOOK, PDF, OFFICE, PACKED, PICTURE, PROGRAM };

static const struct refused_file files[] = {
	[OUTLOOK] = {"refused.outlook", "refused.outlook_how"},
	[PDF] = {"refused.pdf", "refused.document_how"},
	[OFFICE] = {"refused.word", "refused.document_how"},
	[PACKED] = {"refused.zip", "refused.zip_how"},
	[PICTURE] = {"refused.image", "refused.image_how"},
	[PROGRAM] = {"refused.program", "refused.program_how"},
};

/* The first row that fits counts. The byte strings are those that file(1) knows. */
static const struct {
	size_t at;
	struct str magic;
	enum file file;
} magics[] = {
	{0, STR_INIT("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), OUTLOOK}, /* OLE: .msg, and .doc, .xls */
	{0, STR_INIT("%PDF-"), PDF},
	{0, STR_INIT("{\\rtf"), OFFICE},
	{0, STR_INIT("PK\3\4"), PACKED},
	{0, STR_INIT("\x1F\x8B"), PACKED},
	{0, STR_INIT("BZh"), PACKED},
	{0,
		STR_INIT("\xFD"
			 "7zXZ"),
		PACKED},
	{0, STR_INIT("7z\xBC\xAF\x27\x1C"), PACKED},
	{0, STR_INIT("Rar!\x1A\7"), PACKED},
	{0, STR_INIT("\x28\xB5\x2F\xFD"), PACKED}, /* zstd */
	{0, STR_INIT("!BDN"), PACKED},             /* .pst: a whole mailbox of Outlook */
	{0, STR_INIT("\x89PNG\r\n\x1A\n"), PICTURE},
	{0, STR_INIT("\xFF\xD8\xFF"), PICTURE},
	{0, STR_INIT("GIF8"), PICTURE},
	{8, STR_INIT("WEBP"), PICTURE},
	{4, STR_INIT("ftyphei"), PICTURE},
	{4, STR_INIT("ftypmif"), PICTURE},
	{4, STR_INIT("ftypavif"), PICTURE},
	{0, STR_INIT("II*\0"), PICTURE},
	{0, STR_INIT("MM\0*"), PICTURE},
	{0,
		STR_INIT("\x7F"
			 "ELF"),
		PROGRAM},
	{0, STR_INIT("MZ\x90\0"), PROGRAM},
};

/* A zip with these in it is a document. */
static const struct str office_names[] = {STR_INIT("[Content_Types].xml"), STR_INIT("word/"),
	STR_INIT("xl/"), STR_INIT("mimetypeapplication/vnd.oasis")};

const struct refused_file *
refused_find(struct str bytes)
{
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		if (!str_starts(str_from(bytes, magics[i].at), magics[i].magic))
			continue;
		enum file file = magics[i].file;
		for (size_t k = 0; k < sizeof office_names / sizeof *office_names; k++)
			if (file == PACKED && bytes.ptr[0] == 'P' &&
				str_has(str_head(bytes, HEAD_BYTES), office_names[k]))
				file = OFFICE;
		return &files[file];
	}
	return NULL;
}

struct str
refused_title(const struct site *s, const struct refused_file *what)
{
	const struct fill name = {.reason = site_word(s, what->name)};
	return site_fill(s, "refused.headline", &name);
}

void
refused_write(struct site *s, const struct refused_file *what)
{
	site_notice(s, refused_title(s, what), site_word(s, what->how));
}
