/*
 * The page in a real browser, against the real server.
 *
 * usage: NIXIE_NODE_MODULES=DIR node test_browser.mjs NIXIE        TAP
 */
import { readFileSync } from 'node:fs';
import { axe, explain, seen, sideways, startBrowser, startServer, visit } from './place.mjs';
import { check, done, has, is } from './tap.mjs';

const LANGUAGES = ['en', 'de', 'fr', 'es', 'pt', 'ja'];
const PHONE = { viewport: { width: 320, height: 640 } };
const NO_SCRIPT = { javaScriptEnabled: false };
const PAGES = ['/', '/look-up', '/look-up?q=5.7.26', '/look-up?q=550+5.1.1+user+unknown', '/guide', '/reasons',
	'/reasons/relay_denied', '/reply-codes', '/reply-codes/550', '/enhanced-codes', '/enhanced-codes/5.7.1', '/providers',
	'/providers/gmail-google-workspace', '/blocklists', '/blocklists/zen.spamhaus.org', '/client-errors',
	'/client-errors/0x800CCC79', '/conditions', '/conditions/C34', '/reasons/none'];
const MAIL = readFileSync('samples/user-unknown.eml', 'latin1');
const HEADLINE = 'There is no mailbox for hary.miller@example.net';
const EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>';

function report(recipients, words, subject = 'Undelivered') {
	return `From: MAILER-DAEMON@mx.example\nTo: me@a.example\nSubject: ${subject}\nMIME-Version: 1.0\n` +
		'Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\n\nIt failed.\n--B\n' +
		'Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n' +
		recipients.map(r => `\nFinal-Recipient: rfc822; ${r}\nAction: failed\nStatus: 5.1.1\n` +
			`Diagnostic-Code: smtp; ${words}\n`).join('') + '\n--B--\n';
}

const UNKNOWN = report(['a@b.example'], '554 5.0.0 The frobnicator is not content').replace('5.1.1', '5.0.0');

const focused = page => page.evaluate(() => document.activeElement.id || document.activeElement.className);
/* says - waits until an element says it, however often it says something else before */
const says = (page, selector, words) =>
	page.waitForFunction(([selector, words]) => document.querySelector(selector)?.textContent.includes(words), [selector, words]);
const headline = page => page.waitForSelector('#answer').then(h => h.textContent());

async function pasting(place) {
	await visit(place, '/', { permissions: ['clipboard-read', 'clipboard-write'] }, async page => {
		await page.evaluate(text => navigator.clipboard.writeText(text), MAIL);
		await page.focus('#text');
		await page.keyboard.press('Control+V');
		is('a paste is explained at once', await headline(page), HEADLINE);
		is('the focus moves to the headline', await focused(page), 'answer');
		is('the address stays', new URL(page.url()).pathname, '/');
		await page.click('text=The text you gave');
		is('the words that decided are marked', (await page.locator('.original mark').allTextContents()).join().includes('User unknown'), true);
		await explain(page, UNKNOWN);
		await page.waitForFunction(() => document.getElementById('answers').textContent.includes('frobnicator'));
		await page.click('text=A ready text to send');
		await page.click('button.copy');
		await says(page, 'button.copy', 'Copied');
		has('a click copies the letter', await page.evaluate(() => navigator.clipboard.readText()), 'Dear postmaster', 'frobnicator');
		is('and the button says so', await page.textContent('button.copy'), 'Copied');
	});
	await visit(place, '/', {}, async page => {
		await page.focus('#text');
		await page.keyboard.type('5.7.26');
		await says(page, '#answer', '5.7.26'); // not what a longer pause between two keys made of half of it
		has('a code that is typed is looked up after a pause', await headline(page), '5.7.26');
		is('the focus stays where one types', await focused(page), 'text');
		has('a screen reader is told', await page.textContent('#status'), '5.7.26');
		await page.fill('#text', '');
		await page.waitForFunction(() => document.getElementById('answers').children.length === 0);
		await page.click('button.go');
		has('an empty box says so', await page.textContent('#status'), 'nothing to read yet');
	});
}

