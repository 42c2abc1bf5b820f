/* api - the functions of the API, one file each: api_NAME.c; web/openapi.json describes them */
#ifndef WEB_API_H
#define WEB_API_H

#include "web/route.h"

web_route_fn api_health, api_explain;

#endif
