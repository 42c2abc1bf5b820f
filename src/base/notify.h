/* notify - when a sender wants to hear of a recipient: NOTIFY of RFC 3461 s4.1, bits; 0 = not said
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

enum notify {
	NOTIFY_NEVER = 1 << 0,
	NOTIFY_SUCCESS = 1 << 1,
	NOTIFY_FAILURE = 1 << 2,
	NOTIFY_DELAY = 1 << 3
};

#endif
