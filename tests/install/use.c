/* A stranger's program: what an installed libnixie must do for it. */
#include <nixie.h>
#include <stdio.h>
#include <string.h>

int
main(void)
{
	static const char reply[] = "550 5.1.1 <nobody@example.net>: User unknown";
	struct nixie_report *const r = nixie_report_new();
	int rc = 1;

	if (strcmp(nixie_version(), NIXIE_VERSION) != 0)
		fprintf(stderr, "library %s, header %s\n", nixie_version(), NIXIE_VERSION);
	else if (r == NULL || nixie_read(r, reply, sizeof reply - 1, NIXIE_INPUT_ANY) != NIXIE_OK)
		fprintf(stderr, "not read\n");
	else if (nixie_report_info(r)->outcome_count != 1)
		fprintf(stderr, "%zu outcomes\n", nixie_report_info(r)->outcome_count);
	else
		rc = 0;
	nixie_report_free(r);
	return rc;
}