const drop = (page, name, text) => page.evaluate(([name, text]) => {
	const data = new DataTransfer();
	data.items.add(new File([Uint8Array.from(text, c => c.charCodeAt(0))], name));
	for (const type of ['dragover', 'drop'])
		document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
}, [name, text]);

async function files(place) {
	await visit(place, '/', {}, async page => {
		await drop(page, 'bounce.eml', MAIL);
		is('a dropped file is explained', await headline(page), HEADLINE);
		is('and the focus moves', await focused(page), 'answer');
		await drop(page, 'bounce.msg', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + '\0'.repeat(512));
		await page.waitForFunction(() => document.getElementById('answer').textContent.includes('Outlook'));
		has('.msg is refused with advice', await page.textContent('#answers'), 'Save as', '.eml');
		await drop(page, 'box', [1, 2].map(() => `From a@b.example Thu Nov 22 04:15:57 2026\n${MAIL}\n`).join(''));
		await page.waitForSelector('.mail-n');
		has('a mailbox is explained mail by mail', await page.textContent('#answers'), 'Message 1 of 2', 'Message 2 of 2');
		await page.setInputFiles('input[type=file]', { name: 'a.eml', mimeType: 'message/rfc822', buffer: Buffer.from(MAIL, 'latin1') });
		await page.waitForFunction(() => document.querySelectorAll('.mail-n').length === 0);
		is('so is a file that was chosen', await headline(page), HEADLINE);
	});
}

async function lookingUp(place) {
	await visit(place, '/look-up', {}, async page => {
		for (const [asked, ...words] of [['5.7.26', '5.7.26'], ['550', '550'], ['421 4.7.0', '421', '4.7.0'], ['S3150', 'Outlook'],
			['0x800CCC79', '0x800CCC79'], ['[TSS04]', 'Yahoo'], ['zen.spamhaus.org', 'Spamhaus'],
			['Use HELO/EHLO first', 'HELO'], ['550 5.1.1 <ann@b.example>: User unknown', 'There is no mailbox for ann@b.example']]) {
			await page.fill('#q', asked);
			await page.keyboard.press('Enter');
			await page.waitForURL(url => url.searchParams.get('q') === asked);
			await page.waitForSelector('#answer');
			has(`look-up of ${asked}`, (await page.textContent('main')).split('zen.spamhaus.org').join(' ') + await page.title(), ...words);
			has('the title says what it is', await page.title(), asked);
		}
	});
}

async function withoutScript(place) {
	await visit(place, '/', NO_SCRIPT, async page => {
		await page.fill('#text', MAIL);
		await page.click('button.go');
		is('without a script: the form is answered', await headline(page), HEADLINE);
		has('without a script: what was pasted is still there', await page.inputValue('#text'), 'Your books have arrived');
		is('without a script: no dead button is shown', await page.locator('button.copy:visible').count(), 0);
		await page.click('.languages button[lang=de]');
		await page.waitForSelector('html[lang=de] #answer');
		is('without a script: another language, the same mail', await page.getAttribute('html', 'lang'), 'de');
		has('... explained', await headline(page), 'hary.miller@example.net');
		await page.fill('#text', '');
		await page.setInputFiles('input[type=file]', { name: 'a.eml', mimeType: 'message/rfc822', buffer: Buffer.from(MAIL, 'latin1') });
		await page.click('button.go');
		has('without a script: a file', await headline(page), 'hary.miller@example.net');
		is('the language is kept', await page.getAttribute('html', 'lang'), 'de');
		await page.setInputFiles('input[type=file]', { name: 'a.mbox', mimeType: 'application/mbox', buffer: Buffer.alloc(11 << 20, 'a') });
		await page.click('button.go');
		await says(page, '#answer', 'mehr, als');
		has('without a script: what is too large is told on a page, in the language', await headline(page), 'mehr, als diese Seite');
	});
	await visit(place, '/', { locale: 'ja' }, async page => {
		await page.setInputFiles('input[type=file]', { name: 'a.mbox', mimeType: 'application/mbox', buffer: Buffer.alloc(11 << 20, 'a') });
		await page.waitForSelector('#answer');
		has('with one it stands where the answer would', await headline(page), '大きさを超えています');
	});
	await visit(place, '/look-up', NO_SCRIPT, async page => {
		await page.fill('#q', '550');
		await page.keyboard.press('Enter');
		has('without a script: look-up', await headline(page), '550');
	});
}

