/* pages - the pages for people, one function each: page_NAME.c; route.c gives them their addresses
 */
#ifndef WEB_PAGES_H
#define WEB_PAGES_H

#include "web/route.h"

web_route_fn page_asset, page_home, page_explain;

#endif
