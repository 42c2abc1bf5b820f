#!/usr/bin/env python3
"""tools/gen-catalogue: what it must refuse, with which words; and what comes out. TAP on stdout.

A small catalogue that is right is spoilt in one way at a time. Python standard library only.
"""
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOL = os.path.join(TOP, 'tools', 'gen-catalogue')

# A whole catalogue: file -> lines of fields parted by `|`; `¦` is that character in a field.
GOOD = {
    'reasons.tsv': '''
reason|family|verdict|fault|fixer|action|retried|meaning|advice|status_permanent|status_temporary|source
user_unknown|recipient|hard|address|sender|remove|no|No such mailbox.|Check it.|5.1.1||RFC 3463
mailbox_full|recipient|soft|recipient|recipient or receiving_admin|retry|yes|It is full.|Wait.|5.2.2|4.2.2|RFC 3463
unknown|unknown|unknown|unknown|depends|read_reply|unknown|Nobody knows.|Read it.|||test''',
    'reply_codes.tsv': '''
code|class|name|other_name|meaning|stage|said|reason|confidence|dotless|source
550|permanent|Not done||It was not done|RCPT|permanent|user_unknown|medium||RFC 5321
522|permanent|Full||It is full||permanent|mailbox_full|high|5.2.2|test
250|success|OK||It was done||none||||RFC 5321''',
    'enhanced_codes.tsv': '''
code|name|other_name|basic_codes|meaning|cause|fixer|reason|weight|said|source
X.2.2|Mailbox full||552|It is full||recipient|mailbox_full|strong|both|RFC 3463
X.1.1|Bad mailbox||550|None||sender|user_unknown|strong|permanent|RFC 3463
X.0.0|Other|||Nothing|||unknown|none|both|RFC 3463''',
    'phrases.tsv': '''
reason|lang|strength|where|phrase|generator|source
user_unknown|en|strong|any|no such user|Postfix|test
mailbox_full|en|sure|any|Mailbox is Full||test
mailbox_full|en|sure|any|mailbox is ... full||test
user_unknown|ru|strong|any|пользователь не найден||test
|en|wrapper|any|recipient address rejected:||test
user_unknown|en|weak|text|<*> is unknown||test
mailbox_full|en|weak|reply|over %d bytes, 100\\% of*||test''',
    'blocklists.tsv': '''
match|name|lists|operator|removal|kind|reason|status|advice|source
zen.example.org|Zen|ip, domain|Zen||public|unknown|active|leave|test
look.example.org|Look|ip|||||lookup||test''',
    'providers.tsv': '''
provider|host|kind|source
Big Mail|big.example|mailbox|test
Big Mail|mx.big.example|mailbox|test
Small Mail|small.example|filter|test''',
    'provider_codes.tsv': '''
provider|scope|pattern|reply_code|enhanced_code|reason|verdict|meaning|advice|link|source
Small Mail|host||421||unknown|||||test
Big Mail|host|the user is not here|550|5.1.1|user_unknown|||||test
Big Mail|host||550|5.7.606-5.7.649|unknown|block|It says so.|ask|https://big.example/|test
Nobody|any|unmistakable words||X.7.1|unknown|||||test''',
    'code_digits.tsv': '''
code|name|other_name|meaning|source
5xx|No||It says no.|test''',
    'situations.tsv': '''
reason|key|when|words|fixer|source
user_unknown|user_unknown|own_server|||test
mailbox_full|mailbox_full|always|full|recipient|test''',
    'letter_words.tsv': '''
class|lang|words|source
mail|en|message*|test
mail|de|nachricht*|test
not|en|not|test''',
    'letter_rules.tsv': '''
means|needs|unless|source
mailbox_full|address+mail|not|test
failure|mail+not||test''',
    'names.tsv': '''
kind|lang|names|source
from_field|en|From¦Sender|test
from_field|de|Von|test
robot_address||*-daemon|test''',
    'conditions.tsv': '''
id|name|stage|documented|documented_sent|reply|enhanced|sentence|setting|fixer|sees|retry|reason|after|counted|source
C01|no_user|RCPT|550 No <user>|550 No {rcpt}|550|5.1.1|No user <{rcpt}>|catch_all|sender|returned|no|user_unknown|stays|yes|test
C02|wait|MAIL, end of data|||452|4.2.2|Wait {seconds} s||nobody|retried|yes|mailbox_full|reset|no|test
B01|no_way|report|No way.|||5.2.2|No way to {domain}||sender|report|no|unknown||no|test
A01|hello|EHLO|||250||Hello||nobody|accepted|no||stays|no|test''',
    'condition_words.en.tsv': '''
key|title|trigger|sender|admin|note|source
C01|No user|Nobody has it.|Check it.|Add it.|It names the address.|test
C02|Wait|It is full.|Wait.|Raise it.||test
B01|No way|There is none.|Check it.|Nothing.||test
A01|Hello|It greets.||||test''',
    'condition_words.de.tsv': '''
key|title|trigger|sender|admin|note|source
C02|Warten|Voll.|Warten.|Erhöhen.||test''',
    'advice.en.tsv': '''
key|meaning|advice|source
ask||Ask.|test
leave|A list.|Leave it.|test''',
    'advice.de.tsv': '''
key|meaning|advice|source
leave|Eine Liste.|Gehen Sie.|test''',
    'code_words.de.tsv': '''
key|name|meaning|cause|advice|source
reply:550|Nicht getan|Es wurde nicht getan|||test
enhanced:X.1.1|Falsches Postfach|Keins|||test
client:0x800CCC79||Abgelehnt||Anmelden.|test
digit:5xx|Nein|Es sagt nein.|||test
blocklist:zen.example.org||öffentlich|||test
provider:big-mail:5.7.606-5.7.649||Es sagt das.|||test''',
    'sisimai_reasons.tsv': '''
reason|sisimai|source
user_unknown|userunknown|test
mailbox_full|mailboxfull|test
unknown|undefined|test''',
    'generators.tsv': '''
generator|where|pattern|weight|source
Postfix|subject|undelivered mail returned to sender|70|Postfix
Other|header:X-Other|*|100|test''',
    'client_errors.tsv': '''
code|origin|smtp_equivalent|meaning|reason|advice|source
0x800CCC79|Outlook|550|Refused|unknown|Log in.|test''',
    'signs.tsv': '''
sign|lang|where|pattern|source
failure|en|subject|undeliver*|test
stage_rcpt|en|text|in reply to rcpt to|test
failure|de|subject|unzustellbar*|test''',
    'explanations.en.tsv': '''
key|headline|happened|why|sender|sending_admin|receiving_admin|source
user_unknown|{rcpt} does not exist|It does not.|A slip.|Check it.||Add it.|test
mailbox_full|It is full|It is.|Not cleaned.|Wait.||Raise it.|test
mailbox_full/now|It is full now|It is.|Not cleaned.|Wait.|||test
unknown|Nobody knows|It is unclear.|Who knows.|Read it.|||test
kind/delay|Not yet|It waits.|Who knows.|Wait.|||test''',
    'explanations.de.tsv': '''
key|headline|happened|why|sender|sending_admin|receiving_admin|source
user_unknown|{rcpt} gibt es nicht|Nein.|Ein Versehen.|Prüfen.||Anlegen.|test''',
    'sentences.en.tsv': '''
key|text|source
absent.rcpt|the recipient|test
page.count|{n} of {total}|test''',
    'sentences.de.tsv': '''
key|text|source
page.count|{n} von {total}|test''',
}

