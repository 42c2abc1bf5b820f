// The public header is C++ as well.
#include <nixie.h>

static bool count(void *to, const char *, size_t len)
{
	*static_cast<size_t *>(to) += len;
	return true;
}

int main()
{
	size_t total = 0;
	nixie_style style = {};
	nixie_report *const r = nixie_report_new();
	const bool ok = r != nullptr && nixie_read(r, "550 no", 6, NIXIE_INPUT_ANY) == NIXIE_OK &&
			nixie_report_json(r, &style, count, &total) == NIXIE_OK;
	nixie_report_free(r);
	return ok && total > 0 ? 0 : 1;
}