async function languages(place) {
	const titles = new Set();
	for (const lang of LANGUAGES)
		await visit(place, '/', { locale: lang }, async page => {
			is(`${lang}: by what the browser asks for`, await page.getAttribute('html', 'lang'), lang);
			titles.add(await page.textContent('h1'));
			await explain(page, MAIL);
			const other = lang === 'de' ? 'fr' : 'de';
			await page.click(`.languages a[lang=${other}]`);
			await page.waitForSelector(`html[lang=${other}] #answer`);
			has(`${lang} to ${other}: what was pasted is explained again`, await page.textContent('#answer'), 'hary.miller@example.net');
		});
	is('six titles', titles.size, LANGUAGES.length);
	await visit(place, '/guide?lang=ja', {}, async page => {
		await page.click('.pages a[href^="/look-up"]');
		await page.waitForURL('**/look-up*');
		is('a language that was chosen stays', await page.getAttribute('html', 'lang'), 'ja');
	});
}

async function widths(place) {
	for (const lang of LANGUAGES)
		await visit(place, '/', { ...PHONE, locale: lang }, async page => {
			const trouble = [];
			for (const path of PAGES) {
				await page.goto(place.base + path);
				if (await sideways(page) > 0)
					trouble.push(`${path}: ${await sideways(page)} px`);
			}
			await page.goto(place.base + '/');
			await explain(page, MAIL);
			await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
			if (await sideways(page) > 0)
				trouble.push(`an answer: ${await sideways(page)} px`);
			check(trouble, `${lang}: nothing is wider than a phone of 320 px`);
		});
}

async function keyboard(place) {
	await visit(place, '/', {}, async page => {
		await page.keyboard.press('Tab');
		is('the first key leads past the head', await focused(page), 'skip');
		for (let n = 0; n < 30 && await focused(page) !== 'text'; n++)
			await page.keyboard.press('Tab');
		is('the box is reached by keys', await focused(page), 'text');
		await page.keyboard.insertText(MAIL);
		await page.keyboard.press('Control+Enter');
		await page.waitForSelector('#answer:focus');
		is('Ctrl+Enter explains', await page.textContent('#answer:focus'), HEADLINE);
		await page.keyboard.press('Tab');
		is('the next key reaches a fold', await page.evaluate(() => document.activeElement.tagName), 'SUMMARY');
		await page.keyboard.press('Enter');
		is('and Enter opens it', await page.evaluate(() => document.activeElement.parentElement.open), true);
		is('what has the focus is outlined', await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'solid');
	});
}

async function media(place) {
	await visit(place, '/', { colorScheme: 'dark', reducedMotion: 'reduce' }, async page => {
		await explain(page, MAIL);
		const [r, g, b] = (await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).match(/\d+/g).map(Number);
		check(r + g + b < 150 ? [] : [`background ${r} ${g} ${b}`], 'dark where the system is dark');
		is('nothing moves where that is wished', await page.evaluate(() => getComputedStyle(document.querySelector('.card')).animationName), 'none');
		await page.emulateMedia({ media: 'print', colorScheme: 'light' });
		is('in print, the answer', await page.locator('#answer').isVisible(), true);
		is('in print, no form', await page.locator('#form').isVisible(), false);
		check((await page.pdf()).length > 10_000 ? [] : ['an empty PDF'], 'it can be printed');
	});
}