# (name, file, the line's number or None, what in the file becomes what, how the message begins after `LINE: `)
SPOILT = [
    ('a wrong column name', 'signs.tsv', 1, 'sign|lang', 'sign|language', 'the columns are not those'),
    ('columns in another order', 'signs.tsv', 1, 'sign|lang', 'lang|sign', 'the columns are not those'),
    ('a column too few', 'providers.tsv', 2, 'big.example|mailbox|test', 'big.example|mailbox', '3 columns instead of 4'),
    ('a tab inside a field', 'providers.tsv', 3, 'mx.big.example', 'mx|big.example', '5 columns instead of 4'),
    ('an empty line', 'providers.tsv', 3, 'Big Mail|mx', '\nBig Mail|mx', 'an empty line'),
    ('CRLF', 'providers.tsv', 2, 'big.example|mailbox|test', 'big.example|mailbox|test\r', 'a control character 0x0d'),
    ('a circumstance nobody knows', 'situations.tsv', 2, 'own_server', 'elsewhere', 'when'),
    ('a situation that is nobody known to mend', 'situations.tsv', 3, '|recipient|', '|postmaster|', 'fixer'),
    ('a situation without an explanation', 'situations.tsv', 2, 'user_unknown|user_unknown', 'user_unknown|user_unknown/here', 'explanations.en.tsv has no key'),
    ('a letter that means what nobody knows', 'letter_rules.tsv', 3, 'failure|', 'failed|', 'means is `failed`'),
    ('a class that has no words', 'letter_rules.tsv', 2, 'address+mail', 'address+post', 'letter_words.tsv has no class `post`'),
    ('a class that has no words, not to be there', 'letter_rules.tsv', 2, 'not|test', 'never|test', 'letter_words.tsv has no class `never`'),
    ('a stem of nothing', 'letter_words.tsv', 2, 'message*', '*', 'a word is shorter than two bytes'),
    ('a class twice in a language', 'letter_words.tsv', 3, 'mail|de', 'mail|en', 'class + lang `mail en` stands in line 2'),
    ('a name in the middle of anything', 'names.tsv', 4, '*-daemon', '*daemon*', 'the name `*daemon*`'),
    ('a name of nothing', 'names.tsv', 4, '*-daemon', '*', 'the name `*`'),
    ('a name twice in a language, in other letters', 'names.tsv', 3, 'de|Von', 'en|Von¦FROM', '`FROM` stands in line 2 already'),
    ('a NUL', 'providers.tsv', 2, 'Big Mail', 'Big\0Mail', 'a control character 0x00'),
    ('no line end at the end', 'providers.tsv', 4, 'small.example|filter|test\n', 'small.example|filter|test', 'the last line has no line end'),
    ('a byte-order mark', 'providers.tsv', 1, 'provider|host', '\ufeffprovider|host', 'a byte-order mark'),
    ('a byte that is not UTF-8', 'phrases.tsv', 2, 'Postfix', 'Postf\udce9x', 'byte 46 is not UTF-8'),
    ('a trailing blank', 'phrases.tsv', 2, 'no such user|', 'no such user |', 'phrase begins or ends with a blank'),
    ('a leading blank', 'phrases.tsv', 2, 'no such user|', ' no such user|', 'phrase begins or ends with a blank'),
    ('a no-break space at the end', 'phrases.tsv', 2, 'no such user|', 'no such user\u00a0|', 'phrase begins or ends with a blank'),
    ('an accent apart', 'phrases.tsv', 2, 'no such user|', 'no such use\u0301r|', 'phrase holds letters with separate accents'),
    ('an empty source', 'phrases.tsv', 2, 'Postfix|test', 'Postfix|', 'source is empty'),
    ('an empty field that must not be', 'reasons.tsv', 2, 'Check it.', '', 'advice is empty'),
    ('a field too long', 'reasons.tsv', 2, 'Check it.', 'x' * 4001, 'advice is longer than 4000 bytes'),

    ('a duplicate reason', 'reasons.tsv', 3, 'mailbox_full|rec', 'user_unknown|rec', 'reason `user_unknown` stands in line 2 already'),
    ('a duplicate code', 'reply_codes.tsv', 3, '522|', '550|', 'code `550` stands in line 2 already'),
    ('a duplicate phrase, folded', 'phrases.tsv', 4, 'mailbox is ... full', 'MAILBOX  is\u00a0full', 'phrase `mailbox is full` stands in line 3'),
    ('a phrase with two reasons', 'phrases.tsv', 4, 'mailbox is ... full', 'No such user', 'the phrase `no such user` gives mailbox_full here and user_unknown in line 2'),
    ('a duplicate sign', 'signs.tsv', 4, 'unzustellbar*', 'Undeliver*', 'sign + where + pattern `failure subject undeliver*`'),
    ('a duplicate host', 'providers.tsv', 3, 'mx.big.example', 'big.example', 'provider + host `big mail big.example`'),
    ('a host of two providers', 'providers.tsv', 4, 'small.example', 'big.example', 'big.example is Big Mail in line 2'),
    ('a duplicate key', 'sentences.en.tsv', 3, 'page.count', 'absent.rcpt', 'key `absent.rcpt` stands in line 2'),

    ('an unknown reason of a phrase', 'phrases.tsv', 2, 'user_unknown', 'user_unknwon', 'there is no reason `user_unknwon`'),
    ('an unknown reason of a code', 'reply_codes.tsv', 2, 'user_unknown', 'nonsense', 'there is no reason `nonsense`'),
    ('an unknown reason of an enhanced code', 'enhanced_codes.tsv', 2, 'mailbox_full', 'nonsense', 'there is no reason `nonsense`'),
    ('an unknown reason of a blocklist', 'blocklists.tsv', 2, 'unknown', 'nonsense', 'there is no reason `nonsense`'),
    ('an unknown reason of a provider', 'provider_codes.tsv', 2, 'unknown', 'nonsense', 'there is no reason `nonsense`'),
    ('an unknown reason of a client error', 'client_errors.tsv', 2, 'unknown', 'nonsense', 'there is no reason `nonsense`'),
    ('a reason without an explanation', 'explanations.en.tsv', ('reasons.tsv', 4), 'unknown|Nobody', 'kind/unknown|Nobody', 'no explanation for `unknown`'),
    ('an explanation of no reason', 'explanations.en.tsv', 4, 'mailbox_full/now', 'mailbox_ful/now', 'there is no reason `mailbox_ful`'),
    ('a key that is only `kind`', 'explanations.en.tsv', 6, 'kind/delay', 'kind', 'there is no reason `kind`'),
    ('no reason `unknown`', 'reasons.tsv', 1, '\nunknown|unknown', '\nunheard|unknown', 'no row `unknown`'),
    ('a status that is no enhanced code', 'reasons.tsv', 2, '5.1.1', '5.1.99', 'status_permanent 5.1.99 is not in enhanced_codes.tsv'),
    ('a permanent status that is temporary', 'reasons.tsv', 2, '5.1.1', '4.1.1', 'status_permanent is `4.1.1`'),
    ('a dotless code of none', 'reply_codes.tsv', 3, '5.2.2', '5.2.9', 'dotless 5.2.9 is not in enhanced_codes.tsv'),
    ('a provider without hosts', 'provider_codes.tsv', 3, 'Big Mail', 'Bigger Mail', 'providers.tsv has no provider `Bigger Mail`'),

    ('a placeholder that is not one', 'explanations.en.tsv', 2, '{rcpt}', '{recipient}', 'headline has the placeholder {recipient}'),
    ('a placeholder only for sentences', 'explanations.en.tsv', 2, '{rcpt}', '{total}', 'headline has the placeholder {total}'),
    ('a mark that nobody knows', 'explanations.en.tsv', 2, 'Check it.', '[later] Check it.', 'sender: nobody knows the mark [later]'),
    ('a mark that English lacks', 'explanations.de.tsv', 2, 'Prüfen.', '[failed] Prüfen.', 'sender: other steps than in English are marked'),
    ('a placeholder of a sentence', 'sentences.de.tsv', 2, '{n}', '{N}', 'text has a brace that is no placeholder'),
    ('a brace alone', 'sentences.en.tsv', 3, '{n} of', '{n of', 'text has a brace that is no placeholder'),
    ('a placeholder without what stands in', 'explanations.en.tsv', 3, 'It is full|', '{list} has it|', '{list} is used, but sentences.en.tsv has no key absent.list'),
    ('a translation of nothing: explanation', 'explanations.de.tsv', 2, 'user_unknown', 'mailbox_full/later', 'explanations.en.tsv has no key `mailbox_full/later`'),
    ('a translation of nothing: sentence', 'sentences.de.tsv', 2, 'page.count', 'page.none', 'sentences.en.tsv has no key `page.none`'),
    ('a translation that leaves an admin out', 'explanations.de.tsv', 2, 'Anlegen.', '', 'receiving_admin is empty, but not in English'),
    ('a translation that adds an admin', 'explanations.de.tsv', 2, 'Prüfen.|', 'Prüfen.|Tun.', 'sending_admin is empty in English'),

    ('a condition twice', 'conditions.tsv', 3, 'C02|wait', 'C01|wait', 'id `c01` stands in line 2'),
    ('a name twice', 'conditions.tsv', 3, 'C02|wait', 'C02|no_user', 'name `no_user` stands in line 2'),
    ('a documented line twice', 'conditions.tsv', 4, 'No way.|', '550 NO <user>|', 'documented `550 NO <user>` stands in line 2'),
    ('a condition with the name of a reason', 'conditions.tsv', 3, 'C02|wait', 'C02|mailbox_full', '`mailbox_full` is a reason'),
    ('an id', 'conditions.tsv', 3, 'C02|', 'C2|', 'id is `C2`'),
    ('a stage', 'conditions.tsv', 3, 'MAIL, end', 'MAIL, END', 'stage is `MAIL, END of data`'),
    ('an unknown reason of a condition', 'conditions.tsv', 3, 'mailbox_full', 'nonsense', 'there is no reason `nonsense`'),
    ('an enhanced code of none', 'conditions.tsv', 2, '|5.1.1|', '|5.1.9|', 'enhanced 5.1.9 is not in enhanced_codes.tsv'),
    ('two classes', 'conditions.tsv', 2, '|5.1.1|', '|4.2.2|', '550 with 4.2.2'),
    ('an enhanced code after EHLO', 'conditions.tsv', 5, '|250||', '|250|2.0.0|', '250 2.0.0 at EHLO'),
    ('an enhanced code of 3yz', 'conditions.tsv', 3, '|452|', '|354|', '354 with 4.2.2'),
    ('a refusal for good that passes by itself', 'conditions.tsv', 2, '|no|user', '|yes|user', 'retry yes with 550'),
    ('a temporary refusal that never passes', 'conditions.tsv', 3, '|yes|mail', '|no|mail', 'retry no with 452'),
    ('a refusal without a reason', 'conditions.tsv', 3, '|mailbox_full|', '||', '452 with reason ``'),
    ('a greeting with a reason', 'conditions.tsv', 5, '|no||stays', '|no|unknown|stays', '250 with reason `unknown`'),
    ('no reply outside of reports', 'conditions.tsv', 3, '|452|4.2.2|', '||4.2.2|', 'no reply, sees retried'),
    ('another code where it is sent', 'conditions.tsv', 2, '550 No {rcpt}', '551 No {rcpt}', 'documented_sent has another code'),
    ('a placeholder no server fills', 'conditions.tsv', 2, '<{rcpt}>', '<{quote}>', 'sentence has the placeholder {quote}'),
    ('a brace in a line', 'conditions.tsv', 3, '{seconds}', '{seconds', 'sentence has a brace'),
    ('a condition without words', 'condition_words.en.tsv', ('conditions.tsv', 5), 'A01|Hello', 'C02|Hello', 'no words for `A01`'),
    ('words of no condition', 'condition_words.de.tsv', 2, 'C02', 'C09', 'conditions.tsv has no id `C09`'),
    ('advice that nobody wrote', 'provider_codes.tsv', 4, '|ask|', '|asked|', 'advice.en.tsv has no key `asked`'),
    ('advice for a list that nobody wrote', 'blocklists.tsv', 2, '|leave|', '|left|', 'advice.en.tsv has no key `left`'),
    ('advice that nobody asks for', 'advice.en.tsv', 3, 'leave|', 'stay|Here.|Stay.|test\nleave|', 'no row asks for `stay`'),
    ('advice in German only', 'advice.de.tsv', 2, 'leave', 'asks', 'advice.en.tsv has no key `asks`'),
    ('a meaning that English lacks', 'advice.de.tsv', 2, 'leave', 'ask', 'meaning is empty in English'),
    ('a note that English lacks', 'condition_words.de.tsv', 2, 'Erhöhen.||', 'Erhöhen.|Mehr.|', 'note is empty in English'),
    ('words of no code', 'code_words.de.tsv', 2, 'reply:550', 'reply:559', 'there is nothing with the key `reply:559`'),
    ('words of no table', 'code_words.de.tsv', 2, 'reply:550', 'answer:550', 'there is nothing with the key `answer:550`'),
    ('words left out', 'code_words.de.tsv', 2, 'Es wurde nicht getan', '', 'meaning is empty, but not in English'),
    ('words too many', 'code_words.de.tsv', 3, 'Keins||', 'Keins|Weil.|', 'cause is empty in English'),

    ('a family', 'reasons.tsv', 2, '|recipient|hard', '|recipients|hard', 'family is `recipients`'),
    ('a verdict', 'reasons.tsv', 2, '|hard|', '|harsh|', 'verdict is `harsh`'),
    ('a fixer', 'reasons.tsv', 3, 'recipient or receiving_admin', 'recipient or admin', 'fixer is `recipient or admin`'),
    ('an action', 'reasons.tsv', 2, '|remove|', '|delete|', 'action is `delete`'),
    ('retried', 'reasons.tsv', 2, '|no|', '|never|', 'retried is `never`'),
    ('a class', 'reply_codes.tsv', 2, '|permanent|Not', '|final|Not', 'class is `final`'),
    ('said', 'reply_codes.tsv', 2, '|permanent|user', '|final|user', 'said is `final`'),
    ('a confidence', 'reply_codes.tsv', 2, '|medium|', '|middling|', 'confidence is `middling`'),
    ('a reason without a confidence', 'reply_codes.tsv', 2, '|medium|', '||', 'a reason without a confidence'),
    ('a code', 'reply_codes.tsv', 2, '550|', '5500|', 'code is `5500`'),
    ('an enhanced code', 'enhanced_codes.tsv', 2, 'X.2.2', '5.2.2', 'code is `5.2.2`'),
    ('a weight', 'enhanced_codes.tsv', 2, '|strong|', '|sure|', 'weight is `sure`'),
    ('a strength', 'phrases.tsv', 2, '|strong|', '|stronger|', 'strength is `stronger`'),
    ('where', 'phrases.tsv', 2, '|any|', '|subject|', 'where is `subject`'),
    ('a language', 'phrases.tsv', 2, '|en|', '|English|', 'lang is `English`'),
    ('a wrapper with a reason', 'phrases.tsv', 2, '|strong|', '|wrapper|', 'a wrapper phrase with reason `user_unknown`'),
    ('a phrase without a reason', 'phrases.tsv', 6, '|wrapper|', '|sure|', 'a sure phrase with reason ``'),
    ('a list', 'blocklists.tsv', 2, 'ip, domain', 'ip/domain', 'lists is `ip/domain`'),
    ('a status', 'blocklists.tsv', 2, '|active|', '|alive|', 'status is `alive`'),
    ('a lookup with a reason', 'blocklists.tsv', 2, '|active|', '|lookup|', 'status lookup with reason `unknown`'),
    ('a list without a reason', 'blocklists.tsv', 3, '|lookup|', '|active|', 'status active with reason ``'),
    ('a host with a star', 'providers.tsv', 4, 'small.example', '*.small.example', 'host is `*.small.example`'),
    ('a host in capitals', 'providers.tsv', 4, 'small.example', 'Small.example', 'host is `Small.example`'),
    ('a scope', 'provider_codes.tsv', 2, '|host|', '|hosts|', 'scope is `hosts`'),
    ('scope any without a pattern', 'provider_codes.tsv', 5, 'unmistakable words', '', 'scope any without a pattern'),
    ('neither pattern nor code', 'provider_codes.tsv', 2, '|421|', '||', 'neither pattern nor code'),
    ('a range backwards', 'provider_codes.tsv', 4, '5.7.649', '5.7.60', 'the range 5.7.606-5.7.60'),
    ('a range over subjects', 'provider_codes.tsv', 4, '5.7.649', '5.8.649', 'the range 5.7.606-5.8.649'),
    ('a code of a provider', 'provider_codes.tsv', 3, '|5.1.1|', '|5.1|', 'enhanced_code is `5.1`'),
    ('a reply of a provider', 'provider_codes.tsv', 3, '|550|', '|55|', 'reply_code is `55`'),
    ('a link', 'provider_codes.tsv', 4, 'https://big.example/', 'https://big.example/ (old)', 'link is `https://big.example/ (old)`'),
    ('where of a generator', 'generators.tsv', 2, '|subject|', '|header|', 'where is `header`'),
    ('a weight of nothing', 'generators.tsv', 2, '|70|', '|0|', 'weight is `0`'),
    ('a weight too large', 'generators.tsv', 2, '|70|', '|256|', 'weight is `256`'),
    ('a sign', 'signs.tsv', 2, 'failure|', 'Failure|', 'sign is `Failure`'),

    ('a short pattern', 'phrases.tsv', 2, 'no such user', 'no', 'phrase `no`: fewer than three literal bytes in a row'),
    ('a pattern of short pieces', 'phrases.tsv', 2, 'no such user', 'no*us*er', 'phrase `no*us*er`: fewer than three literal bytes'),
    ('the words too late', 'phrases.tsv', 2, 'no such user', 'no*us*user', 'phrase `no*us*user`: fewer than three literal bytes in a row before the second'),
    ('a head of numbers', 'phrases.tsv', 2, 'no such user', '%d.%d.%d*user', 'phrase `%d.%d.%d*user`: many `%d`'),
    ('only a star', 'blocklists.tsv', 2, 'zen.example.org', '*', 'match `*`: fewer than three'),
    ('two stars', 'phrases.tsv', 2, 'no such user', 'no such ** user', 'phrase `no such ** user`: two `*` in a row'),
    ('a % alone', 'phrases.tsv', 2, 'no such user', '100% full', 'phrase `100% full`: a `%` that is not `%d`'),
    ('a digit before %d', 'phrases.tsv', 2, 'no such user', 'code 5%d', 'phrase `code 5%d`: a digit beside `%d`'),
    ('a digit behind %d', 'phrases.tsv', 2, 'no such user', 'code %d5', 'phrase `code %d5`: a digit beside `%d`'),
    ('two %d', 'phrases.tsv', 2, 'no such user', 'code %d%d', 'phrase `code %d%d`: a digit beside `%d`'),
    ('a literal too long', 'phrases.tsv', 2, 'no such user', 'no such user ' * 20 + 'x', 'phrase `' + 'no such user ' * 20 + 'x`: more than 250'),
    ('a pattern that spans too much', 'phrases.tsv', 2, 'no such user', 'abc' + '*abc' * 13, 'phrase `abc' + '*abc' * 13 + '`: it may span 2122 bytes'),
    ('a pattern of a sign', 'signs.tsv', 2, 'undeliver*', 'un*', 'pattern `un*`: fewer than three'),
    ('a pattern of a generator', 'generators.tsv', 2, 'undelivered mail returned to sender', '?', 'pattern `?`: fewer than three'),
    ('a pattern of a provider', 'provider_codes.tsv', 3, 'the user is not here', '%d', 'pattern `%d`: fewer than three'),
]

