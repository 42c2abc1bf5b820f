/* value - one value of nixied.conf: text to number or text, and back */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "config/config.h"

/* config_value_parse - absent on success, else what is wrong and what to write. out->line is left
 * alone; texts live in the arena */
struct str config_value_parse(
	const struct setting_row *row, struct str text, struct arena *a, struct config_value *out);

#endif
