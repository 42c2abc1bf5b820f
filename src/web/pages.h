/* pages - the pages for people, one function each: page_NAME.c; route.c gives them their addresses
 */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include "web/route.h"

web_route_fn page_asset, page_home, page_explain, page_lookup, page_guide;

web_route_fn page_reasons, page_replies, page_enhanced, page_providers, page_blocklists,
	page_client_errors, page_conditions;

/* ... and one thing of each, by the last part of its address */
web_route_fn page_reason, page_reply, page_enhanced_code, page_provider, page_blocklist,
	page_client_error, page_condition;

#endif
