/* csv - a report as rows of RFC 4180: one for each outcome; doc/report.md tells of the columns */
#ifndef CLI_CSV_H
#define CLI_CSV_H

#include "cli/put.h"

/* The first line. New columns come at its end. */
#define CSV_HEADER                                                                                 \
	"source_path,source_index,kind,generator,"                                                 \
	"recipient,original_recipient,action,final,expired,status,status_origin,reply_code,said,"  \
	"stage,reason,verdict,confidence,refuser,refuser_name,provider,help_link,blocklist,"       \
	"blocklist_link,blocked_ip,remote_mta,remote_ip,retry_after_s,last_attempt,"               \
	"will_retry_until,diagnostic,"                                                             \
	"reporting_mta,arrival_date,feedback_type,verp_recipient,original_message_id,"             \
	"original_subject,original_from,original_to,original_date,condition,session\r\n"

/* csv_put - one row for each outcome; a message without outcomes has one, without recipient */
void csv_put(struct put *p, const struct nixie_report_info *info, const struct nixie_style *style);

#endif