async function accessible(place) {
	const looks = [['light', 'en', PAGES], ['dark', 'ja', ['/', '/look-up?q=5.7.26', '/reasons/relay_denied']]];
	const mails = [['a bounce', MAIL], ['no cause', UNKNOWN], ['a lunch', 'From: a@b.example\nTo: c@d.example\nSubject: Lunch\n\nAt one?\n'],
		['a blocklist, with advice', '550 5.7.1 Service unavailable; client [203.0.113.7] blocked using pbl.spamhaus.org'],
		['two causes', report(['a@b.example', 'c@d.example'], '550 5.1.1 User unknown').replace('User unknown', 'mailbox full')]];
	for (const [colorScheme, lang, pages] of looks)
		await visit(place, '/', { colorScheme, locale: lang, reducedMotion: 'reduce', bypassCSP: true }, async page => {
			for (const path of pages) {
				await page.goto(place.base + path);
				check(await axe(page), `axe, ${colorScheme}, ${lang}: ${path}`);
			}
			for (const [name, text] of mails) {
				await page.goto(place.base + '/');
				await explain(page, text);
				await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
				check(await axe(page), `axe, ${colorScheme}, ${lang}: ${name}`);
			}
			// A refusal as a page of its own: the form posted as it would be without the script.
			await page.goto(place.base + '/');
			await page.setInputFiles('input[type=file]', { name: 'a.mbox', mimeType: 'application/mbox', buffer: Buffer.alloc(11 << 20, 'a') });
			await page.evaluate(() => document.getElementById('form').submit());
			await page.waitForSelector('.card.plain');
			check(await axe(page), `axe, ${colorScheme}, ${lang}: too large`);
		});
}

async function hostile(place) {
	const mails = {
		subject: report(['a@b.example'], '550 5.1.1 User unknown', EVIL),
		diagnostic: report(['a@b.example'], `550 5.1.1 ${EVIL} https://evil.example/x javascript:alert(1)`),
		address: report([`"${EVIL}"@b.example`, `<${EVIL}>`, 'javascript:alert(1)@b.example'], '550 5.1.1 User unknown'),
		'end of everything': report(['a@b.example'], '550 5.1.1 </textarea></pre></mark></main></html><script>alert(1)</script>'),
		'NUL bytes': report(['a\0@b.example'], '550 5.1.1 User\0 un\0known \x1b[31m'),
		'5 MB': report(['a@b.example'], '550 5.1.1 User unknown') + `${EVIL}\n`.repeat(5_000_000 / (EVIL.length + 1)),
		'10,000 recipients': report(Array.from({ length: 10_000 }, (_, i) => `user${i}@d${i % 9}.example`), '550 5.1.1 User unknown'),
	};
	for (const [name, mail] of Object.entries(mails))
		await visit(place, '/', {}, async page => {
			await drop(page, 'evil.eml', mail);
			await headline(page);
			const found = await page.evaluate(() => ({
				strange: document.querySelectorAll('main :is(script, img, iframe, object, [onerror], [onload], [style])').length,
				links: [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href')).filter(h => /evil|^javascript/.test(h)),
				elements: document.querySelectorAll('*').length,
			}));
			check([...(found.strange > 0 ? [`${found.strange} elements of the mail`] : []), ...found.links,
				...(found.elements > 1500 ? [`${found.elements} elements`] : [])], `hostile, ${name}: it is text, and no more than a page of it`);
		});
	await visit(place, '/', NO_SCRIPT, async page => {
		await page.fill('#text', mails.diagnostic);
		await page.click('button.go');
		await headline(page);
		is('hostile, without a script', await page.locator('main script, main img').count(), 0);
	});
	await visit(place, '/look-up?q=' + encodeURIComponent(EVIL), {}, async page =>
		is('hostile, looked up', await page.locator('main script, main img').count(), 0));
}

async function lost(place) {
	await visit(place, '/', {}, async page => {
		await page.route('**/explain*', route => route.abort());
		await page.fill('#text', MAIL);
		await page.click('button.go');
		await page.waitForFunction(() => document.getElementById('status').textContent.includes('did not arrive'));
		check([], 'an answer that does not arrive is told');
	});
	seen.logged = seen.logged.filter(line => !line.includes('ERR_FAILED'));
}

const server = await startServer(process.argv[2]);
const place = { base: server.base, browser: await startBrowser() };
try {
	for (const test of [pasting, files, lookingUp, withoutScript, languages, widths, keyboard, media, accessible, hostile, lost])
		await test(place).catch(error => check([error.stack], `${test.name} runs to its end`));
	check(seen.foreign, `${seen.pages} visits asked nobody else for anything`);
	check(seen.violations, 'the policy had nothing to refuse');
	check(seen.logged.filter(line => !line.includes('404')), 'nothing was logged, and no script of a mail ran');
	check(seen.stored, 'no cookie, nothing stored');
} finally {
	await place.browser.close();
	server.end();
}
process.exitCode = done();
