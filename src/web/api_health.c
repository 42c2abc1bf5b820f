/* GET /healthz - the server answers */
#include "web/api.h"

void
api_health(const struct web_call *call, struct web_response *res)
{
	res->fixed = call->form == WEB_JSON ? STR("{\"status\":\"ok\"}\n") : STR("ok\n");
	res->language = STR_NONE;
}
