/*
 * place - a server under test and browsers that look at it
 *
 * Every page that is opened is watched: what it asks of others, what the policy refused, what it
 * logs, what it stores. main() looks at that at the end.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(process.env.NIXIE_NODE_MODULES + '/');
const { chromium } = require('playwright-core');
export const axeSource = require('axe-core').source;

const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
	'--disable-background-networking', '--disable-component-update', '--disable-sync'];

const PATIENCE_MS = 120_000; // for what never comes; nothing is measured

export const seen = { foreign: [], violations: [], logged: [], stored: [], pages: 0 };

export async function startServer(nixie) {
	const child = spawn(nixie, ['web', '--listen', '127.0.0.1:0', '--rate', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
	const lines = createInterface({ input: child.stdout });
	const first = await new Promise(resolve => lines.once('line', resolve));
	return { base: /http:\/\/[^/]+/.exec(first)[0], end: () => child.kill('SIGTERM') };
}

export const startBrowser = () =>
	chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: FLAGS, timeout: PATIENCE_MS });

function watch(page, base) {
	seen.pages++;
	page.on('request', request => {
		if (!request.url().startsWith(base + '/') && !request.url().startsWith('blob:'))
			seen.foreign.push(request.url());
	});
	page.on('console', message => {
		// Chromium's own line about the refusal that a test asked for.
		if (!message.text().includes('with a status of 413'))
			seen.logged.push(`${page.url()}: ${message.text()}`);
	});
	page.on('pageerror', error => seen.logged.push(`${page.url()}: ${error}`));
	page.on('dialog', dialog => {
		seen.logged.push(`${page.url()}: a script ran: ${dialog.message()}`);
		dialog.dismiss();
	});
}

/* visit - opens an address of the server in a browser of its own kind, hands the page to `look`,
 * and closes it */
export async function visit(place, address, options, look) {
	const context = await place.browser.newContext({ locale: 'en', viewport: { width: 1280, height: 900 }, ...options });
	context.setDefaultTimeout(PATIENCE_MS);
	const page = await context.newPage();
	watch(page, place.base);
	await context.exposeBinding('tellViolation', (_, what) => seen.violations.push(what)).catch(() => {});
	await context.addInitScript(() => addEventListener('securitypolicyviolation',
		event => window.tellViolation(`${location.pathname}: ${event.violatedDirective} ${event.blockedURI}`)));
	try {
		await page.goto(place.base + address);
		await look(page, context);
		seen.stored.push(...(await context.cookies()).map(c => `cookie ${c.name}`));
		if (options.javaScriptEnabled !== false)
			seen.stored.push(...await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]));
	} finally {
		await context.close();
	}
}

/* explain - puts text into the box and presses the button. The box is not told, as it is of keys: else an
 * answer might come by itself, and move the button away while it is pressed */
export async function explain(page, text) {
	await page.locator('#text').evaluate((box, value) => { box.value = value; }, text);
	await page.click('button.go');
	await page.waitForSelector('#answer:focus');
	return page.textContent('#answers');
}

export const sideways = page =>
	page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/* axe - findings that are serious or worse, as lines */
export async function axe(page) {
	await page.evaluate(axeSource);
	const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
	return violations.filter(v => ['serious', 'critical'].includes(v.impact))
		.map(v => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + (n.any[0]?.message ?? '')).join('; ')}`);
}
