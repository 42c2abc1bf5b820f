/* api - the functions of the API: api_NAME.c; doc/openapi.json describes them */
#ifndef WEB_API_H
#define WEB_API_H

#include "web/route.h"

web_route_fn api_explain, api_reply;                            /* api_explain.c */
web_route_fn api_code, api_reasons;                             /* api_code.c */
web_route_fn api_health, api_metrics, api_openapi, api_problem; /* api_meta.c */

#endif