cases = failures = 0


def ok(good, name, *details):
    global cases, failures
    cases += 1
    name = name.replace('#', ' ').replace('\n', ' ')
    print(f'{"ok" if good else "not ok"} {cases} - {name}')
    if not good:
        failures += 1
        for detail in details:
            for line in str(detail).splitlines():
                print('#   ' + line)
    sys.stdout.flush()


def write_catalogue(folder, files):
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        os.remove(os.path.join(folder, name))
    for name, text in files.items():
        with open(os.path.join(folder, name), 'wb') as file:
            file.write(text.encode('utf-8', 'surrogateescape'))


def tabs(text):
    return text.replace('|', '\t').replace('¦', '|')


def good_files():
    return {name: tabs(text.strip('\n') + '\n') for name, text in GOOD.items()}


def run(work, *options, folder=None):
    out = [os.path.join(work, 'out.c'), os.path.join(work, 'out.h')]
    for path in out:
        if os.path.exists(path):
            os.remove(path)
    done = subprocess.run([sys.executable, TOOL, *options, folder or os.path.join(work, 'cat'), *out],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    texts = []
    for path in out:
        texts.append(open(path, encoding='utf-8').read() if os.path.exists(path) else None)
    return done.returncode, done.stderr.decode('utf-8', 'replace'), texts[0], texts[1]


def test_good(work):
    write_catalogue(os.path.join(work, 'cat'), good_files())
    code, said, source, header = run(work)
    ok(code == 0 and said == '', 'a right catalogue is taken, in silence', said)
    if code != 0:
        return
    ok(re.search(r'enum reason \{\s*REASON_USER_UNKNOWN,\s*REASON_MAILBOX_FULL,\s*REASON_UNKNOWN,\s*REASON__COUNT',
                 header), 'reasons in the order of the file', header)
    ok(re.search(r'enum sign \{\s*SIGN_FAILURE,\s*SIGN_STAGE_RCPT,\s*SIGN__COUNT', header),
       'signs in the order of their first row', header)
    ok(re.search(r'enum lang \{\s*LANG_EN,\s*LANG_DE,\s*LANG__COUNT', header), 'English first', header)
    ok('#define CATALOGUE_PHRASES 7\n' in header and '#define CATALOGUE_SENTENCES 2\n' in header, 'the counts', header)
    # The third and the fourth phrase have the same slug: each is told apart, and neither by its place.
    ids = re.findall(r'phrase:[a-z0-9-]+', source)
    ok(ids[0] == 'phrase:no-such-user' and re.fullmatch('phrase:mailbox-is-full-[0-9a-f]{8}', ids[1]) and
       re.fullmatch('phrase:mailbox-is-full-[0-9a-f]{8}', ids[2]) and ids[1] != ids[2] and
       re.fullmatch('phrase:ru-[0-9a-f]{8}', ids[3]), 'evidence ids of phrases', *ids)
    ok('blocklist:zen.example.org' in source and 'provider:big-mail:5.1.1-the-user-is-not-here' in source,
       'evidence ids of blocklists and providers', *re.findall(r'(?:blocklist|provider):[a-z0-9.:-]+', source))
    ok(max(len(piece) for piece in re.findall(r'char p\d+\[(\d+)\]', source)) <= 4, 'no literal is too long for C')
    again = run(work)
    ok(again == (code, said, source, header), 'the same again')

    files = good_files()
    lines = files['phrases.tsv'].split('\n')
    files['phrases.tsv'] = '\n'.join([lines[0], '# a comment', '#', *reversed(lines[1:-1]), ''])
    write_catalogue(os.path.join(work, 'cat'), files)
    code, said, source, header = run(work)
    ok(code == 0 and set(re.findall(r'phrase:[a-z0-9-]+', source or '')) == set(ids),
       'ids do not depend on the order of the rows; comments are passed over', said)


GROUPS = [
    # (what, the group, how often each of these phrases is in the tables, or the message)
    ('a group', 'no {user|box} at all', {'no user at all': 1, 'no box at all': 1}),
    ('two groups', '{box|user}* {full|gone}', {'box* full': 1, 'box* gone': 1, 'user* full': 1, 'user* gone': 1}),
    ('an empty alternative', 'it is {|still } here', {'it is here': 1, 'it is still here': 1}),
    ('what is there already', '{no such user|no such box}', {'no such user': 1, 'no such box': 1}),
    ('what gives another reason', '{mailbox is full|no such box}', 'the phrase `mailbox is full` gives user_unknown here'),
    ('a brace that stays open', 'no such {user', 'phrase has braces that are no alternatives'),
    ('braces around one', 'no such {user}', 'phrase has braces that are no alternatives'),
    ('braces in braces', 'no {such {a|one}|user}', 'phrase has braces that are no alternatives'),
    ('an alternative that is too short', '{no|such user}', 'phrase `no`: fewer than three literal bytes in a row'),
]


def test_groups(work):
    for what, group, want in GROUPS:
        files = good_files()
        files['phrases.tsv'] = files['phrases.tsv'].rstrip('\n') + f'\nuser_unknown\ten\tstrong\tany\t{group}\t\ttest\n'
        write_catalogue(os.path.join(work, 'cat'), files)
        code, said, source, _ = run(work)
        if isinstance(want, str):
            ok(code == 1 and f'catalogue/phrases.tsv:9: {want}' in said, what, said)
            continue
        found = re.findall(r'phrase:[a-z0-9-]+', source or '')
        wrong = [words for words, often in want.items()
                 if found.count('phrase:' + re.sub('[^a-z]+', '-', words).strip('-')) != often]
        ok(code == 0 and not wrong, what, said, *wrong, *found)


def test_spoilt(work):
    for name, file, line, old, new, message in SPOILT:
        files = good_files()
        old, new = tabs(old), tabs(new)
        if old not in files[file]:
            ok(False, name, f'{file} has no {old!r}')
            continue
        files[file] = files[file].replace(old, new, 1)
        write_catalogue(os.path.join(work, 'cat'), files)
        code, said, source, header = run(work)
        file, line = line if isinstance(line, tuple) else (file, line)
        want = f'catalogue/{file}:{line}: {message}'
        ok(code == 1 and any(one.startswith(want) and one.count(': ') >= 2 for one in said.splitlines()) and
           source is None and header is None, name, f'exit {code}', f'want {want}', said)


def test_many(work):
    """All the faults of all files in one run."""
    files = good_files()
    files['phrases.tsv'] = files['phrases.tsv'].replace('\tstrong\t', '\tstronger\t')
    files['providers.tsv'] = files['providers.tsv'].replace('\ttest', '\t')
    files['sentences.de.tsv'] = files['sentences.de.tsv'].replace('{n}', '{m}')
    write_catalogue(os.path.join(work, 'cat'), files)
    code, said, *_ = run(work)
    lines = said.splitlines()
    ok(code == 1 and sum('phrases.tsv' in one for one in lines) == 2 and
       sum('/providers.tsv' in one for one in lines) == 3 and sum('sentences.de.tsv' in one for one in lines) == 1,
       'all faults in one run', said)
    ok(lines[:-1] == sorted(lines[:-1]) and 'fault' in lines[-1], 'in the order of files and lines', said)


def test_missing(work):
    for name in GOOD:
        if '.de.' in name:
            continue
        files = good_files()
        del files[name]
        write_catalogue(os.path.join(work, 'cat'), files)
        code, said, *_ = run(work)
        ok(code == 1 and f'catalogue/{name}:1: the file is missing: ' in said, f'{name} missing', said)
        if name in ('explanations.en.tsv', 'sentences.en.tsv', 'condition_words.en.tsv', 'advice.en.tsv'):  # German cannot be without English
            files = {n: t for n, t in files.items() if '.de.' not in n}
            write_catalogue(os.path.join(work, 'cat'), files)
        code, said, source, header = run(work, '--partial')
        ok(code == 0 and f'catalogue/{name}:1: warning: the file is missing: ' in said and source and header,
           f'{name} missing, --partial', said)
    write_catalogue(os.path.join(work, 'cat'), {})
    code, said, source, header = run(work, '--partial')
    ok(code == 0 and 'REASON_UNKNOWN' in (header or ''), 'nothing at all, --partial', said)
    files = good_files()
    files['phrase.tsv'] = 'a\tb\n'
    write_catalogue(os.path.join(work, 'cat'), files)
    code, said, *_ = run(work)
    ok(code == 1 and 'catalogue/phrase.tsv:1: no table has this name: ' in said, 'a file that is no table', said)


def test_usage(work):
    done = subprocess.run([sys.executable, TOOL], stderr=subprocess.PIPE, check=False)
    ok(done.returncode == 2 and done.stderr.startswith(b'usage: '), 'no arguments')
    code, said, *_ = run(work, '--partly')
    ok(code == 2 and said.startswith('usage: '), 'an unknown option', said)
    code, said, *_ = run(work, folder=os.path.join(work, 'nowhere'))
    ok(code == 2 and 'no such folder' in said, 'a folder that is not there', said)


def test_fold():
    """The fold of the generator is that of base/fold.c: both come to the number in tests/unit/test_fold.c."""
    loader = importlib.machinery.SourceFileLoader('gen_catalogue', TOOL)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader('gen_catalogue', loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    total = 2166136261
    for code in [*range(1, 0xD800), *range(0xE000, 0x10000)]:
        for byte in module.fold(b'a' + chr(code).encode('utf-8') + b'b'):
            total = (total ^ byte) * 16777619 & 0xFFFFFFFF
    with open(os.path.join(TOP, 'tests', 'unit', 'test_fold.c'), encoding='utf-8') as file:
        want = re.search(r'#define FOLD_SUM (\d+)U', file.read())
    ok(want and int(want.group(1)) == total, 'fold() and fold_text() agree', f'FOLD_SUM should be {total}U')
    ok(module.fold(b'\xc3\xc3\x84 \xe2\x80 A\xff') == b'\xc3a \xe2\x80 a\xff', 'fold() of what is not UTF-8')


def test_real(work):
    folder = os.path.join(TOP, 'catalogue')
    first = run(work, folder=folder)
    ok(first[0] == 0, 'the real catalogue is right', first[1])
    ok(run(work, folder=folder) == first, 'and gives the same bytes again')


def main():
    with tempfile.TemporaryDirectory() as work:
        test_good(work)
        test_groups(work)
        test_spoilt(work)
        test_many(work)
        test_missing(work)
        test_usage(work)
        test_fold()
        test_real(work)
    print(f'1..{cases}')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
