/*
 * verp - the recipient that a return path encodes
 *
 * Lists and services send every copy from an address of its own, so that a bounce tells by where it
 * arrives whom it is about. There is no standard, only habits; what cannot be told apart for sure
 * is not decoded. SRS (forwarders) and BATV encode the sender, who is never taken for the
 * recipient.
 */
#ifndef JUDGE_VERP_H
#define JUDGE_VERP_H

#include "base/arena.h"

/*
 * verp_decode - "bounces+user=example.com@lists.example.org" to "user@example.com"
 *
 *	bounces+user=dom@  list-bounces+user=dom@  owner-list-user=dom@    the common form
 *	list-return-123-user=dom@                                          ezmlm
 *	bounces+12345-0a1b-user=dom@  bounce+1a2b.3c4d-user=dom@           services, with ids
 *	bounce-mc.us1_2.3-user=dom@                                        Mailchimp
 *	bounce+user==a==dom==list@                                         Sympa
 *	owner-list*user**dom@                                              LISTSERV
 *	prvs=1234abcdef=bounces+user=dom@                                  BATV around any of them
 *
 * Returns  a string in the arena; absent when nothing is encoded, or the arena failed. O(n)
 */
struct str verp_decode(struct str address, struct arena *a);

/* verp_unsigned - the address as people know it: "prvs=1234abcdef=ann@dom" and
 * "prvs=ann/1234abcdef@dom" (BATV) are "ann@dom", others what they are. In the arena, or a part of
 * `address` */
struct str verp_unsigned(struct str address, struct arena *a);

#endif
