/* export - the directory as text, which `import nixie` reads again */
#ifndef ADMIN_EXPORT_H
#define ADMIN_EXPORT_H

#include "base/out.h"
#include "directory/entry.h"

/*
 * export_run - every entry, one for each line
 *
 * with_secrets  also hashes, keys and the passwords of routes
 * Returns       false when the file does not answer; the sink's failure is out_finish()'s
 */
bool export_run(
	struct directory *d, bool with_secrets, struct out *out, struct directory_error *error);

#endif
