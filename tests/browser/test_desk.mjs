/*
 * The operator's pages in a real browser: they can be used without a mouse and on a telephone, and run no script.
 *
 * usage: node test_desk.mjs NIXIED        TAP
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { axe, seen, sideways, startBrowser, visit } from './place.mjs';
import { check, done, is } from './tap.mjs';

const nixied = process.argv[2];
const folder = mkdtempSync(tmpdir() + '/nixied-desk-');

/* A log of a bad day: refusals, deferrals and bounces of the last hours, and a sender with markup. */
function writeLog() {
	const lines = [];
	for (let i = 0; i < 60; i++) {
		const when = new Date(Date.now() - i * 1200_000).toISOString();
		lines.push(`${when} refused session=S${i} client=192.0.2.${i} condition=C34 code=550 from="<img src=x onerror=alert(1)>@example.net" to=nobody@example.test reply="550 5.1.1 Unknown user"`);
		lines.push(`${when} deferred id=Q${i} from=demo@example.test to=u${i}@far.example condition=D01 reply="4.4.1 Connection refused" attempt=1`);
		if (i % 5 === 0)
			lines.push(`${when} bounced id=B${i} from=demo@example.test to=v${i}@far.example reason=mailbox_full reply="552 5.2.2 Mailbox full"`);
	}
	writeFileSync(folder + '/nixied.log', lines.reverse().join('\n') + '\n');
}

async function start() {
	spawnSync(nixied, ['demo', '-n', folder]);
	writeLog();
	const child = spawn(nixied, ['web', '-c', folder + '/nixied.conf', '--listen', '127.0.0.1:0'],
		{ stdio: ['ignore', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout });
	const first = await new Promise(resolve => lines.once('line', resolve));
	return { base: /http:\/\/[^/]+/.exec(first)[0], end: () => child.kill('SIGTERM') };
}

const server = await start();
const token = readFileSync(folder + '/web.token', 'utf8').trim();
const place = { base: server.base, browser: await startBrowser() };
const pages = ['/operator', '/operator?span=7d', '/operator/queue', '/operator/why?to=nobody'];
try {
	await visit(place, '/operator', {}, async page => {
		check(await axe(page), 'axe: signing in');
		await page.fill('input[name=token]', token);
		await page.keyboard.press('Enter');
		await page.waitForSelector('.desk-totals');
		is('signed in by the form, and the token is not in the address', new URL(page.url()).search, '');
		await page.keyboard.press('Tab');
		is('the first key leads to the content', await page.evaluate(() => document.activeElement.className), 'skip');
	});
	for (const colorScheme of ['light', 'dark'])
		for (const width of [1280, 360])
			await visit(place, '/operator?token=' + token, { colorScheme, viewport: { width, height: 800 } }, async page => {
				for (const path of pages) {
					await page.goto(place.base + path);
					check(await axe(page), `axe, ${colorScheme}, ${width}: ${path}`);
					is(`nothing sticks out, ${width}: ${path}`, await sideways(page), 0);
				}
			});
	await visit(place, '/operator?token=' + token, { javaScriptEnabled: false }, async page => {
		is('bars in the picture', await page.locator('svg rect.bar-refused').count() > 10, true);
		await page.goto(place.base + '/operator/why?to=nobody');
		is('stories', await page.locator('.desk-story').count() > 10, true);
		is('a sender with markup makes no element', await page.locator('main img').count(), 0);
	});
	check(seen.foreign, `${seen.pages} visits asked nobody else for anything`);
	check(seen.violations, 'the policy had nothing to refuse');
	check(seen.logged.filter(line => !line.includes('401')), 'nothing was logged, and no script ran');
	check(seen.stored.filter(what => what !== 'cookie nixied-operator'), 'one cookie, and nothing else stored');
} finally {
	await place.browser.close();
	server.end();
	rmSync(folder, { recursive: true, force: true });
}
process.exitCode = done();
