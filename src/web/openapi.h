/* openapi - doc/openapi.json with the schema of reports in it; tools/gen-openapi writes it */
#ifndef WEB_OPENAPI_H
#define WEB_OPENAPI_H

#include "base/str.h"

extern const struct str web_openapi;

#endif
