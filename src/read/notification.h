/*
 * notification - the reports of sending services that come as JSON, in a mail or on their own
 *
 * Amazon SES sends bounces, complaints and deliveries to its customers as a JSON object, by mail
 * through SNS or to a web hook:
 * https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
 */
#ifndef READ_NOTIFICATION_H
#define READ_NOTIFICATION_H

#include "read/facts.h"

/* notification_read - when `text` begins with such an object: adds what it says to the facts (dsn,
 * feedback, returned) and returns true; else changes nothing. O(n) */
bool notification_read(struct facts *f, struct str text);

#endif
